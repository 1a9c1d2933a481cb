// The Python module defocus.render._core.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <cstdint>
#include <optional>
#include <string>

#include "aperture.hpp"
#include "job.hpp"
#include "pool.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace {

using defocus::Aperture;
using defocus::Job;

template <class T, class Shape>
using In = nb::ndarray<const T, Shape, nb::c_contig, nb::device::cpu>;
using Picture = nb::ndarray<nb::ro, nb::shape<-1, -1, 3>, nb::c_contig, nb::device::cpu>;
using Canvas = nb::ndarray<nb::shape<-1, -1, 3>, nb::c_contig, nb::device::cpu>;
using Plane = In<float, nb::shape<-1, -1>>;
using Alpha = In<std::uint8_t, nb::shape<-1, -1>>;
using Table = In<float, nb::shape<-1>>;

bool has_avx2() {
#if defined(DEFOCUS_HAS_AVX2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c");
#else
    return false;
#endif
}

defocus::PixelType type_of(nb::dlpack::dtype type) {
    if (type == nb::dtype<std::uint8_t>()) return defocus::PixelType::u8;
    if (type == nb::dtype<std::uint16_t>()) return defocus::PixelType::u16;
    if (type == nb::dtype<float>()) return defocus::PixelType::f32;
    throw nb::type_error("pixels must be uint8, uint16 or float32");
}

void require(bool condition, const char* what) {
    if (!condition) throw nb::value_error(what);
}

template <class A>
void require_size(const A& array, const Job& job, const char* what) {
    require(static_cast<int>(array.shape(0)) == job.height && static_cast<int>(array.shape(1)) == job.width,
            what);
}

struct Behind {
    Alpha alpha;
    Picture pixels;
    Plane radius;
};

void render(Picture pixels, Plane radius, Canvas out, const Aperture& aperture,
            float largest_radius, std::optional<Table> decode, std::optional<Table> encode,
            std::optional<Table> gain, std::optional<In<std::uint8_t, nb::shape<-1, -1, 4>>> recovery, int recovery_shift,
            float recovery_radius,
            const Behind* behind, float ring_scale, float ring_weight,
            int threads, nb::object progress, bool portable) {
    Job job;
    job.height = static_cast<int>(pixels.shape(0));
    job.width = static_cast<int>(pixels.shape(1));
    require(job.height > 0 && job.width > 0, "the picture is empty");
    job.type = type_of(pixels.dtype());
    job.pixels = pixels.data();
    require(out.dtype() == pixels.dtype(), "out must have the type of pixels");
    require_size(out, job, "out must have the size of pixels");
    job.out = out.data();
    require_size(radius, job, "radius must have the size of pixels");
    job.radius = radius.data();
    job.largest_radius = largest_radius;
    if (behind != nullptr) {
        require(behind->pixels.dtype() == pixels.dtype(), "behind must have the type of pixels");
        require_size(behind->pixels, job, "behind must have the size of pixels");
        require_size(behind->alpha, job, "alpha must have the size of pixels");
        require_size(behind->radius, job, "radius behind must have the size of pixels");
        job.alpha = behind->alpha.data();
        job.behind_pixels = behind->pixels.data();
        job.behind_radius = behind->radius.data();
    }
    if (job.type != defocus::PixelType::f32) {
        const std::size_t levels = job.type == defocus::PixelType::u8 ? 256 : 65536;
        require(decode && decode->size() == levels, "decode needs one entry per code value");
        require(encode && encode->size() == defocus::EncodeCurve::kEntries, "encode has a wrong size");
        require(!gain || gain->size() == levels, "gain needs one entry per code value");
        job.decode = decode->data();
        job.encode = encode->data();
        if (gain) {
            require(recovery && recovery_shift >= 0 && recovery_shift < 31 &&
                        ((job.height - 1) >> recovery_shift) < int(recovery->shape(0)) &&
                        ((job.width - 1) >> recovery_shift) < int(recovery->shape(1)),
                    "recovery must cover the picture");
            job.gain = gain->data();
            job.recovery = recovery->data();
            job.recovery_width = int(recovery->shape(1));
            job.recovery_shift = recovery_shift;
            job.recovery_radius = recovery_radius;
        }
    }
    job.aperture = &aperture;
    job.ring_scale = ring_scale;
    job.ring_weight = ring_weight;

    defocus::Monitor monitor;
    if (!progress.is_none()) {
        monitor = [&progress](double done) {
            const nb::gil_scoped_acquire gil;
            progress(done);
        };
    }
    const nb::gil_scoped_release free_gil;
    defocus::Pool pool(threads > 0 ? threads : defocus::default_threads(), monitor);
#if defined(DEFOCUS_HAS_AVX2)
    if (!portable && has_avx2()) return defocus::avx2::render(job, pool);
#endif
    (void)portable;
    defocus::portable::render(job, pool);
}

}  // namespace

NB_MODULE(_core, m) {
    m.doc() = "The hot loop of defocus.render.lens.";
    m.attr("ENCODE_OCTAVES") = int(defocus::EncodeCurve::kOctaves);
    m.attr("ENCODE_PER_OCTAVE") = int(defocus::EncodeCurve::kPerOctave);

    nb::exception<defocus::BadRadius>(m, "BadRadius", PyExc_ValueError);

    nb::class_<Aperture>(m, "Aperture", "Stamps of a lens at every radius; thread-safe, reusable.")
        .def(
            "__init__",
            [](Aperture* self, int blades, double rotation, double roundness, double cat_eye,
               double squeeze) {
                new (self) Aperture({blades, rotation, roundness, cat_eye, squeeze});
            },
            "blades"_a, "rotation"_a, "roundness"_a, "cat_eye"_a, "squeeze"_a);

    nb::class_<Behind>(m, "Behind", "The second sample of every pixel.")
        .def(
            "__init__",
            [](Behind* self, Alpha alpha, Picture pixels, Plane radius) {
                new (self) Behind{std::move(alpha), std::move(pixels), std::move(radius)};
            },
            "alpha"_a, "pixels"_a, "radius"_a);

    m.def("render", &render, "pixels"_a, "radius"_a, "out"_a, "aperture"_a, "largest_radius"_a,
          "decode"_a.none(), "encode"_a.none(), "gain"_a.none(), "recovery"_a.none(),
          "recovery_shift"_a, "recovery_radius"_a, "behind"_a.none(),
          "ring_scale"_a, "ring_weight"_a, "threads"_a, "progress"_a.none(), "portable"_a = false,
          "Render one picture into `out`; the GIL is released except while `progress(done)` runs.");
    m.def("has_avx2", &has_avx2, "Whether this processor takes the fast path.");
    m.def("default_threads", &defocus::default_threads, "Processors that this process may use.");
}
