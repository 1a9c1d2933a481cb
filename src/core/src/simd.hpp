// Four floats at a time: one pixel as (red, green, blue, weight).
//
// Written with the vector extensions that GCC and Clang share, so that the same source runs on any
// processor and rounds alike everywhere; only half floats, minima and maxima name instructions.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__F16C__)
#include <immintrin.h>
#endif

#include "isa.hpp"

namespace defocus::DEFOCUS_ISA {

using f32x4 = float __attribute__((vector_size(16)));
using i32x4 = std::int32_t __attribute__((vector_size(16)));
using f32x8 = float __attribute__((vector_size(32)));
using i32x8 = std::int32_t __attribute__((vector_size(32)));
// Floats anywhere in memory.
typedef float f32x4_loose __attribute__((vector_size(16), aligned(4), may_alias));
typedef float f32x8_loose __attribute__((vector_size(32), aligned(4), may_alias));

typedef std::int32_t i32x8_loose __attribute__((vector_size(32), aligned(4), may_alias));

inline f32x4 all(float v) { return f32x4{v, v, v, v}; }
inline f32x8 all8(float v) { return f32x8{v, v, v, v, v, v, v, v}; }
constexpr f32x4 kZero = {0, 0, 0, 0};

inline f32x8 pair(f32x4 a, f32x4 b) { return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7); }

// a > b ? a : b and a < b ? a : b: b where either is NaN.
#if defined(__F16C__)
inline f32x8 larger(f32x8 a, f32x8 b) { return (f32x8)_mm256_max_ps((__m256)a, (__m256)b); }
inline f32x8 smaller(f32x8 a, f32x8 b) { return (f32x8)_mm256_min_ps((__m256)a, (__m256)b); }
inline f32x4 larger(f32x4 a, f32x4 b) { return (f32x4)_mm_max_ps((__m128)a, (__m128)b); }
inline f32x4 smaller(f32x4 a, f32x4 b) { return (f32x4)_mm_min_ps((__m128)a, (__m128)b); }
#else
inline f32x8 larger(f32x8 a, f32x8 b) { return a > b ? a : b; }
inline f32x8 smaller(f32x8 a, f32x8 b) { return a < b ? a : b; }
inline f32x4 larger(f32x4 a, f32x4 b) { return a > b ? a : b; }
inline f32x4 smaller(f32x4 a, f32x4 b) { return a < b ? a : b; }
#endif

inline void store(f32x4* at, f32x8 v) { *reinterpret_cast<f32x8_loose*>(at) = v; }

// Four IEEE half floats, the storage of a pixel in the pyramid: 11 bits of precision up to 65,504.
using f16x4 = std::uint64_t;

#if defined(__F16C__)

inline f32x4 unpack(f16x4 bits) {
    return (f32x4)_mm_cvtph_ps(_mm_cvtsi64_si128(static_cast<long long>(bits)));
}

inline f32x8 unpack_pair(const f16x4* bits) {
    return (f32x8)_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bits)));
}

inline f16x4 pack(f32x4 v) {
    const __m128i halves = _mm_cvtps_ph((__m128)v, _MM_FROUND_TO_NEAREST_INT);
    return static_cast<f16x4>(_mm_cvtsi128_si64(halves));
}

inline void pack_pair(f16x4* at, f32x8 v) {
    const __m128i halves = _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), halves);
}

#else

// The same rounding (to nearest, ties to even; subnormals kept) with integers and exact scaling.
// Finite values below 65,520 only, which is all that the pyramid holds.
inline f32x4 unpack(f16x4 bits) {
    const auto lane = [bits](int k) { return static_cast<std::int32_t>((bits >> (16 * k)) & 0xffff); };
    const i32x4 halves = {lane(0), lane(1), lane(2), lane(3)};
    const i32x4 magnitude = (halves & 0x7fff) << 13;
    const f32x4 scaled = (f32x4)magnitude * 0x1p112f;  // moves the exponent bias from 15 to 127
    return (f32x4)((i32x4)scaled | ((halves & 0x8000) << 16));
}

inline f32x8 unpack_pair(const f16x4* bits) { return pair(unpack(bits[0]), unpack(bits[1])); }

inline f16x4 pack(f32x4 v) {
    const i32x4 bits = (i32x4)v;
    const i32x4 magnitude = bits & 0x7fffffff;
    const i32x4 normal = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    // Adding 0.5 lines the last bit of a half subnormal (2^-24) up with the last bit of a float.
    const i32x4 subnormal = (i32x4)((f32x4)magnitude + 0.5f) - 0x3f000000;
    const i32x4 rounded = (magnitude < 0x38800000 ? subnormal : normal) | ((bits >> 16) & 0x8000);
    f16x4 packed = 0;
    for (int k = 0; k < 4; ++k) packed |= static_cast<f16x4>(rounded[k] & 0xffff) << (16 * k);
    return packed;
}

inline void pack_pair(f16x4* at, f32x8 v) {
    at[0] = pack(__builtin_shufflevector(v, v, 0, 1, 2, 3));
    at[1] = pack(__builtin_shufflevector(v, v, 4, 5, 6, 7));
}

#endif

// One bit for each lane of a comparison.
inline unsigned bits(i32x8 lanes) {
#if defined(__F16C__)
    return static_cast<unsigned>(_mm256_movemask_ps((__m256)lanes));
#else
    unsigned found = 0;
    for (unsigned k = 0; k < 8; ++k) found |= static_cast<unsigned>(lanes[k] & 1) << k;
    return found;
#endif
}

constexpr f16x4 kWhole = f16x4{0x3c00} << 48;   // the bits of a weight of 1

inline float weight(f32x4 v) { return v[3]; }
inline bool has_weight(f16x4 bits) { return (bits >> 48) != 0; }

}  // namespace defocus::DEFOCUS_ISA
