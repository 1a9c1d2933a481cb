// The Python module defocus.render._core: arrays in, plain pointers out. No optics here.
#include <nanobind/stl/optional.h>

#include <cstdint>
#include <optional>

#include "arrays.hpp"
#include "defocus/aperture.hpp"
#include "defocus/grain.hpp"
#include "defocus/request.hpp"
#include "defocus/renderer.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace defocus::bindings;

namespace {

using defocus::Request;
using defocus::Renderer;

using Map = In<float, Flat>;
using Opacity = In<std::uint8_t, Flat>;
using Table = In<float, nb::shape<-1>>;
using Cells = In<std::uint8_t, nb::shape<-1, -1, 4>>;

defocus::PixelType type_of(nb::dlpack::dtype type) {
    if (type == nb::dtype<std::uint8_t>()) return defocus::PixelType::u8;
    if (type == nb::dtype<std::uint16_t>()) return defocus::PixelType::u16;
    if (type == nb::dtype<float>()) return defocus::PixelType::f32;
    throw nb::type_error("pixels must be uint8, uint16 or float32");
}

template <class A>
void require_size(const A& array, const Request& request, const char* what) {
    require(static_cast<int>(array.shape(0)) == request.height && static_cast<int>(array.shape(1)) == request.width,
            what);
}

struct Behind {
    Opacity alpha;
    Pixels pixels;
    Map radius;
};

struct Frame {
    Pixels pixels;
    Map radius;
    std::optional<Behind> behind;
};

struct Curves {
    Table decode, encode;
};

struct Lights {
    Table gain;
    Cells cells;
    int cell_px;
    float glow_px;
};

struct Lens {
    defocus::Aperture aperture;
    float ring_scale, ring_share;
};

void put(Request& request, const Frame& frame) {
    request.height = static_cast<int>(frame.pixels.shape(0));
    request.width = static_cast<int>(frame.pixels.shape(1));
    require(request.height > 0 && request.width > 0, "the picture is empty");
    request.type = type_of(frame.pixels.dtype());
    request.pixels = frame.pixels.data();
    require_size(frame.radius, request, "radius must have the size of pixels");
    request.radius = frame.radius.data();
    if (!frame.behind) return;
    const Behind& behind = *frame.behind;
    require(behind.pixels.dtype() == frame.pixels.dtype(), "behind must have the type of pixels");
    require_size(behind.pixels, request, "behind must have the size of pixels");
    require_size(behind.alpha, request, "alpha must have the size of pixels");
    require_size(behind.radius, request, "radius behind must have the size of pixels");
    request.alpha = behind.alpha.data();
    request.behind_pixels = behind.pixels.data();
    request.behind_radius = behind.radius.data();
}

// After the frame: how many codes there are depends on its type.
void put(Request& request, const Curves& curves) {
    const std::size_t levels = request.type == defocus::PixelType::u8 ? 256 : 65536;
    require(curves.decode.size() == levels, "decode needs one entry per code value");
    require(curves.encode.size() == defocus::EncodeCurve::kEntries, "encode has a wrong size");
    request.decode = curves.decode.data();
    request.encode = curves.encode.data();
}

void put(Request& request, const Lights& lights) {
    const std::size_t levels = request.type == defocus::PixelType::u8 ? 256 : 65536;
    require(lights.gain.size() == levels, "gain needs one entry per code value");
    int shift = 0;
    while (shift < 30 && 1 << shift < lights.cell_px) ++shift;
    require(lights.cell_px == 1 << shift, "cell_px must be a power of two");
    require(((request.height - 1) >> shift) < int(lights.cells.shape(0)) &&
                ((request.width - 1) >> shift) < int(lights.cells.shape(1)),
            "the cells must cover the picture");
    request.gain = lights.gain.data();
    request.recovery = lights.cells.data();
    request.recovery_width = int(lights.cells.shape(1));
    request.recovery_shift = shift;
    request.recovery_radius = lights.glow_px;
}

void render(Renderer& renderer, const Frame& frame, const Lens& lens, TargetPixels out,
            float largest_radius, const Curves* curves, const Lights* lights, nb::object progress) {
    Request request;
    put(request, frame);
    require(out.dtype() == frame.pixels.dtype(), "out must have the type of pixels");
    require_size(out, request, "out must have the size of pixels");
    request.out = out.data();
    request.largest_radius = largest_radius;
    if (request.type != defocus::PixelType::f32) {
        require(curves != nullptr, "code values need curves");
        put(request, *curves);
        if (lights != nullptr) put(request, *lights);
    }
    request.aperture = &lens.aperture;
    request.ring_scale = lens.ring_scale;
    request.ring_weight = lens.ring_share;

    defocus::Monitor monitor;
    if (!progress.is_none()) {
        monitor = [&progress](double done) {
            const nb::gil_scoped_acquire gil;
            progress(done);
        };
    }
    const nb::gil_scoped_release free_gil;
    renderer.render(request, monitor);
}

void lay_grain(TargetPixels pixels, Map radius, In<float, Colour> tile,
               In<float, nb::shape<256, 3>> sigma, float area) {
    require(radius.shape(0) == pixels.shape(0) && radius.shape(1) == pixels.shape(1),
            "radius must have the size of pixels");
    require(tile.shape(0) == defocus::Grain::kTile && tile.shape(1) == defocus::Grain::kTile,
            "the tile has a wrong size");
    const defocus::Grain grain{tile.data(), sigma.data(), area};
    const int width = int(pixels.shape(1)), height = int(pixels.shape(0));
    const auto type = type_of(pixels.dtype());
    require(type != defocus::PixelType::f32, "light has no grain");
    const nb::gil_scoped_release free_gil;
    defocus::Pool pool(defocus::default_threads(), {});
    if (type == defocus::PixelType::u8)
        return defocus::lay_grain(static_cast<std::uint8_t*>(pixels.data()), radius.data(), width, height, grain, pool);
    defocus::lay_grain(static_cast<std::uint16_t*>(pixels.data()), radius.data(), width, height, grain, pool);
}

}  // namespace

NB_MODULE(_core, m) {
    m.doc() = "The lens renderer's core: see src/core/README.md.";
    m.attr("ENCODE_OCTAVES") = int(defocus::EncodeCurve::kOctaves);
    m.attr("ENCODE_PER_OCTAVE") = int(defocus::EncodeCurve::kPerOctave);

    nb::exception<defocus::BadRadius>(m, "BadRadius", PyExc_ValueError);

    nb::class_<Behind>(m, "Behind", "The second sample of every pixel.")
        .def(
            "__init__",
            [](Behind* self, Opacity alpha, Pixels pixels, Map radius) {
                new (self) Behind{std::move(alpha), std::move(pixels), std::move(radius)};
            },
            nb::kw_only(), "alpha"_a, "pixels"_a, "radius"_a);

    nb::class_<Frame>(m, "Frame", "One picture: pixels, their signed blur radius, what lies behind.")
        .def(
            "__init__",
            [](Frame* self, Pixels pixels, Map radius, const Behind* behind) {
                std::optional<Behind> second;
                if (behind != nullptr) second = *behind;
                new (self) Frame{std::move(pixels), std::move(radius), std::move(second)};
            },
            nb::kw_only(), "pixels"_a, "radius"_a, "behind"_a.none() = nb::none());

    nb::class_<Curves>(m, "Curves", "Light of every code value, and codes of light.")
        .def(
            "__init__",
            [](Curves* self, Table decode, Table encode) {
                new (self) Curves{std::move(decode), std::move(encode)};
            },
            nb::kw_only(), "decode"_a, "encode"_a);

    nb::class_<Lights>(m, "Lights", "Which clipped pixels are lamps, and how bright they were.")
        .def(
            "__init__",
            [](Lights* self, Table gain, Cells cells, int cell_px, float glow_px) {
                new (self) Lights{std::move(gain), std::move(cells), cell_px, glow_px};
            },
            nb::kw_only(), "gain"_a, "cells"_a, "cell_px"_a, "glow_px"_a);

    nb::class_<Lens>(m, "Lens", "An aperture's stamps at every radius; thread-safe, reusable.")
        .def(
            "__init__",
            [](Lens* self, int blades, double rotation, double roundness, double cat_eye,
               double squeeze, float ring_scale, float ring_share) {
                const defocus::ApertureShape shape{blades, rotation, roundness, cat_eye, squeeze};
                new (self) Lens{defocus::Aperture(shape), ring_scale, ring_share};
            },
            nb::kw_only(), "blades"_a, "rotation"_a, "roundness"_a, "cat_eye"_a, "squeeze"_a,
            "ring_scale"_a, "ring_share"_a);

    nb::class_<Renderer>(m, "Renderer", "Owns its threads and its memory; renders frame after frame, one at a time.")
        .def(
            "__init__",
            [](Renderer* self, int threads, bool portable, unsigned shuffle, bool soil) {
                new (self) Renderer({threads, portable, shuffle, soil});
            },
            nb::kw_only(), "threads"_a = 0, "portable"_a = false, "shuffle"_a = 0, "soil"_a = false)
        .def("render", &render, "frame"_a, "lens"_a, "out"_a, nb::kw_only(), "largest_radius"_a,
             "curves"_a.none() = nb::none(), "lights"_a.none() = nb::none(),
             "progress"_a.none() = nb::none(),
             "Render a frame into `out`; the GIL is released except while `progress(done)` runs.");

    m.def("lay_grain", &lay_grain, "pixels"_a, "radius"_a, nb::kw_only(), "tile"_a, "sigma"_a,
          "area"_a, "Add grain to a rendered picture, in place, where its radius says it is blurred.");
    m.def("has_avx2", &defocus::has_avx2, "Whether this processor takes the fast path.");
    m.def("default_threads", &defocus::default_threads, "Processors that this process may use.");
}
