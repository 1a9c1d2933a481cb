// Lights, drawn at full resolution.
//
// A lamp hundreds of times brighter than white shows every inaccuracy of its disc's edge: a skirt of
// one per cent is still white. So what exceeds white in single bright pixels is taken out of the
// ordinary samples (which keep a white pixel in its place) and drawn apart, exactly, as light
// without weight. Bright surfaces are left alone: their discs overlap and show no edges.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "defocus/aperture.hpp"
#include "defocus/request.hpp"
#include "samples.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

struct Spark {
    int x, y;
    float radius;   // signed
    f32x4 light;       // and, in place of the weight, brightness · |radius|
};

class Sparks {
public:
    static constexpr float kWhite = 1;

    Sparks(int width, int height)
        : width_(width), across_((width + kTile - 1) / kTile), down_((height + kTile - 1) / kTile),
          split_(static_cast<std::size_t>(across_) * ((height + 1) / 2), 0), lines_(down_, 0), found_(down_) {}

    static bool is_bright(f32x4 v) { return std::max({v[0], v[1], v[2]}) > kWhite * v[3]; }

    // What a sample has beyond white, in its own colour.
    static f32x4 excess(f32x4 v) {
        if (!is_bright(v)) return kZero;
        const float share = 1 - kWhite * v[3] / std::max({v[0], v[1], v[2]});
        return v * f32x4{share, share, share, 0};
    }

    // Decide whether the lights in two lines of a tile, blurred by up to `radius`, are drawn apart: not
    // where most pixels are bright, nor when the row of tiles has more of them than can be drawn in
    // reasonable time: a line of a disc for every pixel of the row of tiles.
    bool open(int cy, int tx, int bright, int pixels, float radius) {
        float& lines = lines_[row_of_tiles(cy)];
        const float more = static_cast<float>(bright) * (2 * radius + 1);
        const bool split = bright > 0 && 2 * bright <= pixels && lines + more <= static_cast<float>(width_) * kTile;
        if (split) lines += more;
        split_[static_cast<std::size_t>(cy) * across_ + tx] = split;
        return split;
    }

    bool is_split(int x, int y) const {
        return split_[static_cast<std::size_t>(y / 2) * across_ + x / kTile] != 0;
    }

    void add(int x, int y, float radius, f32x4 excess) {
        excess[3] = brightness(excess) * std::fabs(radius);
        found_[y / kTile].push_back({x, y, radius, excess});
    }

    // Sort the sparks by the tiles that they reach.
    void bin(const Aperture& aperture) {
        for (const auto& row : found_) all_.insert(all_.end(), row.begin(), row.end());
        found_.clear();
        first_.assign(static_cast<std::size_t>(across_) * down_ + 1, 0);
        each_tile(aperture, [this](std::size_t tile, std::size_t) { ++first_[tile + 1]; });
        for (std::size_t t = 1; t < first_.size(); ++t) first_[t] += first_[t - 1];
        index_.resize(first_.back());
        std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
        each_tile(aperture, [&](std::size_t tile, std::size_t spark) {
            index_[next[tile]++] = static_cast<std::uint32_t>(spark);
        });
    }

    bool reach(int tile) const { return first_[tile] != first_[tile + 1]; }

    template <class Use>
    void each(int tile, Use use) const {
        for (std::uint32_t k = first_[tile]; k < first_[tile + 1]; ++k) use(all_[index_[k]]);
    }

private:
    static int row_of_tiles(int cy) { return 2 * cy / kTile; }

    template <class Use>
    void each_tile(const Aperture& aperture, Use use) const {
        for (std::size_t i = 0; i < all_.size(); ++i) {
            const Spark& s = all_[i];
            const int reach = static_cast<int>(std::fabs(s.radius) * aperture.extent()) + 2;
            const int x0 = std::max(0, s.x - reach) / kTile, y0 = std::max(0, s.y - reach) / kTile;
            const int x1 = std::min(across_ - 1, (s.x + reach) / kTile);
            const int y1 = std::min(down_ - 1, (s.y + reach) / kTile);
            for (int ty = y0; ty <= y1; ++ty)
                for (int tx = x0; tx <= x1; ++tx)
                    use(static_cast<std::size_t>(ty) * across_ + tx, i);
        }
    }

    int width_, across_, down_;
    std::vector<std::uint8_t> split_;
    std::vector<float> lines_;                // of discs to be drawn, by row of tiles
    std::vector<std::vector<Spark>> found_;   // by row of tiles, so that threads need no lock
    std::vector<Spark> all_;
    std::vector<std::uint32_t> first_, index_;
};

}  // namespace defocus::DEFOCUS_ISA
