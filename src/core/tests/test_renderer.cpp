#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "check.hpp"
#include "renderer.hpp"

using namespace defocus;

namespace {

// Every kind of radius at once, in float light.
struct Scene {
    int width, height;
    std::vector<float> light, radius, out;

    Scene(int w, int h) : width(w), height(h), light(std::size_t(w) * h * 3), radius(std::size_t(w) * h), out(light.size()) {
        std::uint32_t state = 1;
        for (float& v : light) v = float((state = state * 1664525u + 1013904223u) >> 8) / (1 << 24);
        for (std::size_t i = 0; i < light.size(); i += 3001) light[i] = 40;   // lamps
        for (int y = 0; y < h; ++y)
            for (int x = 0; x < w; ++x) {
                float r = 60 * (float(x) / w - 0.5f);
                if (std::hypot(float(x) - 0.4f * w, float(y) - 0.5f * h) < 0.2f * h) r = 0;
                if (std::hypot(float(x) - 0.8f * w, float(y) - 0.3f * h) < 0.2f * h) r = 18;
                radius[std::size_t(y) * w + x] = r;
            }
    }

    Job job(const Aperture& aperture) {
        Job job;
        job.width = width;
        job.height = height;
        job.type = PixelType::f32;
        job.pixels = light.data();
        job.out = out.data();
        job.radius = radius.data();
        job.largest_radius = 4096;
        job.aperture = &aperture;
        return job;
    }
};

std::vector<float> rendered(Scene& scene, const Aperture& aperture, Renderer& renderer) {
    renderer.render(scene.job(aperture));
    return scene.out;
}

}  // namespace

TEST("renderer: threads, order of the pieces and path change no bit, frame after frame") {
    const Aperture aperture({6, 0.2, 0.1, 0.4, 0.9});
    Scene scene(270, 200), small(65, 33);
    Renderer one({1, true, 0});
    const std::vector<float> expected = rendered(scene, aperture, one);
    const std::vector<float> other = rendered(small, aperture, one);
    for (const Renderer::Options& options : {Renderer::Options{3, true, 0}, {2, false, 0}, {3, true, 5}, {4, false, 77}}) {
        Renderer renderer(options);
        for (int frame = 0; frame < 3; ++frame) {
            CHECK(rendered(scene, aperture, renderer) == expected);
            CHECK(rendered(small, aperture, renderer) == other);
        }
    }
}

TEST("renderer: two callers of one renderer wait for each other") {
    const Aperture aperture({});
    Scene a(130, 90), b(130, 90);
    Renderer renderer({2, true, 0});
    const std::vector<float> expected = rendered(a, aperture, renderer);
    std::thread other([&] { for (int k = 0; k < 3; ++k) renderer.render(b.job(aperture)); });
    for (int k = 0; k < 3; ++k) renderer.render(a.job(aperture));
    other.join();
    CHECK(a.out == expected && b.out == expected);
}

TEST("renderer: any size renders, constant light stays constant") {
    const Aperture aperture({});
    Renderer renderer({2, false, 0});
    for (const auto& [w, h] : {std::pair{1, 1}, {1, 70}, {70, 1}, {2, 3}, {65, 129}, {64, 64}}) {
        Scene scene(w, h);
        scene.light.assign(scene.light.size(), 0.5f);
        for (const float v : rendered(scene, aperture, renderer)) CHECK(std::fabs(v - 0.5f) < 2e-3f);
    }
}

TEST("renderer: a radius that is no number is refused, and the renderer lives on") {
    const Aperture aperture({});
    Renderer renderer({2, false, 0});
    Scene scene(100, 80);
    const std::vector<float> expected = rendered(scene, aperture, renderer);
    const float fine = scene.radius[777];
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 5000.0f}) {
        scene.radius[777] = bad;
        bool refused = false;
        try {
            renderer.render(scene.job(aperture));
        } catch (const BadRadius&) {
            refused = true;
        }
        CHECK(refused);
    }
    scene.radius[777] = fine;
    CHECK(rendered(scene, aperture, renderer) == expected);
}
