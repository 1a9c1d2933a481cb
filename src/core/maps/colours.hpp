// The colours before and behind a soft edge, one level of defocus.matte._colours.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cmath>
#include <vector>

#include "sampler.hpp"

namespace defocus::DEFOCUS_ISA::maps {

struct ColourRules {
    float smooth, across;  // pull between neighbours everywhere, and more per step of alpha
};

// Jacobi sweeps: each pixel's two colours from what they mix to and from its four neighbours'. h×w×3 but
// alpha, h×w; front and back are read and written.
inline void sweep_colours(const float* picture, const float* alpha, int width, int height, int sweeps,
                          ColourRules rules, float* front, float* back) {
    struct Pair {
        f32x4 front, back;
    };
    const std::size_t size = std::size_t(width) * height;
    std::vector<Pair> now(size), next(size);
    for (std::size_t i = 0; i < size; ++i) {
        const float *f = front + 3 * i, *b = back + 3 * i;
        now[i] = {f32x4{f[0], f[1], f[2], 0}, f32x4{b[0], b[1], b[2], 0}};
    }
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        for (int y = 0; y < height; ++y) {
            const std::size_t rows[2] = {std::size_t(std::max(y - 1, 0)) * width,
                                         std::size_t(std::min(y + 1, height - 1)) * width};
            const std::size_t row = std::size_t(y) * width;
            for (int x = 0; x < width; ++x) {
                const std::size_t i = row + x;
                const std::size_t beside[4] = {rows[0] + x, rows[1] + x, row + std::max(x - 1, 0),
                                               row + std::min(x + 1, width - 1)};
                const float a = alpha[i], b = 1 - a, *c = picture + 3 * i;
                const f32x4 seen = {c[0], c[1], c[2], 0};
                float total = 0;
                f32x4 f = all(a) * seen, g = all(b) * seen;
                for (const std::size_t j : beside) {
                    const float weight = rules.smooth + rules.across * std::abs(a - alpha[j]);
                    total += weight;
                    f += all(weight) * now[j].front;
                    g += all(weight) * now[j].back;
                }
                // (a² + W) F + a b B = a I + ΣwF,   a b F + (b² + W) B = b I + ΣwB
                const float aa = a * a + total, ab = a * b, bb = b * b + total;
                const f32x4 scale = all(1 / (aa * bb - ab * ab));
                const auto within = [](f32x4 v) { return smaller(larger(v, kZero), all(1)); };
                next[i] = {within((all(bb) * f - all(ab) * g) * scale), within((all(aa) * g - all(ab) * f) * scale)};
            }
        }
        now.swap(next);
    }
    for (std::size_t i = 0; i < size; ++i)
        for (int k = 0; k < 3; ++k) front[3 * i + k] = now[i].front[k], back[3 * i + k] = now[i].back[k];
}

}  // namespace defocus::DEFOCUS_ISA::maps
