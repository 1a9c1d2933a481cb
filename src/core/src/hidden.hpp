// What a surface behind the focal plane is hidden by, where its blur leaves a gap.
//
// Blur is spread by what is seen. Where a surface goes on beneath something nearer, the hidden part
// spreads nothing and leaves a gap in the surface's weight beside the nearer thing; where the
// surface ends, the gap is truly open. What is farther must shine through the second kind only.
#pragma once

#include <cmath>
#include <cstddef>

#include "borders.hpp"
#include "defocus/request.hpp"
#include "lanes.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

// A place in the picture along one axis: a pixel, or between two.
struct Place {
    int low, high;

    // The pixel at a distance that is not 0; the same on both sides.
    int at(float distance, int count) const {
        const auto steps = [this](float d) { return int(std::lrintf(d - 0.5f * float(high - low))); };
        return repeated(distance > 0 ? high + steps(distance) : low - steps(-distance), count);
    }
};

// Of the pixels around a place that are clearly nearer or clearly farther than its own radius (< 0),
// the share that is nearer; 0 if there are none, or if hardly anything around belongs to its own
// surface: a dot or a line between two surfaces goes on nowhere. What is nearer may lie a pixel
// beyond the blur's reach, which is not that exact.
//
// Depth maps of networks are soft and wrong where surfaces meet: where much is blurred, gaps that were
// closed by them showed as dots, rings and ghosts along every step in the background. A thin line
// shows beside what is almost sharp, so that is where gaps are closed.
inline float share_hidden(const Request& request, Place x, Place y, float radius) {
    constexpr int kReach = 3, kLeastOwn = 4;   // a quarter
    constexpr float kFully = 4, kNoMore = 6;   // pixels of blur
    if (radius < -kNoMore) return 0;
    const float step = (1 - radius) / kReach;
    int nearer = 0, farther = 0, own = 0, all = 0;
    for (int j = -kReach; j < kReach; ++j) {
        const float down = (float(j) + 0.5f) * step;
        const int v = y.at(down, request.height);
        const float* line = request.radius + static_cast<std::size_t>(v) * request.width;
        for (int i = -kReach; i < kReach; ++i) {
            const float across = (float(i) + 0.5f) * step;
            const float distance = across * across + down * down;
            if (distance > (1 - radius) * (1 - radius)) continue;
            const int u = x.at(across, request.width);
            if (u >= x.low && u <= x.high && v >= y.low && v <= y.high) continue;   // itself
            const float other = line[u];
            const bool before = other > 0.75f * radius, beyond = other < 2 * radius - 1;
            nearer += before;
            farther += beyond && distance <= radius * radius;
            own += !before && !beyond;
            ++all;
        }
    }
    if (nearer == 0 || kLeastOwn * own < all) return 0;
    const float share = static_cast<float>(nearer) / static_cast<float>(nearer + farther);
    return share * std::fmin(1.0f, (kNoMore + radius) / (kNoMore - kFully));
}

// How much of a place its first samples cover.
inline float opacity(const Request& request, Place x, Place y) {
    if (request.alpha == nullptr) return 1;
    int sum = 0;
    for (const int v : {y.low, y.high})
        for (const int u : {x.low, x.high}) sum += request.alpha[static_cast<std::size_t>(v) * request.width + u];
    return static_cast<float>(sum) * (1.0f / (4 * 255));
}

// Closes the gap in a surface at its own place, as far as something nearer hides it: what shines
// through because the surface itself is see-through (hair, a mixed rim) is no gap.
inline f32x4 closed(const Request& request, Place x, Place y, float radius, f32x4 surface) {
    const float seen = weight(surface), whole = opacity(request, x, y);
    if (seen >= whole) return surface;
    return surface * all(1 + (whole / seen - 1) * share_hidden(request, x, y, radius));
}

// Gaps smaller than this do not show, before white neither. Of a surface of which less than kKnown is
// seen nothing is known.
constexpr float kGap = 0.005f, kKnown = 0.02f;
template <class V>
auto has_gap(V weight) {
    return both(weight < 1 - kGap, weight > kKnown);
}

}  // namespace defocus::DEFOCUS_ISA
