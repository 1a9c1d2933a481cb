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

// What reaches a tile beside its own pixels.
struct Reached {
    bool back, under_front, small, small_front, sparks;
};

// What comes to one row of a tile. What is not among its Parts may be anything.
struct RowOfLayers {
    PixelRow front, own, small[2], far_back, hidden, lights[2];
    alignas(32) float radius[kTile];

    template <int N>
    Layers<N> get(int x, Parts parts) const {
        Layers<N> l;
        if (parts.front) l.front = front.get<N>(x);
        if (parts.own) l.own = own.get<N>(x);
        if (parts.small_back) l.small_back = small[kBehind].get<N>(x);
        if (parts.far_back) l.far_back = far_back.get<N>(x);
        if (parts.hidden) l.hidden = hidden.get<N>(x);
        if (parts.lights) {
            l.front_light = lights[kInFront].get<N>(x);
            l.back_light = lights[kBehind].get<N>(x);
        }
        l.radius = load<N>(radius + x);
        return l;
    }
};

// One thread's memory: what level 1 shows of one row of tiles, canvases for small blurs on both sides.
struct ComposeScratch {
    static constexpr int kRows = kBand + 2;   // enlarging needs a row above and one below

    Canvas level;
    Buffer<f16> blurred[2];                   // rows as Blurred
    int first_row = 0;
    std::size_t row_size;
    bool any[2] = {false, false};             // else `blurred` holds nothing of this row of tiles
    std::vector<std::uint8_t> under_front;    // light of a blurred foreground reaches the tile
    Canvas small[2], sparks[2];
    SparkStamper spark_stamper;
    Enlarger enlargers[2];
    RowOfLayers layers;

    ComposeScratch(Memory& memory, const Request& request, const Scatter& scatter, int level_width, Canvas back,
                   Canvas front)
        : level(scatter.canvas(memory, kRows)),
          blurred{Buffer<f16>(memory, Blurred<f16>::size(level_width) * kRows),
                  Buffer<f16>(memory, Blurred<f16>::size(level_width) * kRows)},
          row_size(Blurred<f16>::size(level_width)), small{std::move(back), std::move(front)},
          sparks{Canvas(memory, kTile, kTile, 2), Canvas(memory, kTile, kTile, 2)}, spark_stamper(request) {}

    Blurred<f16> row(Side s, int cy) const {
        return {blurred[s].data() + static_cast<std::size_t>(cy - first_row) * row_size};
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
          blender_(survey, samples, writer_), small_(request, survey, samples, tiles, sparks),
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
            const Blurred<f16> row = scratch.row(kInFront, cy);
            for (int tx = 0; tx < tiles_.across; ++tx) {
                const f16* weights = row.channel(tx, 3);
                const int count = std::min(kSegment, level_.width - tx * kSegment);
                if (scratch.under_front[tx] == 0)
                    scratch.under_front[tx] = std::any_of(weights, weights + count, [](f16 w) { return w != 0; });
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
        scratch.enlargers[kBehind].start(a.x0, a.y0);
        for (int y = a.y0; y < a.y1; ++y) {
            if (!enlarge(kBehind, y, scratch, row)) row.normalise();
            writer_.store_row(index(a.x0, y), row, a.x1 - a.x0);
        }
    }

    // Level 1 at row y of a tile; true if all of it is covered. Rows are asked for one after the other.
    bool enlarge(Side s, int y, ComposeScratch& scratch, PixelRow& row) const {
        return scratch.enlargers[s].row(y, level_.width, level_.height, [&](int cy) { return scratch.row(s, cy); }, row);
    }

    void mixed(Area a, ComposeScratch& scratch, int tx, const Reached& reached) const {
        RowOfLayers& row = scratch.layers;
        PixelRow out;
        const int count = a.x1 - a.x0;
        for (Enlarger& enlarger : scratch.enlargers) enlarger.start(a.x0, a.y0);
        for (int y = a.y0; y < a.y1; ++y) {
            const std::size_t line = index(a.x0, y);
            const Parts parts = load_row(a, y, scratch, reached, row);
            std::uint64_t copied = 0, covered = 0;
            for (int x = 0; x < kTile; x += kLanes) {
                const auto l = row.get<kLanes>(x, parts);
                const auto sum = together(l, parts);
                const auto total = weight(sum);
                const auto seen = sum * (every<kLanes>(1) / total);
                out.set(x, parts.lights ? lit(seen, l) : seen);
                copied |= std::uint64_t{bits(is_alone(l))} << x;
                covered |= std::uint64_t{bits(total > every<kLanes>(kNoWeight))} << x;   // not where it is NaN
            }
            writer_.store_row(line, out, count);
            const std::uint64_t soft = soft_bits(y, tx, line, count);
            copied &= ~soft;
            copy_runs(line, copied, count);
            for (std::uint64_t single = (survey_.rim_bits(y, tx) | soft | ~covered) & ~copied; single != 0; single &= single - 1) {
                const int x = __builtin_ctzll(single);
                if (x >= count) break;
                blender_.blend(a.x0 + x, y, row.get<1>(x, parts), parts);
            }
        }
    }

    // Row y of a tile, after the one before.
    Parts load_row(Area a, int y, ComposeScratch& scratch, const Reached& reached, RowOfLayers& row) const {
        const int count = a.x1 - a.x0;
        const std::size_t line = index(a.x0, y);
        std::copy_n(request_.radius + line, count, row.radius);
        if (reached.back) enlarge(kBehind, y, scratch, row.far_back);
        if (reached.under_front) enlarge(kInFront, y, scratch, row.front);
        if (reached.small) sum_row(scratch.small[kBehind], y, row.small[kBehind]);
        if (reached.small && reached.back) close_gaps(a, y, row.radius, row.far_back, row.small[kBehind]);
        if (reached.small_front) {
            sum_row(scratch.small[kInFront], y, row.small[kInFront]);
            for (int x = 0; x < kTile; x += kLanes)
                row.front.set(x, add_under(reached.under_front ? row.front.get<kLanes>(x) : Pixels<kLanes>{},
                                           saturated(row.small[kInFront].get<kLanes>(x))));
        }
        const bool hidden = fill_ != nullptr && survey_.range(y, a.x0 / kTile).high >= 1;
        if (hidden) fill_->row(a.x0, y, row.hidden);
        if (reached.sparks)
            for (const Side s : {kBehind, kInFront}) sum_row(scratch.sparks[s], y, row.lights[s]);
        const bool front = reached.under_front || reached.small_front;
        const bool own = front || reached.sparks;   // else a sharp pixel is copied
        if (own)
            for (int x = 0; x < count; ++x)
                row.own.set(x, std::fabs(row.radius[x]) <= kSharp ? samples_.light(a.x0 + x, y) : kZero);
        return {front, own, reached.small, reached.back, hidden, reached.sparks};
    }

    static void sum_row(const Canvas& canvas, int y, PixelRow& sums) {
        f32x4 sum = kZero;
        for (int x = -canvas.margin(); x < 0; ++x) sum += canvas.row(y)[x];
        sums.add_up(canvas.row(y), kTile, sum);
    }

    // Slightly blurred surfaces, before the blurred background shines through their gaps.
    void close_gaps(Area a, int y, const float* radii, const PixelRow& far_back, PixelRow& sums) const {
        for (int x = 0; x < a.x1 - a.x0; ++x) {
            if (!(radii[x] < -kSharp && radii[x] > -kMoveUp[0])) continue;
            if (has_gap(sums.channel[3][x]) && far_back.channel[3][x] > kGap)
                sums.set(x, closed(request_, {a.x0 + x, a.x0 + x}, {y, y}, radii[x], channels(sums.get<1>(x))));
        }
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
