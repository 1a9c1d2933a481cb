// From pixels to cells: fills level 1, and level 2 where all is that blurred.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "defocus/request.hpp"
#include "levels.hpp"
#include "pixels.hpp"
#include "samples.hpp"
#include "simd.hpp"
#include "sparks.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

// Fills level 1 and the tiles' flags from the pixels.
template <class T>
class Downsample {
public:
    Downsample(const Request& request, const Survey& survey, const Samples<T>& samples, Level& level,
           Level* coarser, Tiles& tiles, Sparks& sparks)
        : request_(request), survey_(survey), samples_(samples), level_(level), coarser_(coarser), tiles_(tiles),
          sparks_(sparks) {}

    // One row of tiles. Different rows may run at the same time.
    void tile_row(int ty) {
        const int first = ty * kSegment, last = std::min(level_.height, first + kSegment);
        for (int cy = first; cy < last; cy += 2) {
            for (int tx = 0; tx < tiles_.across; ++tx) {
                std::uint8_t& flags = tiles_.at(tx, ty);
                if (const Distant d = cy + 1 < last ? distant(cy, tx) : Distant{}; d.whole) {
                    flags |= d.dim ? blurred(cy, tx, d.side, Plain{samples_.front()})
                                   : blurred(cy, tx, d.side, Full{samples_.front()});
                    continue;
                }
                flags |= segment(cy, tx);
                if (cy + 1 < last) flags |= segment(cy + 1, tx);
            }
        }
    }

private:
    // Where no highlight is recovered, and elsewhere.
    struct Plain {
        const PixelReader<T>& reader;
        f32x4 operator()(std::size_t i) const { return reader.plain_light(i); }
        f32x4 four(std::size_t i) const { return reader.plain_light_of_four(i); }
    };
    struct Full {
        const PixelReader<T>& reader;
        f32x4 operator()(std::size_t i) const { return reader.light(i); }
        f32x4 four(std::size_t i) const {
            return (reader.light(i) + reader.light(i + 1)) + (reader.light(i + 2) + reader.light(i + 3));
        }
    };

    // Two pixel lines of one tile; returns what they contain.
    int segment(int cy, int tx) {
        const int y = 2 * cy, lines = y + 1 < request_.height ? 2 : 1;
        const int x0 = tx * kTile, x1 = std::min(request_.width, x0 + kTile);
        const std::size_t upper = static_cast<std::size_t>(y) * request_.width;
        const std::size_t lower = lines == 2 ? upper + request_.width : upper;

        const int below = lines == 2 ? y + 1 : y;
        Range range = survey_.range(y, tx);
        range.include(survey_.range(below, tx));
        const bool soft = survey_.has_soft(y, tx) || survey_.has_soft(below, tx);
        const bool rim = survey_.has_rim(y, tx) || survey_.has_rim(below, tx);
        const bool blurred = range.high > kSharp || range.low < -kSharp;
        const PixelReader<T>& reader = samples_.front();
        const bool dim = !blurred || (reader.dim(upper + x0, x1 - x0) && reader.dim(lower + x0, x1 - x0));
        const bool spark = !dim && sparks_.open(cy, tx, bright(upper, lower, x0, x1), 2 * (x1 - x0),
                                                std::max(range.high, -range.low));
        if (!soft) {
            if (range.high <= kSharp && range.low >= -kSharp) return kHasSharp;
            if (!spark && range.high < kMoveUp[0] && range.low > -kMoveUp[0])
                return kHasSharp | kHasSmall | (range.high > kSharp ? kHasSmallFront : 0);
            const bool even = (x1 - x0) % 2 == 0;
            const bool back = range.high <= -kMoveUp[0];
            if (even && !spark && !rim && (back || range.low >= kMoveUp[0])) {
                const Side s = back ? kBehind : kInFront;
                return dim ? uniform(cy, tx, upper, lower, s, Plain{reader})
                           : uniform(cy, tx, upper, lower, s, Full{reader});
            }
        }
        return mixed(cy, tx, spark) | (soft ? kHasSoft : 0) | (rim ? kHasRim : 0);
    }

    // Whether a tile's four lines belong to level 2 or a coarser one as a whole, without lights.
    struct Distant {
        bool whole = false;
        Side side = kBehind;
        bool dim = true;
    };

    Distant distant(int cy, int tx) const {
        if (coarser_ == nullptr || (tx + 1) * kTile > request_.width || 2 * cy + 4 > request_.height) return {};
        Range range;
        for (int y = 2 * cy; y < 2 * cy + 4; ++y) {
            if (survey_.has_soft(y, tx) || survey_.has_rim(y, tx)) return {};
            range.include(survey_.range(y, tx));
        }
        const bool back = range.high <= -kMoveUp[1];
        if (!back && range.low < kMoveUp[1]) return {};
        bool dim = true;
        for (int y = 2 * cy; y < 2 * cy + 4; ++y)
            dim = dim && samples_.front().dim(samples_.index(tx * kTile, y), kTile);
        if (!dim) {
            for (int y = 2 * cy; y < 2 * cy + 4; y += 2) {
                const std::size_t line = samples_.index(0, y);
                if (bright(line, line + request_.width, tx * kTile, (tx + 1) * kTile) > 0) return {};
            }
        }
        return {true, back ? kBehind : kInFront, dim};
    }

    // Four lines of a tile straight to level 2.
    template <class Light>
    int blurred(int cy, int tx, Side s, Light at) {
        const Cells::Segment to = coarser_->side[s].cells.make(cy / 2, tx / 2);
        const int first = tx % 2 * (kSegment / 2);
        Range range;
        for (int y = 2 * cy; y < 2 * cy + 4; ++y) range.include(survey_.range(y, tx));
        const auto stride = static_cast<std::size_t>(request_.width);
        // The usual case of a distant background: its radii need not be read again.
        const bool flat = range.high - range.low <= 0.25f;
        const std::size_t first_pixel = samples_.index(tx * kTile, 2 * cy);
        for (int k = 0; k < kTile / 4; ++k) {
            f32x4 light = kZero;
            for (int line = 0; line < 4; ++line) light += at.four(first_pixel + line * stride + 4 * k);
            to.cell[first + k] = pack(light * all(1.0f / 16));
        }
        for (int k = 0; k < kTile / 4; ++k) {
            float radius = std::fabs(range.low + range.high) * 0.5f;
            if (!flat) {
                f32x4 size = kZero;
                for (int line = 0; line < 4; ++line)
                    size += *reinterpret_cast<const f32x4_loose*>(samples_.radii() + first_pixel + line * stride + 4 * k);
                radius = std::fabs((size[0] + size[1]) + (size[2] + size[3])) * (1.0f / 16);
            }
            to.radius[first + k] = radius;
        }
        return s == kInFront ? kHasFront : kHasBack;
    }

    // All pixels lie on one side and in the pyramid: the ordinary case, without branches.
    template <class Light>
    int uniform(int cy, int tx, std::size_t upper, std::size_t lower, Side s, Light at) {
        const Cells::Segment to = level_.side[s].cells.make(cy, tx);
        const int count = std::min(kSegment, level_.width - tx * kSegment);
        const float* a = samples_.radii() + upper;
        const float* b = samples_.radii() + lower;
        const float quarter = s == kInFront ? 0.25f : -0.25f;
        std::size_t x = 2 * static_cast<std::size_t>(tx) * kSegment;
        for (int k = 0; k < count; ++k, x += 2) {
            const f32x4 sum = (at(upper + x) + at(upper + x + 1)) + (at(lower + x) + at(lower + x + 1));
            to.cell[k] = pack(sum * all(0.25f));
            to.radius[k] = ((a[x] + a[x + 1]) + (b[x] + b[x + 1])) * quarter;
        }
        return s == kInFront ? kHasFront : kHasBack;
    }

    int bright(std::size_t upper, std::size_t lower, int x0, int x1) const {
        int count = 0;
        for (const std::size_t line : {upper, lower})
            for (int x = x0; x < x1; ++x)
                count += !samples_.front().dim(line + x, 1) && Sparks::is_bright(samples_.front().light(line + x));
        return count;
    }

    int mixed(int cy, int tx, bool spark) {
        const int begin = tx * kSegment, end = std::min(level_.width, begin + kSegment);
        int flags = 0;
        for (int cx = begin; cx < end; ++cx) {
            f32x4 sum[2] = {kZero, kZero};
            float radius[2] = {0, 0};
            // At odd edges a cell repeats its last pixels.
            const int xs[2] = {2 * cx, std::min(2 * cx + 1, request_.width - 1)};
            const int ys[2] = {2 * cy, std::min(2 * cy + 1, request_.height - 1)};
            for (const int y : ys) {
                for (const int x : xs) {
                    samples_.each(x, y, [&](f32x4 v, float r) {
                        const float size = std::fabs(r);
                        if (spark && size > kSharp) v -= Sparks::excess(v);
                        if (size >= kMoveUp[0]) {
                            const Side s = r > 0 ? kInFront : kBehind;
                            sum[s] += v;
                            radius[s] += size * weight(v);
                            flags |= s == kInFront ? kHasFront : kHasBack;
                        } else if (size > kSharp) {
                            flags |= kHasSmall | (r > 0 ? kHasSmallFront : 0);
                        } else {
                            flags |= kHasSharp;
                        }
                    });
                }
            }
            if (spark) {
                for (int y = 2 * cy; y <= ys[1]; ++y)
                    for (int x = 2 * cx; x <= xs[1]; ++x) find_spark(x, y);
            }
            for (int s = 0; s < 2; ++s) {
                if (!(weight(sum[s]) > 0)) continue;
                const Cells::Segment to = level_.side[s].cells.make(cy, tx);
                to.cell[cx - begin] = pack(sum[s] * all(0.25f));
                to.radius[cx - begin] = radius[s] / weight(sum[s]);
            }
        }
        return flags;
    }

    // A light's anti-aliased border may have the depth of what is behind it: its radius is that of
    // its brightest neighbour.
    void find_spark(int x, int y) {
        const std::size_t at = samples_.index(x, y);
        const f32x4 light = samples_.front().light(at);
        if (!Sparks::is_bright(light) || std::fabs(samples_.radius(at)) <= kSharp) return;
        float brightest = 1.5f * brightness(light), radius = samples_.radius(at);
        for (int v = std::max(0, y - 1); v <= std::min(request_.height - 1, y + 1); ++v) {
            for (int u = std::max(0, x - 1); u <= std::min(request_.width - 1, x + 1); ++u) {
                const float b = brightness(samples_.front().light(samples_.index(u, v)));
                if (b <= brightest) continue;
                brightest = b;
                radius = samples_.radius(samples_.index(u, v));
            }
        }
        sparks_.add(x, y, radius, Sparks::excess(light));
    }

    const Request& request_;
    const Survey& survey_;
    const Samples<T>& samples_;
    Level& level_;
    Level* coarser_;   // null if nothing is that blurred
    Tiles& tiles_;
    Sparks& sparks_;
};

}  // namespace defocus::DEFOCUS_ISA
