// Draws single lights.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "canvas.hpp"
#include "defocus/aperture.hpp"
#include "defocus/request.hpp"
#include "simd.hpp"
#include "sparks.hpp"

namespace defocus::DEFOCUS_ISA {

// Draws sparks; remembers the last stamp, because a lamp's pixels share their radius.
class SparkStamper {
public:
    explicit SparkStamper(const Request& request) : request_(request) {}

    void draw(Canvas& canvas, const Spark& spark, int x) {
        // The stamp averages over a pixel, which the photo has done already: a little smaller.
        const float size = std::sqrt(std::max(spark.radius * spark.radius - 1.0f / 3, 0.0f));
        if (request_.ring_scale == 0) return draw(canvas, spark, x, size, 1);
        draw(canvas, spark, x, size, 1 - request_.ring_weight);
        draw(canvas, spark, x, size * request_.ring_scale, request_.ring_weight);
    }

private:
    void draw(Canvas& canvas, const Spark& spark, int x, float radius, float share) {
        const Aperture& aperture = *request_.aperture;
        const int zx = spark.x * aperture.zones_x() / request_.width;
        const int zy = spark.y * aperture.zones_y() / request_.height;
        const int step = static_cast<int>(radius * kSteps + 0.5f);
        if (zx != zx_ || zy != zy_ || step != step_) {
            stamp_ = aperture.make(zx, zy, static_cast<float>(step) / kSteps, rows_);
            zx_ = zx;
            zy_ = zy;
            step_ = step;
        }
        canvas.draw_cut(stamp_, x, spark.y, spark.light * all(share * stamp_.inverse_area));
    }

    static constexpr int kSteps = 16;   // per pixel of radius

    const Request& request_;
    std::vector<ApertureRow> rows_;
    Stamp stamp_{};
    int zx_ = -1, zy_ = -1, step_ = -1;
};

}  // namespace defocus::DEFOCUS_ISA
