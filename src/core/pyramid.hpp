// The picture as blurred cells: every pixel lands in exactly one cell of one level.
//
// Level l has cells of 2^l pixels. A pixel goes to the finest level whose stamps are large enough
// for its radius, so the work per pixel is nearly the same at every radius; what is behind the
// focal plane and what is in front of it are kept apart. Pixels with a radius below kMoveUp[0] are
// in no cell: they are drawn at full resolution (see compose.hpp).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "job.hpp"
#include "picture.hpp"
#include "plane.hpp"
#include "samples.hpp"
#include "simd.hpp"
#include "sparks.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

constexpr int kMaxLevels = 9;
// Radius in pixels from which a sample leaves level l for the next coarser one: a cell is then about a
// quarter of the radius.
constexpr float kMoveUp[kMaxLevels] = {5, 16, 33, 68, 140, 290, 600, 1240, 1e9f};
// Up to this radius a pixel counts as sharp: the disc lies within the pixel.
constexpr float kSharp = 0.5f;

constexpr int kSegment = kTile / 2;     // cells of a row that are live or not together
constexpr int kBand = 32;               // rows of cells that one piece of work scatters

enum Side { kBehind = 0, kInFront = 1 };

// What a tile of the picture contains.
enum TileFlag : std::uint8_t {
    kHasSmall = 1,        // blurred by less than kMoveUp[0]
    kHasSmallFront = 2,   // … in front of the focal plane
    kHasSharp = 4,
    kHasBack = 8,         // in the pyramid, behind the focal plane
    kHasFront = 16,       // … in front
    kHasSoft = 32,        // pixels with a second sample
    kHasRim = 64,         // pixels beside a nearer surface
};

struct LevelSide {
    Plane<half4> cells;       // light · weight and weight, averaged over the cell's pixels
    Plane<float> radius;      // of a cell with weight, absolute, in pixels
    Plane<half4> blurred;     // the scatter's result, joined with that of the coarser levels
    std::vector<std::uint8_t> live_segments, live_rows;
    std::vector<std::uint8_t> empty_bands;   // nothing blurred there
};

struct Level {
    int width = 0, height = 0, segments = 0;
    LevelSide side[2];

    Level() = default;
    Level(int w, int h) : width(w), height(h), segments((w + kSegment - 1) / kSegment) {
        const auto cells = static_cast<std::size_t>(w) * h;
        for (LevelSide& s : side) {
            s.cells = Plane<half4>(cells);
            s.radius = Plane<float>(cells);
            s.blurred = Plane<half4>(cells);
            s.live_segments.assign(static_cast<std::size_t>(h) * segments, 0);
            s.live_rows.assign(h, 0);
            s.empty_bands.assign((h + kBand - 1) / kBand, 1);
        }
    }

    std::size_t row(int y) const { return static_cast<std::size_t>(y) * width; }
    std::size_t segment(int y, int s) const { return static_cast<std::size_t>(y) * segments + s; }
};

struct Tiles {
    int across = 0, down = 0;
    std::vector<std::uint8_t> flags;
    std::vector<std::uint8_t> under_front;   // light of a blurred foreground reaches the tile

    Tiles(int width, int height)
        : across((width + kTile - 1) / kTile), down((height + kTile - 1) / kTile),
          flags(static_cast<std::size_t>(across) * down, 0), under_front(flags.size(), 0) {}

    std::uint8_t& at(int tx, int ty) { return flags[static_cast<std::size_t>(ty) * across + tx]; }
    // Marks the tiles that lie within so many tiles of one with the flag.
    std::vector<std::uint8_t> around(int flag, int distance) const {
        std::vector<std::uint8_t> marks(flags.size(), 0);
        for (int ty = 0; ty < down; ++ty) {
            for (int tx = 0; tx < across; ++tx) {
                if ((flags[static_cast<std::size_t>(ty) * across + tx] & flag) == 0) continue;
                const int x0 = std::max(0, tx - distance), x1 = std::min(across - 1, tx + distance);
                const int y0 = std::max(0, ty - distance), y1 = std::min(down - 1, ty + distance);
                for (int y = y0; y <= y1; ++y)
                    std::fill_n(marks.begin() + static_cast<std::ptrdiff_t>(y) * across + x0,
                                x1 - x0 + 1, std::uint8_t{1});
            }
        }
        return marks;
    }

    bool any(int flag) const {
        return std::any_of(flags.begin(), flags.end(), [=](int f) { return (f & flag) != 0; });
    }
};

// Fills level 1 and the tiles' flags from the pixels.
template <class T>
class Gather {
public:
    Gather(const Job& job, const Survey& survey, const Samples<T>& samples, Level& level,
           Level* coarser, Tiles& tiles, Sparks& sparks)
        : job_(job), survey_(survey), samples_(samples), level_(level), coarser_(coarser), tiles_(tiles), sparks_(sparks) {}

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
        const Reader<T>& reader;
        f4 operator()(std::size_t i) const { return reader.plain_light(i); }
    };
    struct Full {
        const Reader<T>& reader;
        f4 operator()(std::size_t i) const { return reader.light(i); }
    };

    // Two pixel lines of one tile; returns what they contain.
    int segment(int cy, int tx) {
        const int y = 2 * cy, lines = y + 1 < job_.height ? 2 : 1;
        const int x0 = tx * kTile, x1 = std::min(job_.width, x0 + kTile);
        const std::size_t upper = static_cast<std::size_t>(y) * job_.width;
        const std::size_t lower = lines == 2 ? upper + job_.width : upper;

        const int below = lines == 2 ? y + 1 : y;
        Range range = survey_.range(y, tx);
        range.include(survey_.range(below, tx));
        const bool soft = survey_.has_soft(y, tx) || survey_.has_soft(below, tx);
        const bool rim = survey_.has_rim(y, tx) || survey_.has_rim(below, tx);
        const bool blurred = range.high > kSharp || range.low < -kSharp;
        const Reader<T>& reader = samples_.front();
        const bool dim = !blurred || (reader.dim(upper + x0, x1 - x0) && reader.dim(lower + x0, x1 - x0));
        const bool spark = !dim && sparks_.open(cy, tx, bright(upper, lower, x0, x1), 2 * (x1 - x0));
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
        if (coarser_ == nullptr || (tx + 1) * kTile > job_.width || 2 * cy + 4 > job_.height) return {};
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
                if (bright(line, line + job_.width, tx * kTile, (tx + 1) * kTile) > 0) return {};
            }
        }
        return {true, back ? kBehind : kInFront, dim};
    }

    // Four lines of a tile straight to level 2.
    template <class Light>
    int blurred(int cy, int tx, Side s, Light at) {
        LevelSide& side = coarser_->side[s];
        const int row = cy / 2, begin = tx * kSegment / 2;
        half4* cells = side.cells.data() + coarser_->row(row) + begin;
        float* radius = side.radius.data() + coarser_->row(row) + begin;
        Range range;
        for (int y = 2 * cy; y < 2 * cy + 4; ++y) range.include(survey_.range(y, tx));
        // The usual case of a distant background: its radii need not be read again.
        const bool flat = range.high - range.low <= 0.25f;
        for (int k = 0; k < kTile / 4; ++k) {
            f4 light = kZero;
            f4 size = kZero;
            for (int y = 2 * cy; y < 2 * cy + 4; ++y) {
                const std::size_t i = static_cast<std::size_t>(y) * job_.width + tx * kTile + 4 * k;
                light += (at(i) + at(i + 1)) + (at(i + 2) + at(i + 3));
                if (!flat) size += *reinterpret_cast<const f4_loose*>(samples_.radii() + i);
            }
            cells[k] = pack(light * all(1.0f / 16));
            radius[k] = flat ? std::fabs(range.low + range.high) * 0.5f
                             : std::fabs((size[0] + size[1]) + (size[2] + size[3])) * (1.0f / 16);
        }
        side.live_segments[coarser_->segment(row, tx / 2)] = 1;
        side.live_rows[row] = 1;
        return s == kInFront ? kHasFront : kHasBack;
    }

    // All pixels lie on one side and in the pyramid: the ordinary case, without branches.
    template <class Light>
    int uniform(int cy, int tx, std::size_t upper, std::size_t lower, Side s, Light at) {
        LevelSide& side = level_.side[s];
        const int begin = tx * kSegment, end = std::min(level_.width, begin + kSegment);
        const float* a = samples_.radii() + upper;
        const float* b = samples_.radii() + lower;
        const float quarter = s == kInFront ? 0.25f : -0.25f;
        half4* cells = side.cells.data() + level_.row(cy);
        float* radius = side.radius.data() + level_.row(cy);
        for (int cx = begin; cx < end; ++cx) {
            const std::size_t x = 2 * static_cast<std::size_t>(cx);
            const f4 sum = (at(upper + x) + at(upper + x + 1)) + (at(lower + x) + at(lower + x + 1));
            cells[cx] = pack(sum * all(0.25f));
            radius[cx] = ((a[x] + a[x + 1]) + (b[x] + b[x + 1])) * quarter;
        }
        mark_live(side, cy, tx);
        return s == kInFront ? kHasFront : kHasBack;
    }

    int bright(std::size_t upper, std::size_t lower, int x0, int x1) const {
        int count = 0;
        for (const std::size_t line : {upper, lower})
            for (int x = x0; x < x1; ++x)
                count += Sparks::is_bright(samples_.front().light(line + x));
        return count;
    }

    int mixed(int cy, int tx, bool spark) {
        const int begin = tx * kSegment, end = std::min(level_.width, begin + kSegment);
        int flags = 0;
        bool live[2] = {false, false};
        for (int cx = begin; cx < end; ++cx) {
            f4 sum[2] = {kZero, kZero};
            float radius[2] = {0, 0};
            // At odd edges a cell repeats its last pixels.
            const int xs[2] = {2 * cx, std::min(2 * cx + 1, job_.width - 1)};
            const int ys[2] = {2 * cy, std::min(2 * cy + 1, job_.height - 1)};
            for (const int y : ys) {
                for (const int x : xs) {
                    samples_.each(x, y, [&](f4 v, float r) {
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
                level_.side[s].cells.data()[level_.row(cy) + cx] = pack(sum[s] * all(0.25f));
                level_.side[s].radius.data()[level_.row(cy) + cx] = radius[s] / weight(sum[s]);
                live[s] = true;
            }
        }
        for (int s = 0; s < 2; ++s)
            if (live[s]) mark_live(level_.side[s], cy, tx);
        return flags;
    }

    // A light's anti-aliased border may have the depth of what is behind it: its radius is that of
    // its brightest neighbour.
    void find_spark(int x, int y) {
        const std::size_t at = samples_.index(x, y);
        const f4 light = samples_.front().light(at);
        if (!Sparks::is_bright(light) || std::fabs(samples_.radius(at)) <= kSharp) return;
        float brightest = 1.5f * brightness(light), radius = samples_.radius(at);
        for (int v = std::max(0, y - 1); v <= std::min(job_.height - 1, y + 1); ++v) {
            for (int u = std::max(0, x - 1); u <= std::min(job_.width - 1, x + 1); ++u) {
                const float b = brightness(samples_.front().light(samples_.index(u, v)));
                if (b <= brightest) continue;
                brightest = b;
                radius = samples_.radius(samples_.index(u, v));
            }
        }
        sparks_.add(x, y, radius, Sparks::excess(light));
    }

    void mark_live(LevelSide& side, int cy, int segment) {
        side.live_segments[level_.segment(cy, segment)] = 1;
        side.live_rows[cy] = 1;
    }

    const Job& job_;
    const Survey& survey_;
    const Samples<T>& samples_;
    Level& level_;
    Level* coarser_;   // null if nothing is that blurred
    Tiles& tiles_;
    Sparks& sparks_;
};

// Moves what is too blurred for `fine` (level l) up to `coarse`, one row of coarse cells.
inline void move_up(Level& fine, Level& coarse, int l, int cy) {
    const float threshold = kMoveUp[l];
    const int y = 2 * cy, lines = y + 1 < fine.height ? 2 : 1;
    for (int s = 0; s < 2; ++s) {
        LevelSide& from = fine.side[s];
        LevelSide& to = coarse.side[s];
        if (!from.live_rows[y] && !(lines == 2 && from.live_rows[y + 1])) continue;
        bool row_stays[2] = {false, false};
        for (int sg = 0; sg < fine.segments; ++sg) {
            const int begin = sg * kSegment / 2;
            const int end = std::min(coarse.width, begin + kSegment / 2);
            bool stays[2] = {false, false};
            bool moved = false;
            for (int cx = begin; cx < end; ++cx) {
                f4 sum = kZero;
                float radius = 0;
                const int columns = 2 * cx + 1 < fine.width ? 2 : 1;
                for (int j = 0; j < lines; ++j) {
                    if (!from.live_segments[fine.segment(y + j, sg)]) continue;
                    for (int i = 0; i < columns; ++i) {
                        const std::size_t at = fine.row(y + j) + 2 * cx + i;
                        half4& cell = from.cells.data()[at];
                        if (!has_weight(cell)) continue;
                        if (from.radius.data()[at] < threshold) {
                            stays[j] = true;
                            continue;
                        }
                        const f4 v = unpack(cell);
                        sum += v;
                        radius += from.radius.data()[at] * weight(v);
                        cell = 0;
                    }
                }
                if (!(weight(sum) > 0)) continue;
                to.cells.data()[coarse.row(cy) + cx] = pack(sum * all(1.0f / (lines * columns)));
                to.radius.data()[coarse.row(cy) + cx] = radius / weight(sum);
                moved = true;
            }
            for (int j = 0; j < lines; ++j) {
                if (!stays[j]) from.live_segments[fine.segment(y + j, sg)] = 0;
                row_stays[j] = row_stays[j] || stays[j];
            }
            if (moved) {
                to.live_segments[coarse.segment(cy, sg / 2)] = 1;
                to.live_rows[cy] = 1;
            }
        }
        for (int j = 0; j < lines; ++j) from.live_rows[y + j] = row_stays[j];
    }
}

}  // namespace defocus::DEFOCUS_ISA
