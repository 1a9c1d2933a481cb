// The two surfaces that meet at a step: their statistics, and to which one a pixel belongs.
#pragma once

#include "defocus/pool.hpp"
#include "sampler.hpp"

namespace defocus::DEFOCUS_ISA::maps {

constexpr int kBlock = 4;  // statistics are kept for blocks of so many pixels squared

struct Steps {
    const float *values, *low, *high;  // h×w: disparity, its least and greatest around
    const float* picture;              // h×w×3, 0..1
    int width, height;
    float step;

    float nearness(std::size_t i) const {
        return (values[i] - low[i]) / std::max(high[i] - low[i], 1e-9f);
    }
};

// Sums over blocks for the nearer and the farther surface, 12 channels each: weight × (1, r, g, b),
// weight × (r², g², b², 0), weight × (value, 0, 0, 0).
inline void gather_surfaces(const Steps& s, float* near, float* far, Pool& pool) {
    const int blocks_wide = (s.width + kBlock - 1) / kBlock;
    const int blocks_high = (s.height + kBlock - 1) / kBlock;
    pool.run(blocks_high, 0, 1, [&](int block_y) {
        for (int block_x = 0; block_x < blocks_wide; ++block_x) {
            f32x4 sums[2][3] = {};
            for (int y = block_y * kBlock; y < std::min(s.height, (block_y + 1) * kBlock); ++y)
                for (int x = block_x * kBlock; x < std::min(s.width, (block_x + 1) * kBlock); ++x) {
                    const std::size_t i = std::size_t(y) * s.width + x;
                    const float nearness = 4 * s.nearness(i);
                    const float* c = s.picture + 3 * i;
                    const f32x4 mean = {1, c[0], c[1], c[2]};
                    const f32x4 square = {c[0] * c[0], c[1] * c[1], c[2] * c[2], 0};
                    const f32x4 value = {s.values[i], 0, 0, 0};
                    const float weights[2] = {std::min(std::max(nearness - 2, 0.0f), 1.0f),
                                              std::min(std::max(2 - nearness, 0.0f), 1.0f)};
                    for (int k = 0; k < 2; ++k) {
                        sums[k][0] += all(weights[k]) * mean;
                        sums[k][1] += all(weights[k]) * square;
                        sums[k][2] += all(weights[k]) * value;
                    }
                }
            const std::size_t at = (std::size_t(block_y) * blocks_wide + block_x) * 12;
            float* targets[2] = {near + at, far + at};
            for (int k = 0; k < 2; ++k)
                for (int q = 0; q < 3; ++q)
                    *reinterpret_cast<f32x4_loose*>(targets[k] + 4 * q) = sums[k][q];
        }
    });
}

// near, far: colour (3), log of the variances' product, variances (3), disparity.
inline void part_surfaces(const Steps& s, const WorkingMap<2>& near, const WorkingMap<2>& far, float* out,
                          Pool& pool) {
    pool.run(bands(s.height), 0, 1, [&](int band) {
        MapRow<2> front(near), back(far);
        const int end = std::min(s.height, (band + 1) * kBandRows);
        for (int y = band * kBandRows; y < end; ++y) {
            front.move_to(y);
            back.move_to(y);
            for (int x = 0; x < s.width; ++x) {
                const std::size_t i = std::size_t(y) * s.width + x;
                const float trust = std::min((s.high[i] - s.low[i]) / s.step - 1, 1.0f);
                out[i] = s.values[i];
                if (!(trust > 0)) continue;
                const float* c = s.picture + 3 * i;
                const f32x4 seen = {c[0], c[1], c[2], 0};
                // −2 log of the density of the colour on a surface, but for a constant
                const auto unlikelihood = [&](f32x4 mean, f32x4 variance) {
                    f32x4 off = seen - mean;
                    off[3] = 0;
                    variance[3] = 1;
                    return sum(off * off / variance) + mean[3];
                };
                const f32x4 v0 = front.at(x, 1), v1 = back.at(x, 1);
                const float by_colour =
                    (unlikelihood(back.at(x), v1) - unlikelihood(front.at(x), v0)) / 6;
                const float known = std::min(std::max(s.nearness(i), 0.01f), 0.99f);
                const float by_map = std::log(known / (1 - known));
                const float odds = std::min(std::max(by_colour, -3.0f), 3.0f) + by_map;
                const float share = 1 / (1 + std::exp(-4 * odds));
                const float parted = v1[3] + share * (v0[3] - v1[3]);
                out[i] += trust * (parted - s.values[i]);
            }
        }
    });
}

}  // namespace defocus::DEFOCUS_ISA::maps
