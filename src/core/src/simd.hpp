// Vectors: four floats are one pixel as (red, green, blue, weight), eight are one channel of eight
// (lanes.hpp).
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
inline float larger(float a, float b) { return a > b ? a : b; }
inline float smaller(float a, float b) { return a < b ? a : b; }
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

// Of the lanes.
inline float least(f32x4 v) {
    const f32x4 two = smaller(v, __builtin_shufflevector(v, v, 2, 3, 0, 1));
    return smaller(two[0], two[1]);
}
inline float greatest(f32x4 v) { return -least(-v); }
inline f32x4 low_half(f32x8 v) { return __builtin_shufflevector(v, v, 0, 1, 2, 3); }
inline f32x4 high_half(f32x8 v) { return __builtin_shufflevector(v, v, 4, 5, 6, 7); }

inline void store(f32x4* at, f32x8 v) { *reinterpret_cast<f32x8_loose*>(at) = v; }

// IEEE half floats: 11 bits of precision up to 65,504. A cell of the pyramid is four of them in one word.
using f16 = std::uint16_t;
using f16x4 = std::uint64_t;
constexpr f16 kHalfOne = 0x3c00;

#if defined(__F16C__)

inline f32x4 unpack(f16x4 bits) {
    return (f32x4)_mm_cvtph_ps(_mm_cvtsi64_si128(static_cast<long long>(bits)));
}

inline f16x4 pack(f32x4 v) {
    const __m128i halves = _mm_cvtps_ph((__m128)v, _MM_FROUND_TO_NEAREST_INT);
    return static_cast<f16x4>(_mm_cvtsi128_si64(halves));
}

inline f32x8 unpack_eight(const f16* halves) {
    return (f32x8)_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(halves)));
}

inline void pack_eight(f16* at, f32x8 v) {
    const __m128i halves = _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(at), halves);
}

#else

// The same rounding (to nearest, ties to even; subnormals kept) with integers and exact scaling, for four
// or eight of them, each in the low bits of an integer. Finite values below 65,520 only, which is all
// that the pyramid holds.
template <class F, class I>
F from_halves(I halves) {
    const I magnitude = (halves & 0x7fff) << 13;
    const F scaled = (F)magnitude * 0x1p112f;  // moves the exponent bias from 15 to 127
    return (F)((I)scaled | ((halves & 0x8000) << 16));
}

template <class I, class F>
I to_halves(F v) {
    const I bits = (I)v;
    const I magnitude = bits & 0x7fffffff;
    const I normal = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    // Adding 0.5 lines the last bit of a half subnormal (2^-24) up with the last bit of a float.
    const I subnormal = (I)((F)magnitude + 0.5f) - 0x3f000000;
    return ((magnitude < 0x38800000 ? subnormal : normal) & 0x7fff) | ((bits >> 16) & 0x8000);
}

using u16x4 = std::uint16_t __attribute__((vector_size(8)));
using u16x8 = std::uint16_t __attribute__((vector_size(16)));

inline f32x4 unpack(f16x4 bits) {
    u16x4 halves;
    std::memcpy(&halves, &bits, sizeof halves);
    return from_halves<f32x4>(__builtin_convertvector(halves, i32x4));
}

inline f16x4 pack(f32x4 v) {
    const u16x4 halves = __builtin_convertvector(to_halves<i32x4>(v), u16x4);
    f16x4 bits;
    std::memcpy(&bits, &halves, sizeof bits);
    return bits;
}

inline f32x8 unpack_eight(const f16* at) {
    u16x8 halves;
    std::memcpy(&halves, at, sizeof halves);
    return from_halves<f32x8>(__builtin_convertvector(halves, i32x8));
}

inline void pack_eight(f16* at, f32x8 v) {
    const u16x8 halves = __builtin_convertvector(to_halves<i32x8>(v), u16x8);
    std::memcpy(at, &halves, sizeof halves);
}

#endif

inline float unpack_one(f16 half) { return unpack(half)[0]; }

// Two cells.
inline f32x8 unpack_pair(const f16x4* cells) { return unpack_eight(reinterpret_cast<const f16*>(cells)); }

// One bit for each lane of a comparison.
inline unsigned bits(bool lane) { return lane ? 1 : 0; }
inline unsigned bits(i32x8 lanes) {
#if defined(__F16C__)
    return static_cast<unsigned>(_mm256_movemask_ps((__m256)lanes));
#else
    unsigned found = 0;
    for (unsigned k = 0; k < 8; ++k) found |= static_cast<unsigned>(lanes[k] & 1) << k;
    return found;
#endif
}

constexpr f16x4 kWhole = f16x4{kHalfOne} << 48;   // the bits of a weight of 1

inline float weight(f32x4 v) { return v[3]; }
inline bool has_weight(f16x4 bits) { return (bits >> 48) != 0; }

}  // namespace defocus::DEFOCUS_ISA
