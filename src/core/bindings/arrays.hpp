// Arrays as both modules take them.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>

namespace defocus::bindings {

namespace nb = nanobind;

template <class T, class Shape>
using In = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
template <class T, class Shape>
using Out = nb::ndarray<T, Shape, nb::c_contig, nb::device::cpu>;
using Flat = nb::shape<-1, -1>;
using Colour = nb::shape<-1, -1, 3>;
// Of any type.
using Pixels = nb::ndarray<nb::ro, Colour, nb::c_contig, nb::device::cpu>;
using TargetPixels = nb::ndarray<Colour, nb::c_contig, nb::device::cpu>;

inline void require(bool condition, const char* what) {
    if (!condition) throw nb::value_error(what);
}

template <class A, class B>
void require_same(const A& a, const B& b, const char* what) {
    require(a.shape(0) == b.shape(0) && a.shape(1) == b.shape(1), what);
}

template <class A>
int width_of(const A& array) { return static_cast<int>(array.shape(1)); }
template <class A>
int height_of(const A& array) { return static_cast<int>(array.shape(0)); }

}  // namespace defocus::bindings
