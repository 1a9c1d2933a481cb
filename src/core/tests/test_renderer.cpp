#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

// ThreadSanitizer lets no forked process begin threads.
#if defined(__linux__) && !defined(__SANITIZE_THREAD__)
#ifndef DEFOCUS_CAN_FORK
#define DEFOCUS_CAN_FORK 1
#endif
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "check.hpp"
#include "defocus/renderer.hpp"
#include "scene.hpp"

using namespace defocus;

TEST("renderer: threads, order of the pieces, path and what memory held change no bit, frame after frame") {
    const Aperture aperture({6, 0.2, 0.1, 0.4, 0.9});
    Scene scene(270, 200), small(65, 33);
    Renderer one({1, true, 0, false});
    const std::vector<float> expected = rendered(scene, aperture, one);
    const std::vector<float> other = rendered(small, aperture, one);
    for (const Renderer::Options& options :
         {Renderer::Options{3, true, 0, true}, {2, false, 0, false}, {3, true, 5, true}, {4, false, 77, true}}) {
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
    Renderer renderer({2, true, 0, false});
    const std::vector<float> expected = rendered(a, aperture, renderer);
    std::thread other([&] { for (int k = 0; k < 3; ++k) renderer.render(b.request(aperture)); });
    for (int k = 0; k < 3; ++k) renderer.render(a.request(aperture));
    other.join();
    CHECK(a.out == expected && b.out == expected);
}

TEST("renderer: several at once do not meet") {
    const Aperture aperture({5, 0, 0, 0, 1});
    std::vector<Scene> scenes(3, Scene(140, 100));
    std::vector<std::thread> callers;
    for (Scene& scene : scenes)
        callers.emplace_back([&] {
            Renderer renderer({2, false, 0, true});
            for (int frame = 0; frame < 3; ++frame) renderer.render(scene.request(aperture));
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(scenes[0].out == scenes[1].out && scenes[0].out == scenes[2].out);
}

#if DEFOCUS_CAN_FORK
TEST("renderer: in a forked process it works on, with threads of its own") {
    const Aperture aperture({});
    Scene scene(130, 90);
    Renderer renderer({3, false, 0, false});
    const std::vector<float> expected = rendered(scene, aperture, renderer);
    const pid_t child = fork();
    if (child == 0) _exit(rendered(scene, aperture, renderer) == expected ? 0 : 1);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(rendered(scene, aperture, renderer) == expected);
}
#endif

TEST("renderer: any size renders, constant light stays constant") {
    const Aperture aperture({});
    Renderer renderer({2, false, 0, false});
    for (const auto& [w, h] : {std::pair{1, 1}, {1, 70}, {70, 1}, {2, 3}, {65, 129}, {64, 64}}) {
        Scene scene(w, h);
        scene.light.assign(scene.light.size(), 0.5f);
        for (const float v : rendered(scene, aperture, renderer)) CHECK(std::fabs(v - 0.5f) < 2e-3f);
    }
}

TEST("renderer: a radius that is no number is refused, and the renderer lives on") {
    const Aperture aperture({});
    Renderer renderer({2, false, 0, false});
    Scene scene(100, 80);
    const std::vector<float> expected = rendered(scene, aperture, renderer);
    const float fine = scene.radius[777];
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 5000.0f}) {
        scene.radius[777] = bad;
        bool refused = false;
        try {
            renderer.render(scene.request(aperture));
        } catch (const BadRadius&) {
            refused = true;
        }
        CHECK(refused);
    }
    scene.radius[777] = fine;
    CHECK(rendered(scene, aperture, renderer) == expected);
}
