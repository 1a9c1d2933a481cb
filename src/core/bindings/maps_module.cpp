// The Python module defocus._maps_core: the per-pixel loops of refinement and matte.
#define DEFOCUS_ISA portable

#include <nanobind/stl/optional.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "arrays.hpp"
#include "back_project.hpp"
#include "colours.hpp"
#include "crumbs.hpp"
#include "enlarge.hpp"
#include "fit.hpp"
#include "matting.hpp"
#include "sides.hpp"
#include "soften.hpp"
#include "surfaces.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace defocus::bindings;
namespace loops = defocus::portable::maps;

namespace {

using Map = In<float, Flat>;
using Mask = In<std::uint8_t, Flat>;
using Index = In<std::int32_t, Flat>;
using Picture = In<float, Colour>;
using Curve = In<float, nb::shape<-1>>;
template <int Quads>
using Maps = In<float, nb::shape<-1, -1, 4 * Quads>>;

template <int Quads, class A>
loops::WorkingMap<Quads> seen_from(const A& photo, const Maps<Quads>& maps) {
    require(maps.size() > 0 && photo.size() > 0, "a map is empty");
    return {maps.data(), width_of(maps), height_of(maps), width_of(photo), height_of(photo)};
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

// --- Refinement

void enlarge(Maps<1> layers, Maps<1> model, Pixels photo, Out<float, Flat> out) {
    require_same(photo, out, "out must have the size of the photo");
    const auto seen_layers = seen_from<1>(photo, layers), seen_model = seen_from<1>(photo, model);
    const auto work = [&](auto zero, float unit) {
        using T = decltype(zero);
        const nb::gil_scoped_release free_gil;
        defocus::Pool workers = pool();
        loops::enlarge_fitted(seen_layers, seen_model, static_cast<const T*>(photo.data()), unit, width_of(photo),
                              height_of(photo), out.data(), workers);
    };
    if (photo.dtype() == nb::dtype<float>()) return work(0.0f, 1.0f);
    for_type(photo.dtype(), [&](auto zero) { work(zero, 1.0f / static_cast<decltype(zero)>(~decltype(zero){})); });
}

void fit(Map values, Picture colours, float noise, Out<float, nb::shape<-1, -1, 4>> out,
         const std::optional<Mask>& wanted) {
    require(values.size() > 0, "the map is empty");
    require_same(values, colours, "colours must have the size of the map");
    require_same(values, out, "out must have the size of the map");
    if (wanted) require_same(values, *wanted, "wanted must have the size of the map");
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    loops::fit_colours(values.data(), colours.data(), width_of(values), height_of(values), noise,
                       wanted ? wanted->data() : nullptr, out.data(), workers);
}

void back_project(Out<float, Flat> values, Map cells, Map least, Map most, int reach, float step, int rounds) {
    require(values.size() > 0 && cells.size() > 0 && reach >= 0, "a map is empty or the reach negative");
    require_same(cells, least, "least must have the size of the cells");
    require_same(cells, most, "most must have the size of the cells");
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    loops::BackProjection projection(
        {cells.data(), least.data(), most.data(), width_of(cells), height_of(cells), reach, step}, values.data(),
        width_of(values), height_of(values));
    for (int round = 0; round < rounds; ++round) projection.give(workers);
}

struct Steps {
    Map values, low, high;
    Picture picture;

    loops::Steps seen(float step) const {
        return {values.data(), low.data(), high.data(), picture.data(), width_of(values), height_of(values), step};
    }
};

template <class A>
void require_blocks(const A& array, const Steps& steps) {
    const auto blocks = [](int pixels) { return (pixels + loops::kBlock - 1) / loops::kBlock; };
    require(height_of(array) == blocks(height_of(steps.values)) && width_of(array) == blocks(width_of(steps.values)),
            "one cell per block is needed");
}

using Sums = Out<float, nb::shape<-1, -1, 12>>;

void gather(const Steps& steps, Sums near, Sums far) {
    require_blocks(near, steps);
    require_blocks(far, steps);
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    loops::gather_surfaces(steps.seen(0), near.data(), far.data(), workers);
}

void part(const Steps& steps, float step, Maps<2> near, Maps<2> far, Out<float, Flat> out) {
    require_same(steps.values, out, "out must have the size of the map");
    require_blocks(near, steps);
    require_blocks(far, steps);
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    const loops::Steps s = steps.seen(step);
    loops::part_surfaces(s, {near.data(), s.width, s.height, loops::kBlock},
                         {far.data(), s.width, s.height, loops::kBlock}, out.data(), workers);
}

// --- Matte

struct Sides {
    Picture picture;
    Mask unknown;
    Index front, back;
    Map prior, against;
};

void require_inside(const Index& nearest) {
    const auto count = static_cast<std::int32_t>(nearest.size());
    for (std::int32_t i = 0; i < count; ++i)
        require(nearest.data()[i] >= 0 && nearest.data()[i] < count, "a nearest pixel lies outside");
}

void sides(const Sides& s, const loops::SideRules& rules, Out<float, Colour> out) {
    require_same(s.picture, out, "out must have the size of the picture");
    const nb::gil_scoped_release free_gil;
    defocus::Pool workers = pool();
    loops::sample_sides({s.picture.data(), s.unknown.data(), s.front.data(), s.back.data(), s.prior.data(),
                         s.against.data(), width_of(s.picture), height_of(s.picture)},
                        rules, out.data(), workers);
}

void solve(Picture picture, Mask unknown, Map guess, Map trust, int radius, float epsilon, int iterations,
           double tolerance, Out<float, Flat> alpha) {
    require(picture.size() > 0 && radius > 0, "the picture or the radius is empty");
    require_same(picture, unknown, "unknown must have the size of the picture");
    require_same(picture, guess, "guess must have the size of the picture");
    require_same(picture, trust, "trust must have the size of the picture");
    require_same(picture, alpha, "alpha must have the size of the picture");
    const nb::gil_scoped_release free_gil;
    loops::MattingLaplacian laplacian(picture.data(), unknown.data(), width_of(picture), height_of(picture), radius,
                                      epsilon);
    loops::solve_alpha(laplacian, guess.data(), trust.data(), iterations, tolerance, alpha.data(), alpha.size());
}

void sweep_colours(Picture picture, Map alpha, int sweeps, float smooth, float across, Out<float, Colour> front,
                   Out<float, Colour> back) {
    require_same(picture, alpha, "alpha must have the size of the picture");
    require_same(picture, front, "front must have the size of the picture");
    require_same(picture, back, "back must have the size of the picture");
    const nb::gil_scoped_release free_gil;
    loops::sweep_colours(picture.data(), alpha.data(), width_of(picture), height_of(picture), sweeps,
                         {smooth, across}, front.data(), back.data());
}

struct MatteMaps {
    Maps<2> edge;
    Maps<1> model;
    Maps<2> smooth;
    Maps<4> range;
};

struct LightCurve {
    Curve decode, encode;
    float white;
};

struct MatteLayers {
    Out<std::uint8_t, Flat> alpha;
    TargetPixels foreground;
    Out<float, Flat> disparity;
    TargetPixels background;
    Out<float, Flat> background_disparity;
};

template <class T>
loops::MatteOut<T> seen_at_full_size(const Pixels& photo, const std::optional<Map>& held, const MatteLayers& out) {
    return {static_cast<const T*>(photo.data()),
            held ? held->data() : nullptr,
            out.alpha.data(),
            static_cast<T*>(out.foreground.data()),
            out.disparity.data(),
            static_cast<T*>(out.background.data()),
            out.background_disparity.data()};
}

void require_of_one_photo(const Pixels& photo, const std::optional<Map>& held, const MatteLayers& out) {
    require_same(photo, out.alpha, "the photo must have the size of the layers");
    require(photo.dtype() == out.foreground.dtype(), "the photo must have the type of the foreground");
    if (held) require_same(*held, out.alpha, "held must have the size of the photo");
}

void soften(Pixels photo, const std::optional<Map>& held, const MatteMaps& maps, const loops::MatteStretch& stretch,
            const LightCurve& light, const MatteLayers& out) {
    require_of_one_photo(photo, held, out);
    const loops::MatteMaps seen{seen_from<2>(photo, maps.edge), seen_from<1>(photo, maps.model),
                                seen_from<2>(photo, maps.smooth), seen_from<4>(photo, maps.range)};
    for_type(photo.dtype(), [&](auto zero) {
        using T = decltype(zero);
        constexpr float top = static_cast<T>(~T{});
        require(light.decode.size() == std::size_t(top) + 1, "decode must hold the light of every code value");
        const loops::MatteCurve curve{light.decode.data(), light.encode.data(), light.white, top};
        const nb::gil_scoped_release free_gil;
        defocus::Pool workers = pool();
        loops::soften(seen, stretch, curve, width_of(photo), height_of(photo),
                      seen_at_full_size<T>(photo, held, out), workers);
    });
}

void sweep(Pixels photo, const std::optional<Map>& held, const loops::CrumbRules& rules, const MatteLayers& out) {
    require_of_one_photo(photo, held, out);
    for_type(photo.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const nb::gil_scoped_release free_gil;
        defocus::Pool workers = pool();
        const loops::MatteOut<T> layers = seen_at_full_size<T>(photo, held, out);
        loops::Crumbs<T>(rules, width_of(photo), height_of(photo), layers).sweep(workers);
    });
}

}  // namespace

NB_MODULE(_maps_core, m) {
    m.doc() = "The per-pixel loops of defocus.refine and defocus.matte; the GIL is released.";
    m.attr("BLOCK_PX") = int(loops::kBlock);
    m.attr("CURVE_STEPS") = int(loops::MatteCurve::kSteps);

    m.def("enlarge_fitted", &enlarge, nb::kw_only(), "layers"_a, "model"_a, "photo"_a, "out"_a,
          "To the photo's size (of integers, or floats 0..1): the value (layers 0) moves to model · (r, g, b, 1) by the "
          "trust (3), within bounds (1, 2).");
    m.def("fit_colours", &fit, nb::kw_only(), "values"_a, "colours"_a, "noise"_a, "out"_a, "wanted"_a.none() = nb::none(),
          "Least squares values = a · rgb + b in every 3×3 window, windows averaged: right where all nine windows are "
          "wanted (not 0).");
    m.def("back_project", &back_project, "values"_a, nb::kw_only(), "cells"_a, "least"_a, "most"_a, "reach"_a,
          "step"_a, "rounds"_a,
          "In place: what the cells hold and the pixels lost goes to the nearer pixels, within the cells' bounds.");

    nb::class_<Steps>(m, "Steps", "A map, its bounds around every pixel, and the picture: h×w.")
        .def(
            "__init__",
            [](Steps* self, Map values, Map low, Map high, Picture picture) {
                require(values.size() > 0, "the map is empty");
                require_same(values, low, "low must have the size of the map");
                require_same(values, high, "high must have the size of the map");
                require_same(values, picture, "the picture must have the size of the map");
                new (self) Steps{std::move(values), std::move(low), std::move(high), std::move(picture)};
            },
            nb::kw_only(), "values"_a, "low"_a, "high"_a, "picture"_a);
    m.def("gather_surfaces", &gather, "steps"_a, nb::kw_only(), "near"_a, "far"_a,
          "Sums over blocks for the nearer and the farther surface.");
    m.def("part_surfaces", &part, "steps"_a, nb::kw_only(), "step"_a, "near"_a, "far"_a, "out"_a,
          "Every pixel at a step gets the disparity of the surface it belongs to.");

    nb::class_<Sides>(m, "Sides", "Where alpha is sought, and the nearest known pixels on either side: h×w.")
        .def(
            "__init__",
            [](Sides* self, Picture picture, Mask unknown, Index front, Index back, Map prior, Map against) {
                require_same(picture, unknown, "unknown must have the size of the picture");
                require_same(picture, front, "front must have the size of the picture");
                require_same(picture, back, "back must have the size of the picture");
                require_same(picture, prior, "prior must have the size of the picture");
                require_same(picture, against, "against must have the size of the picture");
                require_inside(front);
                require_inside(back);
                new (self) Sides{std::move(picture), std::move(unknown), std::move(front),
                                 std::move(back),    std::move(prior),   std::move(against)};
            },
            nb::kw_only(), "picture"_a, "unknown"_a, "front"_a, "back"_a, "prior"_a, "against"_a);
    nb::class_<loops::SideRules>(m, "SideRules", "What colours of the sides are worth.")
        .def(
            "__init__",
            [](loops::SideRules* self, float noise, float unseen, float reach, float far) {
                new (self) loops::SideRules{noise, unseen, reach, far};
            },
            nb::kw_only(), "noise"_a, "unseen"_a, "reach"_a, "far"_a);
    m.def("sample_sides", &sides, "sides"_a, "rules"_a, "out"_a,
          "Alpha by the colours of either side, its variance, and how badly they explain the pixel.");
    m.def("solve_alpha", &solve, "picture"_a, "unknown"_a, nb::kw_only(), "guess"_a, "trust"_a, "radius"_a,
          "epsilon"_a, "iterations"_a, "tolerance"_a, "alpha"_a, "Closed-form matting, in place in `alpha`.");

    m.def("sweep_colours", &sweep_colours, nb::kw_only(), "picture"_a, "alpha"_a, "sweeps"_a, "smooth"_a, "across"_a,
          "front"_a, "back"_a, "Colours before and behind an edge, by Jacobi sweeps in place.");

    nb::class_<MatteMaps>(m, "MatteMaps", "What is known at the working size: see src/core/maps/soften.hpp.")
        .def(
            "__init__",
            [](MatteMaps* self, Maps<2> edge, Maps<1> model, Maps<2> smooth, Maps<4> range) {
                new (self) MatteMaps{std::move(edge), std::move(model), std::move(smooth), std::move(range)};
            },
            nb::kw_only(), "edge"_a, "model"_a, "smooth"_a, "range"_a);
    nb::class_<loops::MatteStretch>(m, "MatteStretch", "From which alpha on a pixel is clear, solid, held.")
        .def(
            "__init__",
            [](loops::MatteStretch* self, float clear, float solid, float faint, float likely, float certain) {
                new (self) loops::MatteStretch{clear, solid, faint, likely, certain};
            },
            nb::kw_only(), "clear"_a, "solid"_a, "faint"_a, "likely"_a, "certain"_a);
    nb::class_<LightCurve>(m, "LightCurve", "Light of every code value, codes of light, and light of a white wall.")
        .def(
            "__init__",
            [](LightCurve* self, Curve decode, Curve encode, float white) {
                require(encode.size() == loops::MatteCurve::kSteps + 1, "encode must hold CURVE_STEPS + 1 codes");
                new (self) LightCurve{std::move(decode), std::move(encode), white};
            },
            nb::kw_only(), "decode"_a, "encode"_a, "white"_a);
    nb::class_<MatteLayers>(m, "MatteLayers", "The matte at the photo's size, written in place.")
        .def(
            "__init__",
            [](MatteLayers* self, Out<std::uint8_t, Flat> alpha, TargetPixels foreground, Out<float, Flat> disparity,
               TargetPixels background, Out<float, Flat> background_disparity) {
                require_same(foreground, alpha, "alpha must have the size of the foreground");
                require_same(foreground, disparity, "disparity must have the size of the foreground");
                require_same(foreground, background, "background must have the size of the foreground");
                require_same(foreground, background_disparity, "both disparities must have one size");
                require(foreground.dtype() == background.dtype(), "both colours must have one type");
                new (self) MatteLayers{std::move(alpha), std::move(foreground), std::move(disparity),
                                       std::move(background), std::move(background_disparity)};
            },
            nb::kw_only(), "alpha"_a, "foreground"_a, "disparity"_a, "background"_a, "background_disparity"_a);
    nb::class_<loops::CrumbRules>(m, "CrumbRules", "The focal plane, and what is too small to be alone.")
        .def(
            "__init__",
            [](loops::CrumbRules* self, float focus, float gain_px, float half_band, float sharp_px, float blurred_px,
               float held, int crumb_px, int hole_px) {
                new (self) loops::CrumbRules{focus, gain_px, half_band, sharp_px, blurred_px, held, crumb_px, hole_px};
            },
            nb::kw_only(), "focus"_a, "gain_px"_a, "half_band"_a, "sharp_px"_a, "blurred_px"_a, "held"_a,
            "crumb_px"_a, "hole_px"_a);
    m.def("soften", &soften, nb::kw_only(), "photo"_a, "held"_a.none(), "maps"_a, "stretch"_a, "light"_a,
          "out"_a, "Alpha of light, and the colours before and behind, at the photo's size.");
    m.def("sweep_crumbs", &sweep, nb::kw_only(), "photo"_a, "held"_a.none(), "rules"_a, "out"_a,
          "No small patch stays sharp alone among what is blurred, nor blurred alone among what is sharp.");
}
