// The last pass, at full resolution: from front to back the blurred foreground, what is slightly
// blurred in front, the sharp pixel itself, what is slightly blurred behind, the blurred background.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "blender.hpp"
#include "borders.hpp"
#include "canvas.hpp"
#include "fill.hpp"
#include "hidden.hpp"
#include "levels.hpp"
#include "rows.hpp"
#include "scatter.hpp"
#include "simd.hpp"
#include "small_blur.hpp"
#include "spark_stamper.hpp"

namespace defocus::DEFOCUS_ISA {

// Three rows of cells around a row of pixels, loaded one after the other.
struct CellWindow {
    CellRow rows[3];
    int next = 0;

    void start(int y) { next = y / 2 - 1; }
    CellRow& at(int cy) { return rows[(cy + 3) % 3]; }
};

// One thread's memory: what level 1 shows of one row of tiles, canvases for small blurs on both sides.
struct ComposeScratch {
    static constexpr int kRows = kBand + 2;   // enlarging needs a row above and one below

    Canvas level;
    Buffer<f16x4> blurred[2];
    int first_row = 0, width;
    bool any[2] = {false, false};             // else `blurred` holds nothing of this row of tiles
    std::vector<std::uint8_t> under_front;    // light of a blurred foreground reaches the tile
    Canvas small[2], sparks[2];
    SparkStamper spark_stamper;
    CellWindow window[2];

    ComposeScratch(Memory& memory, const Request& request, const Scatter& scatter, int level_width, Canvas back,
                   Canvas front)
        : level(scatter.canvas(memory, kRows)),
          blurred{Buffer<f16x4>(memory, static_cast<std::size_t>(level_width) * kRows),
                  Buffer<f16x4>(memory, static_cast<std::size_t>(level_width) * kRows)},
          width(level_width), small{std::move(back), std::move(front)},
          sparks{Canvas(memory, kTile, kTile, 2), Canvas(memory, kTile, kTile, 2)}, spark_stamper(request) {}

    f16x4* row(Side s, int cy) const {
        return blurred[s].data() + static_cast<std::ptrdiff_t>(cy - first_row) * width;
    }
};

template <class T>
class Compose {
public:
    // `fill` is null when nothing lies in the pyramid in front of the focal plane.
    Compose(const Request& request, const Survey& survey, const Samples<T>& samples, const Tiles& tiles, const Sparks& sparks,
            const Level& level, const Scatter& scatter, const Fill<T>* fill)
        : request_(request), survey_(survey), samples_(samples), writer_(request), tiles_(tiles), sparks_(sparks), level_(level),
          scatter_(scatter), fill_(fill),
          blender_(survey, samples, writer_, fill != nullptr), small_(request, survey, samples, tiles, sparks),
          any_small_front_(tiles.any(kHasSmallFront)) {}

    // Memory for one thread.
    std::unique_ptr<ComposeScratch> scratch(Memory& memory) const {
        return std::make_unique<ComposeScratch>(memory, request_, scatter_, level_.width, small_.canvas(memory),
                                                small_.canvas(memory));
    }

    // One row of tiles. Level 1 is scattered here, band by band: that saves writing it to memory.
    void row(int ty, ComposeScratch& scratch) const {
        const int y0 = ty * kBand, y1 = std::min(level_.height, y0 + kBand);
        const int first = std::max(0, y0 - 1), last = std::min(level_.height, y1 + 1);
        scratch.first_row = first;
        for (const Side s : {kBehind, kInFront})
            scratch.any[s] = scatter_.rows(s, first, last, scratch.level, [&](int cy) { return scratch.row(s, cy); });
        scratch.under_front.assign(tiles_.across, 0);
        if (fill_ != nullptr && scratch.any[kInFront]) find_under_front(y0, y1, scratch);
        for (int tx = 0; tx < tiles_.across; ++tx) tile(tx, ty, scratch);
    }

private:
    void find_under_front(int y0, int y1, ComposeScratch& scratch) const {
        for (int cy = y0; cy < y1; ++cy) {
            const f16x4* row = scratch.row(kInFront, cy);
            for (int tx = 0; tx < tiles_.across; ++tx) {
                const int end = std::min(level_.width, (tx + 1) * kSegment);
                if (scratch.under_front[tx] == 0)
                    scratch.under_front[tx] = std::any_of(row + tx * kSegment, row + end, has_weight);
            }
        }
    }

    void tile(int tx, int ty, ComposeScratch& scratch) const {
        Area area{tx * kTile, ty * kTile, std::min(request_.width, (tx + 1) * kTile),
                  std::min(request_.height, (ty + 1) * kTile)};
        const int i = ty * tiles_.across + tx;
        const int own = tiles_.flags[i];
        const bool under_front = scratch.under_front[tx] != 0;
        const bool small = small_.around(tx, ty);
        const bool sparks = sparks_.reach(i);
        if (!sparks && !under_front && own == kHasSharp && (!small || !any_small_front_)) return copy(area);

        bool small_front = false;
        if (small) small_front = small_.draw(area, scratch.small);
        if (sparks) draw_sparks(i, area, scratch);
        if (!sparks && !small && !under_front && own == kHasBack) return background(area, scratch);
        const bool back = scratch.any[kBehind] && (own != kHasSharp || small || under_front);
        mixed(area, scratch, tx, {back, under_front, small, small_front, sparks});
    }

    std::size_t index(int x, int y) const { return static_cast<std::size_t>(y) * request_.width + x; }

    void copy_pixels(std::size_t i, int count) const {
        std::memcpy(writer_.at(i), samples_.front().at(i), sizeof(T) * 3 * static_cast<std::size_t>(count));
    }

    void copy(Area a) const {
        for (int y = a.y0; y < a.y1; ++y) copy_pixels(index(a.x0, y), a.x1 - a.x0);
    }

    void draw_sparks(int tile, Area a, ComposeScratch& scratch) const {
        for (Canvas& canvas : scratch.sparks) {
            canvas.place(a.y0, a.y1);
            canvas.clear();
        }
        sparks_.each(tile, [&](const Spark& spark) {
            Canvas& canvas = scratch.sparks[spark.radius > 0 ? kInFront : kBehind];
            scratch.spark_stamper.draw(canvas, spark, spark.x - a.x0);
        });
    }

    // Nothing but blurred background.
    void background(Area a, ComposeScratch& scratch) const {
        PixelRow row;
        scratch.window[kBehind].start(a.y0);
        for (int y = a.y0; y < a.y1; ++y) {
            if (!enlarge(kBehind, a, y, scratch, row)) row.normalise();
            writer_.store_row(index(a.x0, y), row, a.x1 - a.x0);
        }
    }

    // Level 1 at row y of a tile; true if all of it is covered. Rows are asked for one after the other.
    bool enlarge(Side s, Area a, int y, ComposeScratch& scratch, PixelRow& row) const {
        CellWindow& window = scratch.window[s];
        for (; window.next <= y / 2 + 1; ++window.next) {
            const int source = repeated(window.next, level_.height);
            window.at(window.next).load(scratch.row(s, source), level_.width, a.x0 / 2 - 1);
        }
        return row.enlarge(window.at(y / 2), window.at((y & 1) != 0 ? y / 2 + 1 : y / 2 - 1));
    }

    // What a tile needs beside its own pixels.
    struct Parts {
        bool back, under_front, small, small_front, sparks;
    };

    void mixed(Area a, ComposeScratch& scratch, int tx, const Parts& parts) const {
        PixelRow front, far_back, out;
        f32x4 sums[2][kTile], lights[2][kTile], own[kTile], behind[kTile];
        float radii[kTile] = {};
        const int count = a.x1 - a.x0;
        for (CellWindow& window : scratch.window) window.start(a.y0);
        for (int y = a.y0; y < a.y1; ++y) {
            const std::size_t line = index(a.x0, y);
            std::copy_n(request_.radius + line, count, radii);
            if (parts.back) enlarge(kBehind, a, y, scratch, far_back);
            if (parts.under_front) enlarge(kInFront, a, y, scratch, front);
            if (parts.small) sum_row(scratch.small[kBehind], y, sums[kBehind]);
            if (parts.small && parts.back) close_gaps(a, y, radii, far_back, sums[kBehind]);
            if (parts.small_front) sum_row(scratch.small[kInFront], y, sums[kInFront]);
            const bool hides = fill_ != nullptr && std::any_of(radii, radii + count, [](float r) { return r >= 1; });
            if (hides) fill_->row(a.x0, y, behind);
            if (parts.sparks)
                for (const Side s : {kBehind, kInFront}) sum_row(scratch.sparks[s], y, lights[s]);

            const bool any_front = parts.under_front || parts.small_front;
            if (any_front)
                for (int x = 0; x < kTile; ++x)
                    own[x] = x < count && std::fabs(radii[x]) <= kSharp ? samples_.light(a.x0 + x, y) : kZero;
            std::uint64_t copied = 0, single = survey_.rim_bits(y, tx);
            for (int x = 0; x < kTile; x += 8) {
                Eight over = parts.under_front ? front.eight(x) : Eight{};
                if (parts.small_front) {
                    over = add_under(over, saturated(by_channels(sums[kInFront] + x)));
                    front.put_eight(x, over);
                }
                Eight rest = any_front ? by_channels(own + x) : Eight{};
                if (parts.small) rest = add_under(rest, saturated(by_channels(sums[kBehind] + x)));
                if (parts.back) rest = add_under(rest, far_back.eight(x));
                const f32x8 radius = *reinterpret_cast<const f32x8_loose*>(radii + x);
                Eight seen = blend(over, rest);
                if (hides) seen = choose(radius >= all8(1), blend_hidden(over, rest, by_channels(behind + x)), seen);
                const f32x8 total = weight(seen);
                const i32x8 sharp = (radius <= all8(kSharp)) & (radius >= all8(-kSharp));
                i32x8 alone = sharp & (weight(over) < all8(kInvisible));
                seen = seen * (all8(1) / total);
                if (parts.sparks) {
                    const Eight before = by_channels(lights[kInFront] + x);
                    seen = add_lights(seen, before, by_channels(lights[kBehind] + x), weight(over), radius);
                    alone &= brightness(before) < all8(kInvisible);
                }
                out.put_eight(x, seen);
                copied |= std::uint64_t{bits(alone)} << x;
                single |= std::uint64_t{bits(!(total > all8(kNoWeight)))} << x;
            }
            writer_.store_row(line, out, count);
            const std::uint64_t soft = soft_bits(y, tx, line, count);
            copied &= ~soft;
            single = (single | soft) & ~copied;
            copy_runs(line, copied, count);
            for (; single != 0; single &= single - 1) {
                const int x = __builtin_ctzll(single);
                if (x >= count) break;
                Layers l;
                if (any_front) l.front = front.one(x);
                if (parts.small) l.small_back = sums[kBehind][x];
                if (parts.back) l.far_back = far_back.one(x);
                if (hides) l.hidden = behind[x];
                if (parts.sparks) {
                    l.front_light = lights[kInFront][x];
                    l.back_light = lights[kBehind][x];
                }
                blender_.blend(a.x0 + x, y, l);
            }
        }
    }

    // The running sums of one row of a canvas.
    static void sum_row(const Canvas& canvas, int y, f32x4* sums) {
        const f32x4* derivative = canvas.row(y);
        f32x4 sum = kZero;
        for (int x = -canvas.margin(); x < 0; ++x) sum += derivative[x];
        for (int x = 0; x < kTile; ++x) sums[x] = sum += derivative[x];
    }

    // Slightly blurred surfaces, before the blurred background shines through their gaps.
    void close_gaps(Area a, int y, const float* radii, const PixelRow& far_back, f32x4* sums) const {
        for (int x = 0; x < a.x1 - a.x0; ++x) {
            if (!(radii[x] < -kSharp && radii[x] > -kMoveUp[0])) continue;
            if (has_gap(sums[x]) && far_back.channel[3][x] > kGap)
                sums[x] = closed(request_, {a.x0 + x, a.x0 + x}, {y, y}, radii[x], sums[x]);
        }
    }

    // As Blender does it: what is in front covers the rest, which fills up what is left.
    static Eight blend(const Eight& front, const Eight& rest) {
        const f32x8 w = weight(front), r = weight(rest);
        const i32x8 both = (w > all8(kInvisible)) & (r > all8(kInvisible));
        const f32x8 left = larger(all8(0), all8(1) - w) / r;
        return front + rest * (both ? left : all8(1));
    }

    static Eight blend_hidden(const Eight& front, const Eight& rest, const Eight& hidden) {
        const f32x8 r = weight(rest);
        const f32x8 share = (all8(1) - smaller(all8(1), weight(hidden))) / r;
        const Eight behind = hidden + rest * (r > all8(kNoWeight) ? share : all8(0));
        return front + behind * larger(all8(0), all8(1) - weight(front));
    }

    // Lights in front are seen; of those behind, what the surface and the veil before it let through.
    static Eight add_lights(const Eight& v, const Eight& before, const Eight& behind, f32x8 veil, f32x8 radius) {
        const f32x8 total = brightness(behind);
        const f32x8 farther = smaller(larger((-radius * total / weight(behind) - all8(0.5f)) * all8(4), all8(0)), all8(1));
        f32x8 seen = radius < all8(0) ? farther : all8(1);
        seen = ((radius <= all8(kSharp)) & (radius >= all8(-kSharp))) ? all8(0) : seen;
        seen = total < all8(kNoWeight) ? all8(0) : seen;
        seen = seen * (all8(1) - smaller(all8(1), veil));
        Eight lit = v;
        for (int c = 0; c < 3; ++c)
            lit.c[c] = (lit.c[c] + larger(before.c[c], all8(0))) + larger(behind.c[c], all8(0)) * seen;
        return lit;
    }

    std::uint64_t soft_bits(int y, int tx, std::size_t line, int count) const {
        std::uint64_t soft = 0;
        if (survey_.has_soft(y, tx))
            for (int x = 0; x < count; ++x) soft |= std::uint64_t{samples_.soft(line + x)} << x;
        return soft;
    }

    // Sharp pixels that nothing covers stay as they are.
    void copy_runs(std::size_t line, std::uint64_t pixels, int count) const {
        if (count < kTile) pixels &= (std::uint64_t{1} << count) - 1;
        while (pixels != 0) {
            const int x = __builtin_ctzll(pixels);
            const std::uint64_t rest = ~(pixels >> x);
            const int length = rest == 0 ? kTile : __builtin_ctzll(rest);
            copy_pixels(line + x, length);
            if (x + length >= kTile) break;
            pixels &= ~std::uint64_t{0} << (x + length);
        }
    }

    const Request& request_;
    const Survey& survey_;
    const Samples<T>& samples_;
    PixelWriter<T> writer_;
    const Tiles& tiles_;
    const Sparks& sparks_;
    const Level& level_;
    const Scatter& scatter_;
    const Fill<T>* fill_;
    Blender<T> blender_;
    SmallBlur<T> small_;
    bool any_small_front_;
};

}  // namespace defocus::DEFOCUS_ISA
