// The Python module defocus._maps_core: the per-pixel loops of refinement and matte.
#define DEFOCUS_ISA portable

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cstdint>
#include <optional>

#include "enlarge.hpp"
#include "fit.hpp"
#include "matting.hpp"
#include "sides.hpp"
#include "soften.hpp"
#include "surfaces.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace defocus::portable;

namespace {

template <class T, class Shape>
using In = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
template <class T, class Shape>
using Out = nb::ndarray<T, Shape, nb::c_contig, nb::device::cpu>;
using Plane = In<float, nb::shape<-1, -1>>;
using Photo = nb::ndarray<nb::ro, nb::shape<-1, -1, 3>, nb::c_contig, nb::device::cpu>;
template <int Quads>
using Maps = In<float, nb::shape<-1, -1, 4 * Quads>>;

void require(bool condition, const char* what) {
    if (!condition) throw nb::value_error(what);
}

template <class A, class B>
void require_same(const A& a, const B& b, const char* what) {
    require(a.shape(0) == b.shape(0) && a.shape(1) == b.shape(1), what);
}

template <int Quads, class A>
Small<Quads> small(const Maps<Quads>& maps, const A& photo) {
    require(maps.size() > 0 && photo.size() > 0, "a map is empty");
    return {maps.data(), int(maps.shape(1)), int(maps.shape(0)), int(photo.shape(1)),
            int(photo.shape(0))};
}

template <class F>
void for_type(const nb::dlpack::dtype& type, F&& work) {
    if (type == nb::dtype<std::uint8_t>())
        work(std::uint8_t{});
    else if (type == nb::dtype<std::uint16_t>())
        work(std::uint16_t{});
    else
        throw nb::type_error("the photo must be uint8 or uint16");
}

defocus::Pool pool() { return {defocus::default_threads(), {}}; }

void enlarge(Maps<1> layers, Maps<1> model, Photo photo, Out<float, nb::shape<-1, -1>> out) {
    require_same(photo, out, "out must have the size of the photo");
    const auto seen_layers = small<1>(layers, photo), seen_model = small<1>(model, photo);
    for_type(photo.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const nb::gil_scoped_release free_gil;
        defocus::Pool workers = pool();
        enlarge_fitted(seen_layers, seen_model, static_cast<const T*>(photo.data()),
                       1.0f / static_cast<T>(~T{}), int(photo.shape(1)), int(photo.shape(0)),
                       out.data(), workers);
    });
}

using Pixels = nb::ndarray<nb::shape<-1, -1, 3>, nb::c_contig, nb::device::cpu>;

using Held = std::optional<In<float, nb::shape<-1, -1>>>;

void matte(Photo photo, const Held& held, Maps<2> edge, Maps<1> model, Maps<2> smooth, Maps<4> range, float clear, float solid,
           float faint, float likely, float certain,
           Out<std::uint8_t, nb::shape<-1, -1>> alpha, Pixels foreground,
           Out<float, nb::shape<-1, -1>> disparity, Pixels background,
           Out<float, nb::shape<-1, -1>> background_disparity) {
    require_same(foreground, alpha, "alpha must have the size of the photo");
    require_same(foreground, disparity, "disparity must have the size of the photo");
    require_same(foreground, background, "background must have the size of the photo");
    require_same(foreground, background_disparity, "both disparities must have one size");
    require(foreground.dtype() == background.dtype(), "both colours must have one type");
    require_same(photo, foreground, "the photo must have the size of the foreground");
    require(photo.dtype() == foreground.dtype(), "the photo must have the type of the foreground");
    if (held) require_same(*held, alpha, "held must have the size of the photo");
    const MatteMaps maps{small<2>(edge, alpha), small<1>(model, alpha), small<2>(smooth, alpha),
                         small<4>(range, alpha)};
    for_type(foreground.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const nb::gil_scoped_release free_gil;
        defocus::Pool workers = pool();
        const MatteOut<T> out{static_cast<const T*>(photo.data()),
                              held ? held->data() : nullptr, alpha.data(),
                              static_cast<T*>(foreground.data()), disparity.data(),
                              static_cast<T*>(background.data()), background_disparity.data()};
        soften(maps, {clear, solid, faint, likely, certain}, float(static_cast<T>(~T{})), int(alpha.shape(1)),
               int(alpha.shape(0)), out, workers);
    });
}

using Colours = In<float, nb::shape<-1, -1, 3>>;

Steps steps(const Plane& values, const Plane& low, const Plane& high, const Colours& picture,
            float step) {
    require(values.size() > 0, "the map is empty");
    require_same(values, low, "low must have the size of the map");
    require_same(values, high, "high must have the size of the map");
    require_same(values, picture, "the picture must have the size of the map");
    return {values.data(), low.data(), high.data(), picture.data(), int(values.shape(1)),
            int(values.shape(0)), step};
}

template <class A>
void require_blocks(const A& array, const Steps& s) {
    require(int(array.shape(0)) == (s.height + kBlock - 1) / kBlock &&
                int(array.shape(1)) == (s.width + kBlock - 1) / kBlock,
            "one cell per block is needed");
}

void gather(Plane values, Plane low, Plane high, Colours picture,
            Out<float, nb::shape<-1, -1, 12>> near, Out<float, nb::shape<-1, -1, 12>> far) {
    const Steps s = steps(values, low, high, picture, 0);
    require_blocks(near, s);
    require_blocks(far, s);
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    gather_surfaces(s, near.data(), far.data(), workers);
}

void part(Plane values, Plane low, Plane high, Colours picture, float step, Maps<2> near,
          Maps<2> far, Out<float, nb::shape<-1, -1>> out) {
    const Steps s = steps(values, low, high, picture, step);
    require_same(values, out, "out must have the size of the map");
    require_blocks(near, s);
    require_blocks(far, s);
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    part_surfaces(s, {near.data(), s.width, s.height, kBlock}, {far.data(), s.width, s.height, kBlock},
                  out.data(), workers);
}

void fit(Plane values, Colours colours, float noise, Out<float, nb::shape<-1, -1, 4>> out) {
    require(values.size() > 0, "the map is empty");
    require_same(values, colours, "colours must have the size of the map");
    require_same(values, out, "out must have the size of the map");
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    fit_colours(values.data(), colours.data(), int(values.shape(1)), int(values.shape(0)), noise,
                out.data(), workers);
}

using Flat = nb::shape<-1, -1>;

void solve(Colours picture, In<std::uint8_t, Flat> unknown, Plane guess, Plane trust, int radius,
           float epsilon, int iterations, double tolerance, Out<float, Flat> alpha) {
    require(picture.size() > 0 && radius > 0, "the picture or the radius is empty");
    require_same(picture, unknown, "unknown must have the size of the picture");
    require_same(picture, guess, "guess must have the size of the picture");
    require_same(picture, trust, "trust must have the size of the picture");
    require_same(picture, alpha, "alpha must have the size of the picture");
    const nb::gil_scoped_release free_gil;
    MattingLaplacian laplacian(picture.data(), unknown.data(), int(picture.shape(1)),
                               int(picture.shape(0)), radius, epsilon);
    solve_alpha(laplacian, guess.data(), trust.data(), iterations, tolerance, alpha.data(),
                alpha.size());
}

void sides(Colours picture, In<std::uint8_t, Flat> unknown, In<std::int32_t, Flat> front,
           In<std::int32_t, Flat> back, Plane prior, Plane against, float noise, float unseen, float reach,
           float far_cost, Out<float, nb::shape<-1, -1, 3>> out) {
    require_same(picture, unknown, "unknown must have the size of the picture");
    require_same(picture, front, "front must have the size of the picture");
    require_same(picture, back, "back must have the size of the picture");
    require_same(picture, prior, "prior must have the size of the picture");
    require_same(picture, against, "against must have the size of the picture");
    require_same(picture, out, "out must have the size of the picture");
    const auto count = std::int32_t(picture.shape(0) * picture.shape(1));
    for (const auto* nearest : {front.data(), back.data()})
        for (std::int32_t i = 0; i < count; ++i)
            require(nearest[i] >= 0 && nearest[i] < count, "a nearest pixel lies outside");
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    sample_sides({picture.data(), unknown.data(), front.data(), back.data(), prior.data(), against.data(),
                  int(picture.shape(1)), int(picture.shape(0))},
                 {noise, unseen, reach, far_cost}, out.data(), workers);
}

}  // namespace

NB_MODULE(_maps_core, m) {
    m.doc() = "The per-pixel loops of defocus.refine and defocus.matte; the GIL is released.";
    m.attr("BLOCK_PX") = int(kBlock);
    m.def("enlarge_fitted", &enlarge, "layers"_a, "model"_a, "photo"_a, "out"_a);
    m.def("soften", &matte, "photo"_a, "held"_a.none(), "edge"_a, "model"_a, "smooth"_a, "range"_a, "clear"_a, "solid"_a, "faint"_a, "likely"_a,
          "certain"_a,
          "alpha"_a, "foreground"_a, "disparity"_a, "background"_a, "background_disparity"_a);
    m.def("solve_alpha", &solve, "picture"_a, "unknown"_a, "guess"_a, "trust"_a, "radius"_a,
          "epsilon"_a, "iterations"_a, "tolerance"_a, "alpha"_a);
    m.def("sample_sides", &sides, "picture"_a, "unknown"_a, "front"_a, "back"_a, "prior"_a,
          "against"_a, "noise"_a, "unseen"_a, "reach"_a, "far_cost"_a, "out"_a);
    m.def("fit_colours", &fit, "values"_a, "colours"_a, "noise"_a, "out"_a);
    m.def("gather_surfaces", &gather, "values"_a, "low"_a, "high"_a, "picture"_a, "near"_a, "far"_a);
    m.def("part_surfaces", &part, "values"_a, "low"_a, "high"_a, "picture"_a, "step"_a, "near"_a,
          "far"_a, "out"_a);
}
