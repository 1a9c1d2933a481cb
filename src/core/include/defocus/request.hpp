// What one render is asked for: what goes in, where it goes. Plain data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "defocus/aperture.hpp"
#include "defocus/constants.hpp"

namespace defocus {

enum class PixelType { u8, u16, f32 };

// Encoded value of light by its floating-point bits: kOctaves below white, each in kPerOctave equal
// steps, so that the relative precision is the same in shadows and lights and the table stays small.
// Between two entries, and from the first one down to black, it is linear.
struct EncodeCurve {
    static constexpr int kOctaves = 20;
    static constexpr int kOctaveBits = 9;
    static constexpr int kPerOctave = 1 << kOctaveBits;
    static constexpr int kEntries = kOctaves * kPerOctave + 1;
    static constexpr float kDarkest = 1.0f / (1 << kOctaves);
};

struct Request {
    int width = 0, height = 0;
    PixelType type = PixelType::u8;
    const void* pixels = nullptr;        // height × width × 3
    void* out = nullptr;                 // same
    const float* radius = nullptr;       // height × width, signed pixels, positive = in front
    float largest_radius = 0;            // absolute radii beyond it (and NaN) are refused

    // The second sample of every pixel, or null: see defocus.render.lens.Behind.
    const std::uint8_t* alpha = nullptr;
    const void* behind_pixels = nullptr;
    const float* behind_radius = nullptr;

    // For u8 and u16: light of each code value (256 or 65,536), and codes of light.
    const float* decode = nullptr;
    const float* encode = nullptr;       // EncodeCurve::kEntries values in 0..1
    // Highlight recovery for u8 and u16: factor on a pixel's light by its largest code, or null.
    const float* gain = nullptr;
    // For cells of 2^recovery_shift pixels the light's colour (3) and how much of that factor counts.
    const std::uint8_t* recovery = nullptr;
    int recovery_width = 0;
    int recovery_shift = 0;
    float recovery_radius = 0;           // blurred by this much or more, a highlight is recovered

    const Aperture* aperture = nullptr;
    float ring_scale = 0;                // radius of the inner stamp over that of the outer, 0 = none
    float ring_weight = 0;               // share of the light that the inner stamp draws (any sign)
};

// Of linear light, with one sample a pixel and radii up to constants::kMaxRadiusPx.
inline Request light_request(int width, int height, const float* light, const float* radius, float* out,
                             const Aperture& aperture) {
    Request request;
    request.width = width;
    request.height = height;
    request.type = PixelType::f32;
    request.pixels = light;
    request.out = out;
    request.radius = radius;
    request.largest_radius = float(constants::kMaxRadiusPx);
    request.aperture = &aperture;
    return request;
}

// A radius is not finite or too large.
struct BadRadius : std::invalid_argument {
    using std::invalid_argument::invalid_argument;
};

}  // namespace defocus
