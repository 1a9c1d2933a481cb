// A first look at the radii: their range in every piece of a line, and where surfaces meet.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.hpp"
#include "defocus/request.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

constexpr int kTile = 64;   // pixels; the grain of what is skipped
constexpr float kNoWeight = 1e-4f;   // rounding of the running sums stays below

// Of one line of a tile.
struct Range {
    float low = 1e30f, high = -1e30f;

    // Returns false if a value is NaN or larger than the limit.
    bool include(const float* values, int count, float limit) {
        bool valid = true;
        int i = 0;
        if (count >= 8) {
            f32x8 lows = all8(low), highs = all8(high);
            i32x8 good = {-1, -1, -1, -1, -1, -1, -1, -1};
            for (; i + 8 <= count; i += 8) {
                const f32x8 v = *reinterpret_cast<const f32x8_loose*>(values + i);
                lows = smaller(v, lows);
                highs = larger(v, highs);
                good &= (v <= limit) & (v >= -limit);  // false for NaN
            }
            low = least(smaller(low_half(lows), high_half(lows)));
            high = greatest(larger(low_half(highs), high_half(highs)));
            valid = bits(good) == 0xff;
        }
        for (; i < count; ++i) {
            valid = valid && std::fabs(values[i]) <= limit;
            low = std::min(low, values[i]);
            high = std::max(high, values[i]);
        }
        return valid;
    }

    void include(const Range& other) {
        low = std::min(low, other.low);
        high = std::max(high, other.high);
    }
};

// A pixel is on a rim if a nearer surface begins beside it. Anti-aliasing has mixed that surface into
// its colour, which the blur must not spread.
class Survey {
public:
    // Difference in radius between neighbours that separates two surfaces, in pixels.
    static constexpr float kStep = 3;
    // Radius of a foreground whose blur shows the pixel as a thin line through its veil.
    static constexpr float kVeil = 4;
    // Radius up to which the nearer surface itself is drawn as it was.
    static constexpr float kCrisp = 1;

    Survey(const Request& request, Memory& memory)
        : request_(request), across_((request.width + kTile - 1) / kTile),
          ranges_(memory, static_cast<std::size_t>(across_) * request.height), rims_(memory, ranges_.size()),
          soft_(request.alpha != nullptr ? ranges_.size() : 0, 0) {}

    int rows_of_tiles() const { return (request_.height + kTile - 1) / kTile; }

    // First pass, for one row of tiles.
    void measure(int ty) {
        float largest = 0;
        each_piece(ty, [&](int y, int tx, int x0, int x1) {
            const std::size_t line = static_cast<std::size_t>(y) * request_.width;
            Range range;
            const bool valid = range.include(request_.radius + line + x0, x1 - x0, request_.largest_radius);
            if (!valid) throw BadRadius("a radius is not finite or too large");
            ranges_.data()[piece(y, tx)] = range;
            largest = std::max({largest, range.high, -range.low});
            if (request_.alpha == nullptr) return;
            for (std::size_t i = line + x0; i < line + x1; ++i) {
                if (request_.alpha[i] == 255) continue;
                const float r = std::fabs(request_.behind_radius[i]);
                if (!(r <= request_.largest_radius))
                    throw BadRadius("a radius behind a pixel is not finite or too large");
                largest = std::max(largest, r);
                soft_[piece(y, tx)] = 1;
            }
        });
        float known = largest_.load(std::memory_order_relaxed);
        while (largest > known && !largest_.compare_exchange_weak(known, largest)) {
        }
    }

    // Second pass, once all is measured.
    void find_rims(int ty) {
        const int first = ty * kTile, last = std::min(request_.height, first + kTile);
        std::fill_n(rims_.data() + piece(first, 0), piece(last - first, 0), std::uint64_t{0});
        std::vector<Range> tiles(static_cast<std::size_t>(across_) + 2);   // and a line above and below
        for (int y = std::max(0, first - 1); y < std::min(request_.height, last + 1); ++y)
            for (int tx = 0; tx < across_; ++tx) tiles[tx + 1].include(range(y, tx));
        for (int tx = 0; tx < across_; ++tx) {
            const float high = std::max({tiles[tx].high, tiles[tx + 1].high, tiles[tx + 2].high});
            if (high - tiles[tx + 1].low <= kStep) continue;
            for (int y = first; y < last; ++y) {
                const int above = std::max(0, y - 1), below = std::min(request_.height - 1, y + 1);
                if (highest(above, y, below, tx) - range(y, tx).low > kStep)
                    rims_.data()[piece(y, tx)] = rims(above, y, below, tx);
            }
        }
    }

    // The largest signed radius of a pixel and its neighbours.
    float nearest_around(int x, int y) const {
        float nearest = -1e30f;
        for (int v = std::max(0, y - 1); v <= std::min(request_.height - 1, y + 1); ++v)
            for (int u = std::max(0, x - 1); u <= std::min(request_.width - 1, x + 1); ++u)
                nearest = std::max(nearest, radius(u, v));
        return nearest;
    }

    float largest() const { return largest_; }
    const Range& range(int y, int tx) const { return ranges_.data()[piece(y, tx)]; }
    std::uint64_t rim_bits(int y, int tx) const { return rims_.data()[piece(y, tx)]; }   // one per pixel
    bool has_rim(int y, int tx) const { return rim_bits(y, tx) != 0; }
    bool has_soft(int y, int tx) const { return !soft_.empty() && soft_[piece(y, tx)] != 0; }
    bool is_rim(int x, int y) const { return (rim_bits(y, x / kTile) >> (x % kTile) & 1) != 0; }
    float radius(int x, int y) const {
        return request_.radius[static_cast<std::size_t>(y) * request_.width + x];
    }

private:
    // The largest radius in three lines of a tile and its neighbours.
    float highest(int above, int y, int below, int tx) const {
        float high = -1e30f;
        for (int t = std::max(0, tx - 1); t <= std::min(across_ - 1, tx + 1); ++t)
            high = std::max({high, range(above, t).high, range(y, t).high, range(below, t).high});
        return high;
    }

    // Bit by bit the rims in one line of a tile, given the lines above and below it.
    std::uint64_t rims(int above, int y, int below, int tx) const {
        const int x0 = tx * kTile, count = std::min(request_.width, x0 + kTile) - x0;
        const float* lines[3];
        for (int k = 0; k < 3; ++k)
            lines[k] = request_.radius + static_cast<std::size_t>(k == 0 ? above : k == 1 ? y : below) * request_.width + x0;
        const auto column = [&](int x) { return std::max({lines[0][x], lines[1][x], lines[2][x]}); };
        // Of every column, from the one on the left to the one on the right; what lies beyond is no nearer.
        constexpr float kFar = -1e30f;
        float nearest[kTile + 8], own[kTile];
        std::fill_n(nearest, kTile + 8, kFar);
        std::fill_n(own, kTile, -kFar);
        nearest[0] = x0 > 0 ? column(-1) : kFar;
        for (int x = 0; x < count; ++x) nearest[x + 1] = std::max(std::max(lines[0][x], lines[1][x]), lines[2][x]);
        if (x0 + count < request_.width) nearest[count + 1] = column(count);
        std::copy_n(lines[1], count, own);
        std::uint64_t found = 0;
        for (int x = 0; x < kTile; x += 8) {
            const auto at = [&](int i) { return *reinterpret_cast<const f32x8_loose*>(nearest + x + i); };
            const f32x8 high = larger(larger(at(0), at(1)), at(2));
            const f32x8 here = *reinterpret_cast<const f32x8_loose*>(own + x);
            const i32x8 seen = (high >= kVeil) | ((high <= kCrisp) & (high >= -kCrisp));
            found |= std::uint64_t{bits((high > here + kStep) & seen)} << x;
        }
        return found;
    }

    std::size_t piece(int y, int tx) const { return static_cast<std::size_t>(y) * across_ + tx; }

    template <class Use>
    void each_piece(int ty, Use use) const {
        for (int y = ty * kTile; y < std::min(request_.height, (ty + 1) * kTile); ++y)
            for (int tx = 0; tx < across_; ++tx)
                use(y, tx, tx * kTile, std::min(request_.width, (tx + 1) * kTile));
    }

    const Request& request_;
    int across_;
    Buffer<Range> ranges_;
    Buffer<std::uint64_t> rims_;   // one bit per pixel
    std::vector<std::uint8_t> soft_;
    std::atomic<float> largest_{0};
};

}  // namespace defocus::DEFOCUS_ISA
