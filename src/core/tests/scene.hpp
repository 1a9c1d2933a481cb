// A picture with every kind of radius at once, in float light.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "defocus/renderer.hpp"

namespace defocus {

struct Scene {
    int width, height;
    std::vector<float> light, radius, out;

    Scene(int w, int h)
        : width(w), height(h), light(std::size_t(w) * h * 3), radius(std::size_t(w) * h), out(light.size()) {
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

    Request request(const Aperture& aperture) {
        return light_request(width, height, light.data(), radius.data(), out.data(), aperture);
    }
};

inline std::vector<float> rendered(Scene& scene, const Aperture& aperture, Renderer& renderer) {
    renderer.render(scene.request(aperture));
    return scene.out;
}

}  // namespace defocus
