// Pixels side by side, by channels: one at a time (plain floats) or eight (vectors).
//
// What is written for any number N of them is compiled for one and for eight, rounds alike and gives
// the same bits. The kernel composes kLanes at a time; tests compile it again with one.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

#ifndef DEFOCUS_LANES
#define DEFOCUS_LANES 8
#endif
constexpr int kLanes = DEFOCUS_LANES;

template <int N>
struct Lanes;
template <>
struct Lanes<1> {
    using Floats = float;
    using Ints = std::int32_t;
    using Mask = bool;
};
template <>
struct Lanes<8> {
    using Floats = f32x8;
    using Ints = i32x8;
    using Mask = i32x8;   // −1 or 0 in each
};
template <int N>
using Floats = typename Lanes<N>::Floats;
template <int N>
using Ints = typename Lanes<N>::Ints;
template <int N>
using Mask = typename Lanes<N>::Mask;

inline float choose(bool condition, float yes, float no) { return condition ? yes : no; }
inline f32x8 choose(i32x8 condition, f32x8 yes, f32x8 no) { return condition ? yes : no; }
inline bool both(bool a, bool b) { return a && b; }
inline i32x8 both(i32x8 a, i32x8 b) { return a & b; }
inline bool either(bool a, bool b) { return a || b; }
inline i32x8 either(i32x8 a, i32x8 b) { return a | b; }

// One value in all lanes.
template <int N>
Floats<N> every(float v) {
    if constexpr (N == 1) {
        return v;
    } else {
        return all8(v);
    }
}

// From and to anywhere in memory.
template <int N, class T>
auto load(const T* at) {
    std::conditional_t<std::is_same_v<T, float>, Floats<N>, Ints<N>> v;
    std::memcpy(&v, at, sizeof v);
    return v;
}
template <class T, class V>
void put(T* at, const V& v) {
    std::memcpy(at, &v, sizeof v);
}

// The bits of floats, and integers as floats.
inline std::int32_t bits_of(float v) {
    std::int32_t bits;
    std::memcpy(&bits, &v, sizeof bits);
    return bits;
}
inline i32x8 bits_of(f32x8 v) { return (i32x8)v; }
inline float as_floats(std::int32_t v) { return static_cast<float>(v); }
inline f32x8 as_floats(i32x8 v) { return __builtin_convertvector(v, f32x8); }

// a[0], b[0], a[1], b[1] …
inline void put_alternately(float* at, float a, float b) {
    at[0] = a;
    at[1] = b;
}
inline void put_alternately(float* at, f32x8 a, f32x8 b) {
    put(at, __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
    put(at + 8, __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
}

// Lanes that begin `By` after v[0] and go on in v[1] (and v[2], if there is but one in each).
template <int By>
float shifted(const float* v) {
    return v[By];
}
template <int By>
f32x8 shifted(const f32x8* v) {
    return __builtin_shufflevector(v[0], v[1], By, By + 1, By + 2, By + 3, By + 4, By + 5, By + 6, By + 7);
}

// N pixels: light · weight in three channels, and weight.
template <int N>
struct Pixels {
    Floats<N> c[4];
};

template <int N>
Pixels<N> operator*(const Pixels<N>& v, Floats<N> factor) {
    return {{v.c[0] * factor, v.c[1] * factor, v.c[2] * factor, v.c[3] * factor}};
}

template <int N>
Pixels<N> operator+(const Pixels<N>& a, const Pixels<N>& b) {
    return {{a.c[0] + b.c[0], a.c[1] + b.c[1], a.c[2] + b.c[2], a.c[3] + b.c[3]}};
}

template <int N>
Pixels<N> choose(Mask<N> condition, const Pixels<N>& yes, const Pixels<N>& no) {
    Pixels<N> v;
    for (int k = 0; k < 4; ++k) v.c[k] = choose(condition, yes.c[k], no.c[k]);
    return v;
}

template <int N>
Floats<N> weight(const Pixels<N>& v) {
    return v.c[3];
}

template <int N>
Floats<N> brightness(const Pixels<N>& v) {
    return v.c[0] + v.c[1] + v.c[2];
}

// One pixel, to and from its place in a vector of channels.
inline Pixels<1> one_pixel(f32x4 v) { return {{v[0], v[1], v[2], v[3]}}; }
inline f32x4 channels(const Pixels<1>& v) { return f32x4{v.c[0], v.c[1], v.c[2], v.c[3]}; }

}  // namespace defocus::DEFOCUS_ISA
