// The last pass, at full resolution: from front to back the blurred foreground, what is slightly
// blurred in front, the sharp pixel itself, what is slightly blurred behind, the blurred background.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "background.hpp"
#include "canvas.hpp"
#include "fill.hpp"
#include "levels.hpp"
#include "scatter.hpp"
#include "simd.hpp"
#include "spark_brush.hpp"

namespace defocus::DEFOCUS_ISA {

// One thread's memory: what level 1 shows of one row of tiles, canvases for small blurs on both sides,
// and enlarged rows of level 1.
struct ComposeScratch {
    static constexpr int kRow = kTile / 2 + 4;
    static constexpr int kRows = kBand + 2;   // enlarging needs a row above and one below

    Canvas level;
    Plane<half4> blurred[2];
    int first_row = 0, width;
    bool any[2] = {false, false};             // else `blurred` holds nothing of this row of tiles
    std::vector<std::uint8_t> under_front;    // light of a blurred foreground reaches the tile
    Canvas small[2], sparks[2];
    SparkBrush spark_brush;
    std::array<f4, kRow> upsampled[2];

    ComposeScratch(const Job& job, const Scatter& scatter, int level_width, int margin)
        : level(scatter.canvas(kRows)),
          blurred{Plane<half4>(static_cast<std::size_t>(level_width) * kRows),
                  Plane<half4>(static_cast<std::size_t>(level_width) * kRows)},
          width(level_width), small{Canvas(kTile, kTile, margin), Canvas(kTile, kTile, margin)},
          sparks{Canvas(kTile, kTile, 2), Canvas(kTile, kTile, 2)}, spark_brush(job) {}

    half4* row(Side s, int cy) const {
        return blurred[s].data() + static_cast<std::ptrdiff_t>(cy - first_row) * width;
    }
};

template <class T>
class Compose {
public:
    // `fill` is null when nothing lies in the pyramid in front of the focal plane.
    Compose(const Job& job, const Survey& survey, const Samples<T>& samples, const Tiles& tiles, const Sparks& sparks,
            const Level& level, const Scatter& scatter, const Fill<T>* fill)
        : job_(job), survey_(survey), samples_(samples), writer_(job), tiles_(tiles), sparks_(sparks), level_(level),
          scatter_(scatter), fill_(fill),
          brush_(job, job.width, job.height, 0), reach_(brush_.reach(kMoveUp[0]) + 1),
          any_small_front_(tiles.any(kHasSmallFront)) {}

    int margin() const { return 2 * reach_ + 4; }

    // One row of tiles. Level 1 is scattered here, band by band: that saves writing it to memory.
    void row(int ty, ComposeScratch& scratch) const {
        const int y0 = ty * kBand, y1 = std::min(level_.height, y0 + kBand);
        const int first = std::max(0, y0 - 1), last = std::min(level_.height, y1 + 1);
        scratch.first_row = first;
        for (const Side s : {kBehind, kInFront})
            scratch.any[s] = scatter_.rows(s, first, last, scratch.level, true, [&](int cy) { return scratch.row(s, cy); });
        scratch.under_front.assign(tiles_.across, 0);
        if (fill_ != nullptr && scratch.any[kInFront]) find_under_front(y0, y1, scratch);
        for (int tx = 0; tx < tiles_.across; ++tx) tile(tx, ty, scratch);
    }

private:
    void find_under_front(int y0, int y1, ComposeScratch& scratch) const {
        for (int cy = y0; cy < y1; ++cy) {
            const half4* row = scratch.row(kInFront, cy);
            for (int tx = 0; tx < tiles_.across; ++tx) {
                const int end = std::min(level_.width, (tx + 1) * kSegment);
                if (scratch.under_front[tx] == 0)
                    scratch.under_front[tx] = std::any_of(row + tx * kSegment, row + end, has_weight);
            }
        }
    }

    void tile(int tx, int ty, ComposeScratch& scratch) const {
        Area area{tx * kTile, ty * kTile, std::min(job_.width, (tx + 1) * kTile),
                  std::min(job_.height, (ty + 1) * kTile)};
        const int i = ty * tiles_.across + tx;
        const int own = tiles_.flags[i];
        const bool under_front = scratch.under_front[tx] != 0;
        const bool small = has_small_around(tx, ty);
        const bool sparks = sparks_.reach(i);
        if (!sparks && !under_front && own == kHasSharp && (!small || !any_small_front_)) return copy(area);

        bool small_front = false;
        if (small) small_front = draw_small(area, scratch);
        if (sparks) draw_sparks(i, area, scratch);
        if (!sparks && !small && !under_front && own == kHasBack) return background(area, scratch);
        mixed(area, scratch, own, small, small_front, under_front, sparks);
    }

    struct Area {
        int x0, y0, x1, y1;
    };

    std::size_t index(int x, int y) const { return static_cast<std::size_t>(y) * job_.width + x; }

    bool has_small_around(int tx, int ty) const {
        for (int y = std::max(0, ty - 1); y <= std::min(tiles_.down - 1, ty + 1); ++y)
            for (int x = std::max(0, tx - 1); x <= std::min(tiles_.across - 1, tx + 1); ++x)
                if ((tiles_.at(x, y) & kHasSmall) != 0) return true;
        return false;
    }

    // Whether a line of a tile can hold small radii.
    bool has_small(int y, int tx) const {
        if (survey_.has_soft(y, tx)) return true;
        const Range& range = survey_.range(y, tx);
        if (range.low >= kMoveUp[0] || range.high <= -kMoveUp[0]) return false;
        return range.low < -kSharp || range.high > kSharp;
    }

    void copy(Area a) const {
        for (int y = a.y0; y < a.y1; ++y) {
            const std::size_t i = index(a.x0, y);
            std::memcpy(writer_.at(i), samples_.front().at(i), sizeof(T) * 3 * (a.x1 - a.x0));
        }
    }

    // Scatter the small radii around a tile at full resolution; true if any lies in front.
    bool draw_small(Area a, ComposeScratch& scratch) const {
        Canvas& back = scratch.small[kBehind];
        Canvas& front = scratch.small[kInFront];
        back.place(a.y0, a.y1);
        front.place(a.y0, a.y1);
        back.clear();
        bool any_front = false;
        const auto draw = [&](int x, int y) {
            const int from_x = clamped(x, job_.width), from_y = clamped(y, job_.height);
            const std::size_t i = index(from_x, from_y);
            const float own = std::fabs(samples_.radius(i));
            if (!samples_.soft(i) && (own <= kSharp || own >= kMoveUp[0])) return;
            const bool split = sparks_.is_split(from_x, from_y);
            samples_.each(from_x, from_y, [&](f4 v, float r) {
                const float size = std::fabs(r);
                if (size <= kSharp || size >= kMoveUp[0]) return;
                if (split) v -= Sparks::excess(v);
                if (r > 0 && !any_front) {
                    front.clear();
                    any_front = true;
                }
                brush_.draw(r > 0 ? front : back, x - a.x0, x, y, size, v);
            });
        };
        for (int y = a.y0 - reach_; y < a.y1 + reach_; ++y) {
            const int from_y = clamped(y, job_.height);
            for (int x = a.x0 - reach_; x < a.x1 + reach_;) {
                const int tx = clamped(x, job_.width) / kTile;
                int end = std::min(a.x1 + reach_, (tx + 1) * kTile);
                if (tx == tiles_.across - 1) end = a.x1 + reach_;   // and what lies beyond the edge
                if (has_small(from_y, tx))
                    for (; x < end; ++x) draw(x, y);
                x = end;
            }
        }
        return any_front;
    }

    void draw_sparks(int tile, Area a, ComposeScratch& scratch) const {
        for (Canvas& canvas : scratch.sparks) {
            canvas.place(a.y0, a.y1);
            canvas.clear();
        }
        sparks_.each(tile, [&](const Spark& spark) {
            Canvas& canvas = scratch.sparks[spark.radius > 0 ? kInFront : kBehind];
            scratch.spark_brush.draw(canvas, spark, spark.x - a.x0);
        });
    }

    // Rows of level 1 for output row y: entry k belongs to cell x0/2 − 1 + k.
    void load(Side s, Area a, int y, ComposeScratch& scratch) const {
        const int near = std::min(y >> 1, level_.height - 1);
        const int far = std::clamp((y & 1) != 0 ? near + 1 : near - 1, 0, level_.height - 1);
        const half4* p = scratch.row(s, near);
        const half4* q = scratch.row(s, far);
        const int begin = a.x0 / 2 - 1, end = (a.x1 + 1) / 2 + 1;
        f4* row = scratch.upsampled[s].data();
        int x = begin;
        if (begin >= 0 && end <= level_.width) {
            for (; x + 1 < end; x += 2)
                store(row + x - begin,
                      all8(0.75f) * unpack_pair(p + x) + all8(0.25f) * unpack_pair(q + x));
        }
        for (; x < end; ++x) {
            const int cx = std::clamp(x, 0, level_.width - 1);
            row[x - begin] = all(0.75f) * unpack(p[cx]) + all(0.25f) * unpack(q[cx]);
        }
    }

    static f4 upsampled(const std::array<f4, ComposeScratch::kRow>& row, int x) {
        const int near = (x >> 1) + 1;
        return all(0.75f) * row[near] + all(0.25f) * row[(x & 1) != 0 ? near + 1 : near - 1];
    }

    // Nothing but blurred background.
    void background(Area a, const ComposeScratch& scratch) const {
        CellRow rows[3];   // of level 1: above, at and below two rows of pixels
        PixelRow pixels;
        const int first = a.x0 / 2 - 1;
        const auto load = [&](int cy) {
            const int source = clamped(cy, level_.height);
            rows[(cy + 3) % 3].load(scratch.row(kBehind, source), level_.width, first);
        };
        load(a.y0 / 2 - 1);
        load(a.y0 / 2);
        for (int y = a.y0; y < a.y1; ++y) {
            const int near = y / 2, far = (y & 1) != 0 ? near + 1 : near - 1;
            if (y % 2 == 0) load(near + 1);
            pixels.enlarge(rows[(near + 3) % 3], rows[(far + 3) % 3]);
            writer_.store_row(index(a.x0, y), pixels, a.x1 - a.x0);
        }
    }

    void mixed(Area a, ComposeScratch& scratch, int own, bool small, bool small_front,
               bool under_front, bool sparks) const {
        const bool back = scratch.any[kBehind] && (own != kHasSharp || small || under_front);
        for (int y = a.y0; y < a.y1; ++y) {
            if (back) load(kBehind, a, y, scratch);
            if (under_front) load(kInFront, a, y, scratch);
            const f4* small_back_row = small ? scratch.small[kBehind].row(y) : nullptr;
            const f4* small_front_row = small_front ? scratch.small[kInFront].row(y) : nullptr;
            f4 sum[2] = {kZero, kZero}, light[2] = {kZero, kZero};
            if (sparks) {
                for (int s = 0; s < 2; ++s)
                    for (int x = -scratch.sparks[s].margin(); x < 0; ++x)
                        light[s] += scratch.sparks[s].row(y)[x];
            }
            for (int x = -margin(); x < 0; ++x) {
                if (small) sum[kBehind] += small_back_row[x];
                if (small_front) sum[kInFront] += small_front_row[x];
            }
            for (int x = a.x0; x < a.x1; ++x) {
                const int dx = x - a.x0;
                f4 front = under_front ? upsampled(scratch.upsampled[kInFront], dx) : kZero;
                if (small_front) {
                    sum[kInFront] += small_front_row[dx];
                    front = add_under(front, saturated(sum[kInFront]));
                }
                if (small) sum[kBehind] += small_back_row[dx];
                if (sparks)
                    for (int s = 0; s < 2; ++s) light[s] += scratch.sparks[s].row(y)[dx];
                pixel(x, y, front, sum[kBehind],
                      back ? upsampled(scratch.upsampled[kBehind], dx) : kZero, light[kInFront],
                      light[kBehind]);
            }
        }
    }

    void pixel(int x, int y, f4 front, f4 small_back, f4 far_back, f4 front_light,
               f4 back_light) const {
        const std::size_t i = index(x, y);
        const float radius = samples_.radius(i);
        const bool sharp = std::fabs(radius) <= kSharp;
        if (sharp && !samples_.soft(i) && weight(front) < kInvisible &&
            brightness(front_light) < kInvisible) {
            std::memcpy(writer_.at(i), samples_.front().at(i), sizeof(T) * 3);
            return;
        }
        f4 rest = sharp_part(x, y);
        rest = add_under(rest, saturated(small_back));
        rest = add_under(rest, far_back);
        f4 result;
        if (radius >= 1 && fill_ != nullptr && !samples_.soft(i)) {
            // The surface seen here hides what the blur lets through. (Behind a soft one lies its
            // second sample.)
            const f4 hidden = fill_->at(x, y);
            f4 behind = hidden;
            if (weight(rest) > kNoWeight)
                behind += rest * all((1 - std::min(1.0f, weight(hidden))) / weight(rest));
            result = front + behind * all(std::max(0.0f, 1 - weight(front)));
        } else {
            if (weight(front) > kInvisible && weight(rest) > kInvisible)
                rest *= all(std::max(0.0f, 1 - weight(front)) / weight(rest));
            result = front + rest;
        }
        const float total = weight(result);
        result = total > kNoWeight ? result * all(1 / total) : samples_.front().light(i);
        result += larger(front_light, kZero);
        const float seen = seen_behind(i, back_light) * (1 - std::min(1.0f, weight(front)));
        result += larger(back_light, kZero) * all(seen);
        if (survey_.is_rim(x, y)) {
            // Never darker or brighter than both the blur and what was there: no specks.
            const f4 there = samples_.front().light(i);
            const f4 crisp = result + samples_.crisp(x, y) * all(1 - std::min(1.0f, weight(front)));
            result = smaller(larger(crisp, smaller(result, there)), larger(result, there));
        }
        writer_.store(i, result);
    }

    // How much of the lights behind the focal plane a pixel shows: none if its own surface is
    // sharp, or nearer than they are.
    float seen_behind(std::size_t i, f4 light) const {
        const float total = brightness(light);
        if (total < kNoWeight) return 0;
        const float radius = samples_.radius(i);
        float seen = 1;
        if (std::fabs(radius) <= kSharp) {
            seen = 0;
        } else if (radius < 0) {
            seen = std::clamp((-radius * total / weight(light) - 0.5f) * 4, 0.0f, 1.0f);
        }
        return samples_.soft(i) ? 1 - samples_.opacity(i) * (1 - seen) : seen;
    }

    // The pixel's own samples, as far as they are sharp.
    f4 sharp_part(int x, int y) const {
        const std::size_t i = index(x, y);
        const bool sharp = std::fabs(samples_.radius(i)) <= kSharp;
        if (!samples_.soft(i)) return sharp ? samples_.light(x, y) : kZero;
        const float opacity = samples_.opacity(i);
        f4 v = sharp ? samples_.front().plain_light(i) * all(opacity) : kZero;
        if (std::fabs(samples_.back_radius(i)) <= kSharp)
            v += samples_.back().plain_light(i) * all(1 - opacity);
        return v;
    }

    static constexpr float kInvisible = 1e-3f;

    const Job& job_;
    const Survey& survey_;
    const Samples<T>& samples_;
    Writer<T> writer_;
    const Tiles& tiles_;
    const Sparks& sparks_;
    const Level& level_;
    const Scatter& scatter_;
    const Fill<T>* fill_;
    Brush brush_;
    int reach_;
    bool any_small_front_;
};

}  // namespace defocus::DEFOCUS_ISA
