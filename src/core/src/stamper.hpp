// Stamps by the aperture of the lens: which one a sample draws, and many in one stroke.
#pragma once

#include <algorithm>
#include <cmath>

#include "canvas.hpp"
#include "defocus/aperture.hpp"
#include "defocus/request.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

// Samples of one row, drawn from left to right: neighbours with the same stamp are drawn together,
// which takes half the time.
class Stroke {
public:
    void add(Canvas& canvas, const Stamp& stamp, int x, int y, f32x4 v) {
        if (&stamp != stamp_ || x != x_ + count_ || y != y_ || &canvas != canvas_ || count_ == kLongest) {
            end();
            canvas_ = &canvas;
            stamp_ = &stamp;
            x_ = x;
            y_ = y;
        }
        samples_[count_++] = v;
    }

    // Draw what is left.
    void end() {
        if (count_ == 1) {
            canvas_->draw(*stamp_, x_, y_, samples_[0]);
        } else if (count_ > 1) {
            canvas_->draw_run(*stamp_, x_, y_, samples_, count_);
        }
        count_ = 0;
    }

private:
    static constexpr int kLongest = 64;

    Canvas* canvas_ = nullptr;
    const Stamp* stamp_ = nullptr;
    int x_ = 0, y_ = 0, count_ = 0;
    f32x4 samples_[kLongest];
};

// Draws samples with the aperture of the lens: chooses the stamp by radius and zone.
class Stamper {
public:
    // `spread`: how far cells smear light themselves, as the squared radius of a disc that smears
    // as far; it is taken off every stamp.
    Stamper(const Request& request, int width, int height, float spread)
        : aperture_(*request.aperture), ring_scale_(request.ring_scale), ring_weight_(request.ring_weight),
          width_(width), height_(height), spread_(spread) {}

    // What is being drawn: with a ring every sample is two stamps.
    struct Strokes {
        Stroke outer, inner;
        void end() {
            outer.end();
            inner.end();
        }
    };

    // `v` is light · weight and weight; `radius` is in the canvas' own pixels.
    void draw(Strokes& strokes, Canvas& canvas, int canvas_x, int x, int y, float radius, f32x4 v) const {
        const Stamp* stamps = zone(x, y);
        radius = std::sqrt(std::max(0.0f, radius * radius - spread_));
        const Stamp& outer = stamps[step(radius)];
        if (ring_scale_ == 0) {
            strokes.outer.add(canvas, outer, canvas_x, y, v * all(outer.inverse_area));
            return;
        }
        const Stamp& inner = stamps[step(radius * ring_scale_)];
        strokes.outer.add(canvas, outer, canvas_x, y, v * all((1 - ring_weight_) * outer.inverse_area));
        strokes.inner.add(canvas, inner, canvas_x, y, v * all(ring_weight_ * inner.inverse_area));
    }

    int reach(float radius) const { return aperture_.reach(radius); }

private:
    static int step(float radius) {
        const int step = static_cast<int>(radius * Aperture::kSteps + 0.5f);
        return std::clamp(step, 1, Aperture::kCount - 1);
    }

    const Stamp* zone(int x, int y) const {
        if (aperture_.zones_x() == 1) return aperture_.zone(0, 0);
        const int zx = std::clamp(x, 0, width_ - 1) * aperture_.zones_x() / width_;
        const int zy = std::clamp(y, 0, height_ - 1) * aperture_.zones_y() / height_;
        return aperture_.zone(zx, zy);
    }

    const Aperture& aperture_;
    float ring_scale_, ring_weight_;
    int width_, height_;
    float spread_;
};

}  // namespace defocus::DEFOCUS_ISA
