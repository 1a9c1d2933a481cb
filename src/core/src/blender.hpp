// One pixel of the result: from front to back the blurred foreground, what is slightly blurred in
// front, the sharp pixel itself, what is slightly blurred behind, the blurred background.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "blend.hpp"
#include "levels.hpp"
#include "pixels.hpp"
#include "samples.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

constexpr float kInvisible = 1e-3f;

// What other pixels bring to one.
struct Layers {
    f32x4 front = kZero;        // everything blurred before the focal plane
    f32x4 small_back = kZero;   // slightly blurred behind it: a sum, not yet saturated
    f32x4 far_back = kZero;     // blurred background
    f32x4 hidden = kZero;       // what a blurred foreground hides
    f32x4 front_light = kZero, back_light = kZero;   // single lights
};

template <class T>
class Blender {
public:
    Blender(const Survey& survey, const Samples<T>& samples, const PixelWriter<T>& writer, bool has_fill)
        : survey_(survey), samples_(samples), writer_(writer), has_fill_(has_fill) {}

    // What comes together at pixel (x, y), from the samples blurred elsewhere and its own.
    void blend(int x, int y, const Layers& l) const {
        const std::size_t i = samples_.index(x, y);
        const f32x4 front = l.front;
        const float radius = samples_.radius(i);
        const bool sharp = std::fabs(radius) <= kSharp;
        if (sharp && !samples_.soft(i) && weight(front) < kInvisible &&
            brightness(l.front_light) < kInvisible) {
            std::memcpy(writer_.at(i), samples_.front().at(i), sizeof(T) * 3);
            return;
        }
        f32x4 rest = sharp_part(x, y);
        rest = add_under(rest, saturated(l.small_back));
        rest = add_under(rest, l.far_back);
        f32x4 result;
        if (radius >= 1 && has_fill_ && !samples_.soft(i)) {
            // The surface seen here hides what the blur lets through. (Behind a soft one lies its
            // second sample.)
            f32x4 behind = l.hidden;
            if (weight(rest) > kNoWeight)
                behind += rest * all((1 - std::min(1.0f, weight(l.hidden))) / weight(rest));
            result = front + behind * all(std::max(0.0f, 1 - weight(front)));
        } else {
            if (weight(front) > kInvisible && weight(rest) > kInvisible)
                rest *= all(std::max(0.0f, 1 - weight(front)) / weight(rest));
            result = front + rest;
        }
        const float total = weight(result);
        result = total > kNoWeight ? result * all(1 / total) : samples_.front().light(i);
        result += larger(l.front_light, kZero);
        const float seen = seen_behind(i, l.back_light) * (1 - std::min(1.0f, weight(front)));
        result += larger(l.back_light, kZero) * all(seen);
        if (survey_.is_rim(x, y)) {
            // Never darker or brighter than both the blur and what was there: no specks.
            const f32x4 there = samples_.front().light(i);
            const f32x4 crisp = result + samples_.crisp(x, y) * all(1 - std::min(1.0f, weight(front)));
            result = smaller(larger(crisp, smaller(result, there)), larger(result, there));
        }
        writer_.store(i, result);
    }

private:
    // How much of the lights behind the focal plane a pixel shows: none if its own surface is
    // sharp, or nearer than they are.
    float seen_behind(std::size_t i, f32x4 light) const {
        const float total = brightness(light);
        if (total < kNoWeight) return 0;
        const float radius = samples_.radius(i);
        float seen = 1;
        if (std::fabs(radius) <= kSharp) {
            seen = 0;
        } else if (radius < 0) {
            seen = std::clamp((-radius * total / weight(light) - 0.5f) * 4, 0.0f, 1.0f);
        }
        return samples_.soft(i) ? 1 - samples_.opacity(i) * (1 - seen) : seen;
    }

    // The pixel's own samples, as far as they are sharp.
    f32x4 sharp_part(int x, int y) const {
        const std::size_t i = samples_.index(x, y);
        const bool sharp = std::fabs(samples_.radius(i)) <= kSharp;
        if (!samples_.soft(i)) return sharp ? samples_.light(x, y) : kZero;
        const float opacity = samples_.opacity(i);
        f32x4 v = sharp ? samples_.front().plain_light(i) * all(opacity) : kZero;
        if (std::fabs(samples_.back_radius(i)) <= kSharp)
            v += samples_.back().plain_light(i) * all(1 - opacity);
        return v;
    }

    const Survey& survey_;
    const Samples<T>& samples_;
    const PixelWriter<T>& writer_;
    bool has_fill_;   // else nothing lies in the pyramid in front of the focal plane
};

}  // namespace defocus::DEFOCUS_ISA
