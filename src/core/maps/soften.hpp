// The matte of defocus.matte at the photo's size: alpha, and the colours before and behind.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "defocus/pool.hpp"
#include "islands.hpp"
#include "sampler.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// What is known at the working size. Channels in this order:
struct MatteMaps {
    WorkingMap<2> edge;    // unknown, least alpha, most alpha, solid, disparity in front, behind, around held, 0
    WorkingMap<1> model;   // alpha ≈ model · (r, g, b, 1)
    WorkingMap<2> smooth;  // smooth colour in front, 0, behind, 0
    WorkingMap<4> range;   // darkest in front, 0, brightest, 0, darkest behind, 0, brightest, 0
};

// The photo's size. On entry foreground is the photo, disparity the refined one and alpha 255;
// background and background_disparity are written only where a pixel is soft. held, the weight of
// the subject, may be null.
template <class T>
struct MatteOut {
    const T* photo;
    const float* held;
    std::uint8_t* alpha;
    T* foreground;
    float* disparity;
    T* background;
    float* background_disparity;
};

struct MatteStretch {
    float clear, solid;    // alpha beyond these becomes 0 and 1
    float faint;           // what is fainter holds nothing that comes after it
    float likely, certain;  // alpha is at least 0 from the first of these on, and 1 from the second

    float floor(float weight) const {
        return std::min(std::max((weight - likely) / (certain - likely), 0.0f), 1.0f);
    }
};

inline f32x4 kept(f32x4 v, f32x4 low, f32x4 high) { return smaller(larger(v, low), high); }

// Code values 0..1 as light and back. The lens adds up light, so the two samples of a pixel have to mix
// to it in light; the colours and alphas of the maps are found in code values, where noise is even.
struct MatteCurve {
    static constexpr int kSteps = 4096;
    const float* decode;  // light of every code value, linear between them
    const float* encode;  // code value 0..1 of the light (i / kSteps)², i = 0 … kSteps
    float white;          // light of a white wall: 1, or less where lamps are brighter
    float top;            // the largest code value

    f32x4 light(f32x4 code) const {
        f32x4 light = kZero;
        for (int k = 0; k < 3; ++k) {
            const float at = code[k] * top;
            const int first = std::min(int(at), int(top) - 1);
            light[k] = decode[first] + (at - float(first)) * (decode[first + 1] - decode[first]);
        }
        return light;
    }

    float code(float light) const {
        const float at = std::sqrt(std::min(std::max(light, 0.0f), 1.0f)) * kSteps;
        const int first = std::min(int(at), kSteps - 1);
        return encode[first] + (at - float(first)) * (encode[first + 1] - encode[first]);
    }

    template <class T>
    void store(f32x4 light, T* pixel) const {
        for (int k = 0; k < 3; ++k) pixel[k] = T(code(light[k]) * top + 0.5f);
    }
};

// What two colours may be, from darkest to brightest.
struct MatteLimits {
    f32x4 front_least, front_most, back_least, back_most;

    // Move both colours so that they mix to what is seen, by their weights; what one of them may not
    // take goes to the other, or a dark pixel would get light from a front that is not there.
    void explain(f32x4 seen, float alpha, f32x4& front, f32x4& back) const {
        const float a = alpha, b = 1 - alpha;
        const f32x4 share = (seen - a * front - b * back) / all(a * a + b * b);
        front = kept(front + a * share, front_least, front_most);
        back = kept(back + b * share, back_least, back_most);
        front = kept(front + (seen - a * front - b * back) / all(a), front_least, front_most);
        back = kept(back + (seen - a * front - b * back) / all(b), back_least, back_most);
    }
};

// Alpha of light of a pixel that lies, in code values, so far from one colour to the other.
inline float alpha_of_light(f32x4 seen, f32x4 front, f32x4 back, float alpha, float white) {
    const float same = 1e-3f * white * white;  // squared difference of light that tells little
    const f32x4 across = front - back;
    const float length = sum(across * across);
    return (sum((seen - back) * across) + same * alpha) / (length + same);
}

template <class T>
void soften_pixel(const MatteOut<T>& out, std::size_t i, f32x4 seen, float alpha, f32x4 front, f32x4 back,
                  const MapRow<4>& range, int x, const MatteCurve& curve) {
    seen[3] = 0;
    // No darker or brighter than what is known around, or than the pixel itself.
    const auto darkest = [&](int k) { return larger(smaller(range.at(x, k), seen), kZero); };
    const auto brightest = [&](int k) { return smaller(larger(range.at(x, k), seen), all(1)); };
    const MatteLimits codes{darkest(0), brightest(1), darkest(2), brightest(3)};
    codes.explain(seen, alpha, front, back);
    const MatteLimits lights{curve.light(codes.front_least), curve.light(codes.front_most),
                             curve.light(codes.back_least), curve.light(codes.back_most)};
    front = curve.light(front);
    back = curve.light(back);
    // Still of both: neither alpha nor one colour alone tells what is seen.
    const float share = alpha_of_light(curve.light(seen), front, back, alpha, curve.white);
    const int stored = std::min(std::max(int(share * 255 + 0.5f), 1), 254);
    lights.explain(curve.light(seen), float(stored) / 255, front, back);
    curve.store(front, out.foreground + 3 * i);
    curve.store(back, out.background + 3 * i);
    out.alpha[i] = std::uint8_t(stored);
}

// Pixels of a row that are no front: the photo as it is, at the disparity of what lies behind.
template <class T>
void sink(const MatteOut<T>& out, const RunGroups::Run& run, const MapRow<2>& edge, int width) {
    for (int x = run.begin; x < run.end; ++x) {
        const std::size_t i = std::size_t(run.y) * width + x;
        for (int k = 0; k < 3; ++k) out.foreground[3 * i + k] = out.photo[3 * i + k];
        out.alpha[i] = 255;
        out.disparity[i] = std::min(out.disparity[i], edge.at(x, 1)[1]);
    }
}

using Runs = std::vector<RunGroups::Run>;

// One more pixel, in rows from left to right.
inline void add(Runs& runs, int y, int x, bool held) {
    if (runs.empty() || runs.back().y != y || runs.back().end != x) runs.push_back({y, x, x, false});
    runs.back().end = x + 1;
    runs.back().held |= held;
}

inline RunGroups grouped(const std::vector<Runs>& bands_of) {
    RunGroups groups;
    int y = 0;
    for (const Runs& band : bands_of)
        for (const RunGroups::Run& run : band) {
            for (; y < run.y; ++y) groups.end_row();
            groups.add(run);
        }
    groups.end_row();
    return groups;
}

template <class T>
void soften(const MatteMaps& maps, MatteStretch stretch, const MatteCurve& curve, int width, int height,
            const MatteOut<T>& out, Pool& pool) {
    // What nothing holds to the solid part goes back to what lies behind. A dark crumb before the
    // bright shows by its light, a bright one before the dark already by its code values.
    enum { kByLight, kByEither, kWays };
    std::array<std::vector<Runs>, kWays> found;
    for (auto& bands_of : found) bands_of.resize(bands(height));
    const auto pass = [&](int band) {
        MapRow<2> edge(maps.edge), smooth(maps.smooth);
        MapRow<1> model(maps.model);
        MapRow<4> range(maps.range);
        const int end = std::min(height, (band + 1) * kBandRows);
        for (int y = band * kBandRows; y < end; ++y) {
            edge.move_to(y);
            bool moved = false;  // to this row: most rows have few soft pixels or none
            const auto soften_one = [&](int x) {
                const f32x4 known = edge.at(x);
                if (!(known[0] > 0)) return;
                const std::size_t i = std::size_t(y) * width + x;
                const float least = known[1], most = known[2];
                float alpha = least > 0.5f ? 1.0f : 0.0f;
                const f32x4 seen = colour_at(out.foreground + 3 * i, 1 / curve.top);
                if (most > stretch.clear && least < stretch.solid) {
                    const float raw = sum(model.at(x) * seen);
                    alpha = (std::min(std::max(raw, least), most) - stretch.clear) /
                            (stretch.solid - stretch.clear);
                    alpha = std::min(std::max(alpha, 0.0f), 1.0f);
                }
                const float certain = out.held ? stretch.floor(out.held[i]) : 0.0f;
                alpha = std::max(alpha, certain);
                if (alpha * 255 < 0.5f) alpha = 0;
                const f32x4 sides = edge.at(x, 1);
                const float here = out.disparity[i];
                const float farther = std::min(here, sides[1]);
                // In front of the focal plane beside what is held is its own rim, not a leaf.
                const float nearer = sides[2] > 0 ? sides[0] : std::max(here, sides[0]);
                out.disparity[i] = alpha > 0 ? nearer : farther;
                if (alpha > 0 && alpha < 1) {
                    out.background_disparity[i] = farther;
                    soften_pixel(out, i, seen, alpha, smooth.at(x, 0), smooth.at(x, 1), range, x, curve);
                }
                const bool held = known[3] > 0 || certain > 0;
                const bool by_light = alpha > 0 && float(out.alpha[i]) > 255 * stretch.faint;
                if (by_light) add(found[kByLight][band], y, x, held);
                if (by_light || alpha > stretch.faint) add(found[kByEither][band], y, x, held);
            };
            edge.spans([&](int begin, int end_of_span) {
                if (!moved) model.move_to(y), smooth.move_to(y), range.move_to(y), moved = true;
                for (int x = begin; x < end_of_span; ++x) soften_one(x);
            });
        }
    };
    pool.run(bands(height), 0, 1, pass);
    MapRow<2> edge(maps.edge);
    for (const auto& bands_of : found) {
        int y = -1;
        grouped(bands_of).loose([&](const RunGroups::Run& run) {
            if (run.y != y) edge.move_to(y = run.y);
            sink(out, run, edge, width);
        });
    }
}

}  // namespace defocus::DEFOCUS_ISA::maps
