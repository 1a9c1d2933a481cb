#define DEFOCUS_ISA portable
#include <cmath>
#include <cstdint>
#include <vector>

#include "blender.hpp"
#include "check.hpp"
#include "codes.hpp"
#include "kernels.hpp"
#include "scene.hpp"

namespace defocus::single {
void render(const Request& request, Pool& pool, Memory& memory);
}

using namespace defocus;
using namespace defocus::portable;

namespace {

using Kernel = void (*)(const Request&, Pool&, Memory&);

template <class T>
std::vector<T> rendered_by(Kernel kernel, Request request, std::vector<T>& out) {
    Pool pool(2, {});
    Memory memory(true);
    out.assign(out.size(), T(0));
    request.out = out.data();
    kernel(request, pool, memory);
    return out;
}

// Codes with the radii of a scene: every kind of layer, and lights beyond white.
template <class T>
void codes_are_alike(const Aperture& aperture) {
    Scene scene(270, 200);
    Codes<T> codes(270, 200, 5);
    codes.radius = scene.radius;
    std::vector<float> gain(std::size_t(Codes<T>::kTop) + 1, 1);
    gain.back() = 30;
    const std::vector<std::uint8_t> recovery(4 * 17 * 13, 255);
    for (std::size_t i = 0; i < codes.pixels.size(); i += 3003) codes.pixels[i] = T(Codes<T>::kTop);
    Request request = codes.request();
    request.aperture = &aperture;
    request.gain = gain.data();
    request.recovery = recovery.data();
    request.recovery_width = 17;
    request.recovery_shift = 4;
    request.recovery_radius = 3;
    CHECK(rendered_by(single::render, request, codes.out) == rendered_by(portable::render, request, codes.out));
}

template <int N>
Layers<N> layers_at(const std::vector<Layers<1>>& all, std::size_t first) {
    Layers<N> l;
    const auto gather = [&](auto member, Pixels<N>& to) {
        for (int c = 0; c < 4; ++c)
            for (int k = 0; k < N; ++k) to.c[c][k] = (all[first + std::size_t(k)].*member).c[c];
    };
    gather(&Layers<1>::front, l.front);
    gather(&Layers<1>::own, l.own);
    gather(&Layers<1>::small_back, l.small_back);
    gather(&Layers<1>::far_back, l.far_back);
    gather(&Layers<1>::hidden, l.hidden);
    gather(&Layers<1>::front_light, l.front_light);
    gather(&Layers<1>::back_light, l.back_light);
    for (int k = 0; k < N; ++k) {
        const Layers<1>& one = all[first + std::size_t(k)];
        l.radius[k] = one.radius;
        l.soft[k] = one.soft ? -1 : 0;
        l.opacity[k] = one.opacity;
    }
    return l;
}

// Of each layer nothing, a little, some or all, in every mixture that random numbers find.
std::vector<Layers<1>> mixtures() {
    std::mt19937 random(11);
    const auto share = [&] { return float(random() % 1000) / 999; };
    const auto pixel = [&] {
        constexpr float kWeights[] = {0, 5e-7f, 5e-5f, 0.004f, 0.4f, 0.997f, 1, 1.3f};
        const float w = kWeights[random() % 8];
        return Pixels<1>{{w * share(), w * share(), 4 * w * share(), w}};
    };
    std::vector<Layers<1>> all(4096);
    for (Layers<1>& l : all) {
        l.front = pixel(), l.own = pixel(), l.small_back = pixel(), l.far_back = pixel(), l.hidden = pixel();
        l.front_light = pixel(), l.back_light = pixel();
        constexpr float kRadii[] = {-30, -3, -0.6f, -0.5f, 0, 0.5f, 0.9f, 1, 12};
        l.radius = kRadii[random() % 9];
        l.soft = random() % 4 == 0;
        l.opacity = share();
    }
    return all;
}

bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

TEST("lanes: a whole picture is the same bits with one pixel at a time as with eight") {
    for (const ApertureShape& shape : {ApertureShape{}, ApertureShape{6, 0.2, 0.1, 0.4, 0.9}}) {
        const Aperture aperture(shape);
        Scene scene(270, 200);
        const Request request = scene.request(aperture);
        CHECK(rendered_by(single::render, request, scene.out) == rendered_by(portable::render, request, scene.out));
        codes_are_alike<std::uint8_t>(aperture);
        codes_are_alike<std::uint16_t>(aperture);
    }
}

TEST("lanes: every mixture of layers is blended alike, one by one and eight at a time") {
    const std::vector<Layers<1>> all = mixtures();
    for (const Parts parts : {Parts{true, true, true, true, true, true}, {true, true, true, true, false, true},
                              {true, true, false, true, true, true}, {true, true, true, false, false, true}}) {
        for (std::size_t first = 0; first < all.size(); first += 8) {
            const Layers<8> l = layers_at<8>(all, first);
            const Pixels<8> sum = together(l, parts), with_lights = lit(sum, l);
            const i32x8 alone = is_alone(l);
            for (std::size_t k = 0; k < 8; ++k) {
                const Layers<1>& one = all[first + k];
                const Pixels<1> own = together(one, parts), own_lit = lit(own, one);
                CHECK((alone[k] != 0) == is_alone(one));
                for (int c = 0; c < 4; ++c)
                    CHECK(same(sum.c[c][k], own.c[c]) && same(with_lights.c[c][k], own_lit.c[c]));
            }
        }
    }
}

TEST("lanes: no weight comes from nowhere, and none beyond one is left but by rounding") {
    for (const Layers<1>& l : mixtures()) {
        const float w = weight(add_under(saturated(l.front), saturated(l.far_back)));
        CHECK(w >= 0 && w <= 1 + 1e-6f);
        CHECK(w + 1e-6f >= weight(saturated(l.front)));
    }
}
