// Grain over what was blurred: defocus/render/grain.py measures it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "defocus/pool.hpp"

namespace defocus {

struct Grain {
    static constexpr int kTile = 128;   // side of the square of noise, a power of two

    const float* tile = nullptr;        // kTile × kTile × 3, variance 1, periodic
    const float* sigma = nullptr;       // 256 × 3: standard deviation by code, in codes of 0..255
    float area = 1;                     // a disc of radius r leaves area / (area + π r²) of its power
};

// Adds grain in place. Each square of the picture takes the noise from another place.
template <class T>
void lay_grain(T* pixels, const float* radius, int width, int height, const Grain& grain, Pool& pool) {
    constexpr float kSharp = 0.5f, kPi = 3.14159265f, kTop = sizeof(T) == 1 ? 255 : 65535;
    constexpr int kSquare = Grain::kTile / 2, kMask = Grain::kTile - 1;
    // What the blur took, by radius in steps of 1/8 pixel; beyond the last it took all.
    constexpr int kSteps = 8, kRadii = 24 * kSteps;
    float lost[kRadii + 1];
    for (int i = 0; i <= kRadii; ++i) {
        const float r = float(i) / kSteps, disc = kPi * std::max(r * r - kSharp * kSharp, 0.0f);
        lost[i] = (sizeof(T) == 1 ? 1 : 257) * std::sqrt(disc / (grain.area + disc));
    }
    pool.run((height + kSquare - 1) / kSquare, 0, 1, [&](int band) {
        for (int square = 0; square * kSquare < width; ++square) {
            // A hash of the square says where in the noise it begins.
            std::uint32_t hash = std::uint32_t(square) * 0x9e3779b1u ^ std::uint32_t(band) * 0x85ebca77u;
            hash = (hash ^ hash >> 15) * 0x2c1b3c6du;
            hash ^= hash >> 13;
            const int begin = square * kSquare, end = std::min(width, begin + kSquare);
            for (int y = band * kSquare; y < std::min(height, (band + 1) * kSquare); ++y) {
                const std::size_t line = std::size_t(y) * std::size_t(width);
                const float* row = grain.tile + 3 * Grain::kTile * ((y + int(hash >> 8 & kMask)) & kMask);
                // Loop by loop over the run of samples, so that the compiler takes several at a time.
                float added[3 * kSquare];
                bool any = false;
                for (int x = begin; x < end; ++x) {
                    const float r = std::fabs(radius[line + std::size_t(x)]);
                    const int step = int(std::min(r * kSteps + 0.5f, float(kRadii)));
                    const float share = r > kSharp ? lost[step] : 0;
                    any |= share > 0;
                    for (int c = 0; c < 3; ++c) added[3 * (x - begin) + c] = share;
                }
                if (!any) continue;
                T* out = pixels + 3 * (line + std::size_t(begin));
                const int count = 3 * (end - begin), from = 3 * ((begin + int(hash & kMask)) & kMask);
                const int before = std::min(count, 3 * Grain::kTile - from);   // the tile's row goes on in front
                for (int i = 0; i < before; ++i) added[i] *= row[from + i];
                for (int i = before; i < count; ++i) added[i] *= row[i - before];
                for (int i = 0; i < count; i += 3)
                    for (int c = 0; c < 3; ++c)
                        added[i + c] *= grain.sigma[3 * (sizeof(T) == 1 ? out[i + c] : out[i + c] >> 8) + c];
                for (int i = 0; i < count; ++i)
                    out[i] = T(std::int32_t(std::min(std::max(float(out[i]) + added[i] + 0.5f, 0.0f), kTop)));
            }
        }
    });
}

}  // namespace defocus
