// How layers lie on each other, for one pixel (f32x4) and for eight by channels. Both do the same sums.
#pragma once

#include <algorithm>

#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

// What is still uncovered is filled by `under`, as far as it goes: levels meet without cracks where
// a continuous surface passes from one to the other.
inline f32x4 add_under(f32x4 over, f32x4 under) {
    const float covered = weight(over), offered = weight(under);
    if (offered < 1e-6f || covered >= 1) return over;
    return over + under * all(std::min(offered, 1 - covered) / offered);
}

// At most a weight of 1, and none where only rounding is left.
inline f32x4 saturated(f32x4 v) {
    const float w = weight(v);
    if (w < kNoWeight) return kZero;
    return w > 1 ? v * all(1 / w) : v;
}

// Eight pixels: light · weight in three channels, and weight.
struct Eight {
    f32x8 c[4];
};

inline Eight operator*(const Eight& v, f32x8 factor) {
    return {{v.c[0] * factor, v.c[1] * factor, v.c[2] * factor, v.c[3] * factor}};
}

inline Eight operator+(const Eight& a, const Eight& b) {
    return {{a.c[0] + b.c[0], a.c[1] + b.c[1], a.c[2] + b.c[2], a.c[3] + b.c[3]}};
}

inline f32x8 weight(const Eight& v) { return v.c[3]; }

inline f32x8 brightness(const Eight& v) { return v.c[0] + v.c[1] + v.c[2]; }

inline Eight choose(i32x8 condition, const Eight& yes, const Eight& no) {
    Eight v;
    for (int k = 0; k < 4; ++k) v.c[k] = condition ? yes.c[k] : no.c[k];
    return v;
}

inline Eight add_under(const Eight& over, const Eight& under) {
    const f32x8 covered = weight(over), offered = weight(under);
    const i32x8 none = (offered < all8(1e-6f)) | (covered >= all8(1));
    const f32x8 share = smaller(all8(1) - covered, offered) / offered;
    return over + under * (none ? all8(0) : share);
}

inline Eight saturated(const Eight& v) {
    const f32x8 w = weight(v);
    const f32x8 factor = w > all8(1) ? all8(1) / w : all8(1);
    return v * (w < all8(kNoWeight) ? all8(0) : factor);
}

// Pixels that lie side by side, by channels.
inline Eight by_channels(const f32x4* pixels) {
    const auto half = [](const f32x4* p, f32x4* out) {
        const f32x4 rg01 = __builtin_shufflevector(p[0], p[1], 0, 4, 1, 5);
        const f32x4 rg23 = __builtin_shufflevector(p[2], p[3], 0, 4, 1, 5);
        const f32x4 bw01 = __builtin_shufflevector(p[0], p[1], 2, 6, 3, 7);
        const f32x4 bw23 = __builtin_shufflevector(p[2], p[3], 2, 6, 3, 7);
        out[0] = __builtin_shufflevector(rg01, rg23, 0, 1, 4, 5);
        out[1] = __builtin_shufflevector(rg01, rg23, 2, 3, 6, 7);
        out[2] = __builtin_shufflevector(bw01, bw23, 0, 1, 4, 5);
        out[3] = __builtin_shufflevector(bw01, bw23, 2, 3, 6, 7);
    };
    f32x4 low[4], high[4];
    half(pixels, low);
    half(pixels + 4, high);
    return {{pair(low[0], high[0]), pair(low[1], high[1]), pair(low[2], high[2]), pair(low[3], high[3])}};
}

}  // namespace defocus::DEFOCUS_ISA
