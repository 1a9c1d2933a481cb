// The picture as blurred cells: every pixel lands in exactly one cell of one level.
//
// Level l has cells of 2^l pixels. A pixel goes to the finest level whose stamps are large enough
// for its radius, so the work per pixel is nearly the same at every radius; what is behind the
// focal plane and what is in front of it are kept apart. Pixels with a radius below kMoveUp[0] are
// in no cell: they are drawn at full resolution (see compose.hpp).
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <vector>

#include "job.hpp"
#include "picture.hpp"
#include "plane.hpp"
#include "simd.hpp"
#include "sparks.hpp"

namespace defocus::DEFOCUS_ISA {

constexpr int kMaxLevels = 9;
// Radius in pixels from which a sample leaves level l for the next coarser one.
constexpr float kMoveUp[kMaxLevels] = {5, 16, 48, 128, 320, 640, 1280, 2560, 1e9f};
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
    bool any(int flag) const {
        return std::any_of(flags.begin(), flags.end(), [=](int f) { return (f & flag) != 0; });
    }
};

// Everything a pixel contributes: its own sample, and what it sees through it, if anything.
template <class T>
class Samples {
public:
    explicit Samples(const Job& job)
        : front_(job, job.pixels), back_(job, job.behind_pixels), radius_(job.radius),
          alpha_(job.alpha), back_radius_(job.behind_radius) {}

    const Reader<T>& front() const { return front_; }
    const Reader<T>& back() const { return back_; }
    float radius(std::size_t i) const { return radius_[i]; }
    float back_radius(std::size_t i) const { return back_radius_[i]; }
    const float* radii() const { return radius_; }
    bool has_soft() const { return alpha_ != nullptr; }
    bool soft(std::size_t i) const { return alpha_ != nullptr && alpha_[i] != 255; }
    float opacity(std::size_t i) const { return static_cast<float>(alpha_[i]) * (1.0f / 255); }

    bool any_soft(std::size_t begin, std::size_t end) const {
        return alpha_ != nullptr &&
               std::any_of(alpha_ + begin, alpha_ + end, [](std::uint8_t a) { return a != 255; });
    }

    // use(light · weight and weight, signed radius) for each sample of pixel i that has weight.
    template <class Use>
    void each(std::size_t i, Use use) const {
        if (!soft(i)) return use(front_.light(i), radius_[i]);
        const float opacity = this->opacity(i);
        if (opacity > 0) use(front_.light(i) * all(opacity), radius_[i]);
        use(back_.light(i) * all(1 - opacity), back_radius_[i]);
    }

private:
    Reader<T> front_, back_;
    const float* radius_;
    const std::uint8_t* alpha_;
    const float* back_radius_;
};

// Smallest and largest radius of one tile row of two lines, and whether all of them are valid.
struct Range {
    float low = 1e30f, high = -1e30f;
    bool valid = true;

    void include(const float* values, int count, float limit) {
        int i = 0;
        if (count >= 8) {
            f8 lows = all8(low), highs = all8(high);
            i8 good = {-1, -1, -1, -1, -1, -1, -1, -1};
            for (; i + 8 <= count; i += 8) {
                const f8 v = *reinterpret_cast<const f8_loose*>(values + i);
                lows = smaller(v, lows);
                highs = larger(v, highs);
                good &= (v <= limit) & (v >= -limit);  // false for NaN
            }
            for (int k = 0; k < 8; ++k) {
                low = std::min(low, lows[k]);
                high = std::max(high, highs[k]);
                valid = valid && good[k] != 0;
            }
        }
        for (; i < count; ++i) {
            valid = valid && std::fabs(values[i]) <= limit;
            low = std::min(low, values[i]);
            high = std::max(high, values[i]);
        }
    }
};

// Fills level 1 and the tiles' flags from the pixels.
template <class T>
class Gather {
public:
    Gather(const Job& job, const Samples<T>& samples, Level& level, Tiles& tiles, Sparks& sparks)
        : job_(job), samples_(samples), level_(level), tiles_(tiles), sparks_(sparks),
          may_sparkle_(std::is_same_v<T, float> || job.gain != nullptr) {}

    // One row of tiles. Different rows may run at the same time.
    void tile_row(int ty) {
        const int first = ty * kSegment, last = std::min(level_.height, first + kSegment);
        for (int cy = first; cy < last; ++cy) {
            for (int tx = 0; tx < tiles_.across; ++tx) tiles_.at(tx, ty) |= segment(cy, tx);
        }
    }

    float largest() const { return largest_; }

private:
    // Two pixel lines of one tile; returns what they contain.
    int segment(int cy, int tx) {
        const int y = 2 * cy, lines = y + 1 < job_.height ? 2 : 1;
        const int x0 = tx * kTile, x1 = std::min(job_.width, x0 + kTile);
        const std::size_t upper = static_cast<std::size_t>(y) * job_.width;
        const std::size_t lower = lines == 2 ? upper + job_.width : upper;

        Range range;
        range.include(samples_.radii() + upper + x0, x1 - x0, job_.largest_radius);
        range.include(samples_.radii() + lower + x0, x1 - x0, job_.largest_radius);
        if (!range.valid) throw BadRadius("a radius is not finite or too large");
        const bool soft = samples_.any_soft(upper + x0, upper + x1) ||
                          samples_.any_soft(lower + x0, lower + x1);
        const bool blurred = range.high > kSharp || range.low < -kSharp;
        const bool spark = may_sparkle_ && blurred && sparks_.open(cy, tx, bright(upper, lower, x0, x1), 2 * (x1 - x0));
        if (!soft) {
            if (range.high <= kSharp && range.low >= -kSharp) return kHasSharp;
            if (!spark && range.high < kMoveUp[0] && range.low > -kMoveUp[0])
                return kHasSharp | kHasSmall | (range.high > kSharp ? kHasSmallFront : 0);
            note_largest(std::max(range.high, -range.low));
            const bool even = (x1 - x0) % 2 == 0;
            if (even && !spark && range.high <= -kMoveUp[0]) return uniform(cy, tx, upper, lower, kBehind);
            if (even && !spark && range.low >= kMoveUp[0]) return uniform(cy, tx, upper, lower, kInFront);
        }
        return mixed(cy, tx, upper, lower, spark) | (soft ? kHasSoft : 0);
    }

    // All pixels lie on one side and in the pyramid: the ordinary case, without branches.
    int uniform(int cy, int tx, std::size_t upper, std::size_t lower, Side s) {
        LevelSide& side = level_.side[s];
        const int begin = tx * kSegment, end = std::min(level_.width, begin + kSegment);
        const Reader<T>& reader = samples_.front();
        const float* a = samples_.radii() + upper;
        const float* b = samples_.radii() + lower;
        const float quarter = s == kInFront ? 0.25f : -0.25f;
        half4* cells = side.cells.data() + level_.row(cy);
        float* radius = side.radius.data() + level_.row(cy);
        for (int cx = begin; cx < end; ++cx) {
            const std::size_t x = 2 * static_cast<std::size_t>(cx);
            const f4 sum = (reader.light(upper + x) + reader.light(upper + x + 1)) +
                           (reader.light(lower + x) + reader.light(lower + x + 1));
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

    int mixed(int cy, int tx, std::size_t upper, std::size_t lower, bool spark) {
        const int begin = tx * kSegment, end = std::min(level_.width, begin + kSegment);
        int flags = 0;
        bool live[2] = {false, false};
        float largest = 0;
        for (int cx = begin; cx < end; ++cx) {
            const std::size_t x = 2 * static_cast<std::size_t>(cx);
            const std::size_t right = static_cast<int>(x) + 1 < job_.width ? x + 1 : x;
            f4 sum[2] = {kZero, kZero};
            float radius[2] = {0, 0};
            std::size_t at = 0;
            bool count = true;   // at odd edges a cell takes the same pixel twice
            const auto add = [&](f4 v, float r) {
                const float size = std::fabs(r);
                if (!(size <= job_.largest_radius))
                    throw BadRadius("a radius behind a pixel is not finite or too large");
                if (spark && Sparks::is_bright(v) && size > kSharp && Sparks::fits(r)) {
                    const f4 excess = Sparks::excess(v);
                    v -= excess;
                    if (count) sparks_.add(static_cast<int>(at % job_.width), static_cast<int>(at / job_.width), r, excess);
                }
                if (size >= kMoveUp[0]) {
                    const Side s = r > 0 ? kInFront : kBehind;
                    sum[s] += v;
                    radius[s] += size * weight(v);
                    largest = std::max(largest, size);
                    flags |= s == kInFront ? kHasFront : kHasBack;
                } else if (size > kSharp) {
                    flags |= kHasSmall | (r > 0 ? kHasSmallFront : 0);
                } else {
                    flags |= kHasSharp;
                }
            };
            const std::size_t pixels[4] = {upper + x, upper + right, lower + x, lower + right};
            for (int k = 0; k < 4; ++k) {
                at = pixels[k];
                count = std::find(pixels, pixels + k, at) == pixels + k;
                samples_.each(at, add);
            }
            for (int s = 0; s < 2; ++s) {
                if (!(weight(sum[s]) > 0)) continue;
                level_.side[s].cells.data()[level_.row(cy) + cx] = pack(sum[s] * all(0.25f));
                level_.side[s].radius.data()[level_.row(cy) + cx] = radius[s] / weight(sum[s]);
                live[s] = true;
            }
        }
        note_largest(largest);
        for (int s = 0; s < 2; ++s)
            if (live[s]) mark_live(level_.side[s], cy, tx);
        return flags;
    }

    void mark_live(LevelSide& side, int cy, int segment) {
        side.live_segments[level_.segment(cy, segment)] = 1;
        side.live_rows[cy] = 1;
    }

    void note_largest(float r) {
        float known = largest_.load(std::memory_order_relaxed);
        while (r > known && !largest_.compare_exchange_weak(known, r)) {
        }
    }

    const Job& job_;
    const Samples<T>& samples_;
    Level& level_;
    Tiles& tiles_;
    Sparks& sparks_;
    bool may_sparkle_;
    std::atomic<float> largest_{0};
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
