// Pixels of the result: from front to back the blurred foreground, what is slightly blurred in front, the
// sharp pixel itself, what is slightly blurred behind, the blurred background.
//
// The sums are stated once for N pixels side by side. Few pixels need more than the row of a tile holds:
// those with a second sample, on a rim, or where nothing is. They are blended one by one, with the same sums.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "blend.hpp"
#include "lanes.hpp"
#include "levels.hpp"
#include "pixels.hpp"
#include "samples.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

// What comes together at N pixels.
template <int N>
struct Layers {
    Pixels<N> front{};        // everything blurred before the focal plane
    Pixels<N> own{};          // the pixels' own samples, as far as they are sharp
    Pixels<N> small_back{};   // slightly blurred behind it: a sum, not yet saturated
    Pixels<N> far_back{};     // blurred background
    Pixels<N> hidden{};       // what a blurred foreground hides
    Pixels<N> front_light{}, back_light{};   // single lights
    Floats<N> radius{};       // signed
    // Of pixels with a second sample, how much their own one covers it.
    Mask<N> soft{};
    Floats<N> opacity{};
};

// Which of them any pixel of a row has; without `hidden` nothing lies in front that could hide.
struct Parts {
    bool front, own, small_back, far_back, hidden, lights;
};

template <int N>
Mask<N> is_sharp(Floats<N> radius) {
    return both(radius <= every<N>(kSharp), radius >= every<N>(-kSharp));
}

// The layers on each other, with the weight that they come to.
template <int N>
Pixels<N> together(const Layers<N>& l, Parts parts) {
    Pixels<N> rest = l.own;
    if (parts.small_back) rest = add_under(rest, saturated(l.small_back));
    if (parts.far_back) rest = add_under(rest, l.far_back);
    const Pixels<N> seen = cover(l.front, rest);
    if (!parts.hidden) return seen;
    // Behind a soft surface lies its second sample.
    const Mask<N> hides = both(l.radius >= every<N>(1), l.soft == Mask<N>{});
    return choose<N>(hides, cover_hidden(l.front, rest, l.hidden), seen);
}

// How much of the lights behind the focal plane a pixel shows: none if its own surface is sharp, or nearer
// than they are; and what the veil before it lets through.
template <int N>
Floats<N> lights_seen(const Layers<N>& l) {
    const Floats<N> none = every<N>(0), one = every<N>(1), total = brightness(l.back_light);
    const Floats<N> beyond = -l.radius * total / weight(l.back_light) - every<N>(0.5f);   // pixels
    const Floats<N> farther = smaller(larger(beyond * every<N>(4), none), one);
    Floats<N> seen = choose(is_sharp<N>(l.radius), none, choose(l.radius < none, farther, one));
    seen = choose(l.soft, one - l.opacity * (one - seen), seen);
    seen = choose(total < every<N>(kNoWeight), none, seen);
    return seen * (one - smaller(one, weight(l.front)));
}

// With the lights, which have no weight.
template <int N>
Pixels<N> lit(const Pixels<N>& v, const Layers<N>& l) {
    const Floats<N> seen = lights_seen(l), none = every<N>(0);
    Pixels<N> sum = v;
    for (int c = 0; c < 3; ++c)
        sum.c[c] = (sum.c[c] + larger(l.front_light.c[c], none)) + larger(l.back_light.c[c], none) * seen;
    return sum;
}

// Nothing but its own surface, which is sharp, is seen.
template <int N>
Mask<N> is_alone(const Layers<N>& l) {
    const Mask<N> uncovered = both(weight(l.front) < every<N>(kInvisible), brightness(l.front_light) < every<N>(kInvisible));
    return both(both(is_sharp<N>(l.radius), uncovered), l.soft == Mask<N>{});
}

// Pixels one by one.
template <class T>
class Blender {
public:
    Blender(const Survey& survey, const Samples<T>& samples, const PixelWriter<T>& writer)
        : survey_(survey), samples_(samples), writer_(writer) {}

    // Pixel (x, y), from what others bring to it and from its own samples.
    void blend(int x, int y, Layers<1> l, Parts parts) const {
        const std::size_t i = samples_.index(x, y);
        l.radius = samples_.radius(i);
        l.soft = samples_.soft(i);
        l.opacity = l.soft ? samples_.opacity(i) : 1;
        if (is_alone(l)) {
            std::memcpy(writer_.at(i), samples_.front().at(i), sizeof(T) * 3);
            return;
        }
        l.own = one_pixel(sharp_part(x, y));
        const Pixels<1> sum = together(l, parts);
        const float total = weight(sum);
        f32x4 result = total > kNoWeight ? channels(sum * (1 / total)) : samples_.front().light(i);
        result = channels(lit(one_pixel(result), l));
        if (survey_.is_rim(x, y)) {
            // Never darker or brighter than both the blur and what was there: no specks.
            const f32x4 there = samples_.front().light(i);
            const f32x4 crisp = result + samples_.crisp(x, y) * all(1 - std::min(1.0f, weight(l.front)));
            result = smaller(larger(crisp, smaller(result, there)), larger(result, there));
        }
        writer_.store(i, one_pixel(result));
    }

private:
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
};

}  // namespace defocus::DEFOCUS_ISA
