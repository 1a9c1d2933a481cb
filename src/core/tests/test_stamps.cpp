#define DEFOCUS_ISA portable
#include <algorithm>
#include <cmath>
#include <vector>

#include "canvas.hpp"
#include "check.hpp"
#include "defocus/aperture.hpp"
#include "stamper.hpp"

using namespace defocus;
using namespace defocus::portable;

namespace {

constexpr int kSize = 64, kMargin = 40;

struct Sheet {
    Memory memory{true};
    Canvas canvas{memory, kSize, kSize, kMargin};

    Sheet() {
        canvas.place(0, kSize);
        canvas.clear();
    }

    // What is drawn at a pixel: the running sum.
    f32x4 at(int x, int y) const {
        f32x4 sum = kZero;
        for (int u = -canvas.margin(); u <= x; ++u) sum += canvas.row(y)[u];
        return sum;
    }
};

// The slow way: how much of each pixel's row lies between the ends of the stamp's row.
float covered(const Stamp& stamp, int dx, int dy) {
    for (int k = 0; k < stamp.count; ++k) {
        const ApertureRow& row = stamp.rows[k];
        if (row.dy != dy) continue;
        const float begin = float(row.left) + 1 - row.near_left, end = float(row.right) + 1 - row.near_right;
        return std::max(0.0f, std::min(end, float(dx + 1)) - std::max(begin, float(dx)));
    }
    return 0;
}

bool is_near(f32x4 a, f32x4 b, float by) {
    for (int c = 0; c < 4; ++c)
        if (!(std::fabs(a[c] - b[c]) <= by)) return false;
    return true;
}

}  // namespace

TEST("sprites: a stamp covers what its rows cover, also over the canvas' edge") {
    const Aperture aperture({5, 0.3, 0.2, 0, 1.2});
    const f32x4 light = {0.5f, 0.25f, 2, 1};
    for (const float radius : {1.5f, 6.0f, 11.5f}) {
        const Stamp& stamp = aperture.zone(0, 0)[int(radius * Aperture::kSteps)];
        for (const auto& [x, y] : {std::pair{30, 30}, {2, 1}, {61, 63}}) {
            Sheet drawn, cut;
            drawn.canvas.draw(stamp, x, y, light);
            cut.canvas.draw_cut(stamp, x, y, light);
            for (int v = 0; v < kSize; ++v)
                for (int u = 0; u < kSize; ++u) {
                    const f32x4 expected = light * all(covered(stamp, u - x, v - y));
                    CHECK(is_near(drawn.at(u, v), expected, 2e-6f));
                    CHECK(is_near(cut.at(u, v), expected, 2e-6f));
                }
        }
    }
}

TEST("sprites: a run of neighbours is drawn as one after the other") {
    const Aperture aperture({});
    const Stamp& stamp = aperture.zone(0, 0)[5 * Aperture::kSteps];
    f32x4 samples[9];
    for (int k = 0; k < 9; ++k) samples[k] = f32x4{float(k), 1, 0.5f * float(9 - k), 1};
    for (const int count : {2, 3, 8, 9}) {
        Sheet run, each;
        run.canvas.draw_run(stamp, 20, 31, samples, count);
        for (int k = 0; k < count; ++k) each.canvas.draw(stamp, 20 + k, 31, samples[k]);
        for (int v = 24; v < 40; ++v)
            for (int u = 0; u < kSize; ++u) CHECK(is_near(run.at(u, v), each.at(u, v), 2e-5f));
    }
}

TEST("sprites: a disc far larger than the canvas covers it evenly") {
    const Aperture aperture({});
    std::vector<ApertureRow> rows;
    const Stamp stamp = aperture.make(0, 0, 900, rows);
    Sheet sheet;
    sheet.canvas.draw_cut(stamp, 30, 30, all(1));
    for (int k = 0; k < kSize; ++k) CHECK(is_near(sheet.at(k, k), all(1), 0));
}

TEST("sprites: strokes keep all light, whatever the radii, the ring and the order") {
    Request request;
    for (const float scale : {0.0f, 0.8f}) {
        const Aperture aperture({6, 0.1, 0, 0, 1});
        request.aperture = &aperture;
        request.ring_scale = scale;
        request.ring_weight = scale == 0 ? 0 : -0.4f;
        const Stamper stamper(request, kSize, kSize, 0);
        Stamper::Strokes strokes;
        Sheet sheet;
        f32x4 given = kZero, got = kZero;
        for (int x = 20; x < 44; ++x) {
            const f32x4 v = {float(x), 1, 2, 1};
            stamper.draw(strokes, sheet.canvas, x, x, 32, 2 + float(x / 5), v);
            given += v;
        }
        strokes.end();
        for (int y = 0; y < kSize; ++y) {
            f32x4 sum = kZero;
            for (int u = -kMargin; u < kSize + kMargin; ++u) got += sum += sheet.canvas.row(y)[u];
        }
        CHECK(is_near(got / given, all(1), 1e-4f));
    }
}
