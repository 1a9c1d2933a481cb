// What a pixel's colour says about alpha: pairs of known colours from either side of the edge.
//
// After Gastal & Oliveira 2010, "Shared sampling for real-time alpha matting": a mixed pixel's two
// colours are found among the known pixels nearby. Here all pairs have their say, by how likely
// they are, so that the answer comes with its doubt.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "pool.hpp"
#include "sampler.hpp"

namespace defocus::DEFOCUS_ISA {

// h×w each: where alpha is sought, the nearest known pixel in front of the edge and behind it
// (indices), and what alpha is before the colours are looked at.
struct Sides {
    const float* picture;  // h×w×3, 0..1
    const std::uint8_t* unknown;
    const std::int32_t *front, *back;
    const float *prior, *against;  // against: −2 log odds that the prior is wrong by a whole alpha
    int width, height;
};

struct SideRules {
    float noise;  // variance of colours 0..1 that means nothing
    float unseen; // share of the candidates' variance that a pixel's true colours may lie beside them
    float reach;  // pixels: known pixels are looked up from here and from three rings around
    float far;    // −2 log odds of a known pixel that is twice as far as the nearest one
};

// Around a pixel: itself, and six places on each of three rings.
constexpr int kPlaces = 19, kLanes = 20;

struct Candidates {
    std::array<float, kLanes> r{}, g{}, b{}, cost{};
    float variance = 0;  // mean of the channels'
};

inline Candidates candidates_of(const Sides& s, const SideRules& rules, const std::int32_t* nearest,
                                int x, int y) {
    Candidates found;
    found.cost.fill(1e9f);
    const std::size_t here = std::size_t(y) * s.width + x;
    const auto distance = [&](std::int32_t i) {
        return std::hypot(float(i % s.width - x), float(i / s.width - y));
    };
    const float least = std::max(distance(nearest[here]), 1.0f);
    for (int k = 0; k < kPlaces; ++k) {
        const int ring = (k + 5) / 6;
        const float radius = rules.reach * float(ring * ring) / 9;
        const float angle = float(k) * 1.0471976f + float(ring) * 0.5235988f;
        const int px = std::clamp(x + int(std::lrint(radius * std::cos(angle))), 0, s.width - 1);
        const int py = std::clamp(y + int(std::lrint(radius * std::sin(angle))), 0, s.height - 1);
        const std::int32_t i = nearest[std::size_t(py) * s.width + px];
        const float* c = s.picture + 3 * std::size_t(i);
        found.r[k] = c[0], found.g[k] = c[1], found.b[k] = c[2];
        found.cost[k] = rules.far * (distance(i) / least - 1);
    }
    for (const auto* channel : {&found.r, &found.g, &found.b}) {
        float mean = 0, square = 0;
        for (int k = 0; k < kPlaces; ++k) mean += (*channel)[k], square += (*channel)[k] * (*channel)[k];
        mean /= kPlaces;
        found.variance += std::max(square / kPlaces - mean * mean, 0.0f) / 3;
    }
    return found;
}

// out, h×w×3 at unknown pixels: alpha, its variance, and the squared distance (in units of the
// noise) of the pixel's colour from what the pairs explain.
inline void sample_sides(const Sides& s, const SideRules& rules, float* out, Pool& pool) {
    pool.run(bands(s.height), 0, 1, [&](int band) {
        std::array<float, kPlaces * kLanes> cost, alpha, misfit, apart;
        const int end = std::min(s.height, (band + 1) * kBandRows);
        for (int y = band * kBandRows; y < end; ++y)
            for (int x = 0; x < s.width; ++x) {
                const std::size_t i = std::size_t(y) * s.width + x;
                if (!s.unknown[i]) continue;
                const Candidates front = candidates_of(s, rules, s.front, x, y);
                const Candidates back = candidates_of(s, rules, s.back, x, y);
                const float* seen = s.picture + 3 * i;
                const float prior = s.prior[i], against = s.against[i];
                const float front_noise = rules.unseen * front.variance;
                const float back_noise = rules.unseen * back.variance;
                const float typical = rules.noise + 0.5f * (front_noise + back_noise);
                float best = 1e9f, likeliest = prior;
                for (int f = 0; f < kPlaces; ++f)
                    for (int k = 0; k < kLanes; ++k) {
                        const int at = f * kLanes + k;
                        const float dr = front.r[f] - back.r[k], dg = front.g[f] - back.g[k];
                        const float db = front.b[f] - back.b[k];
                        const float cr = seen[0] - back.r[k], cg = seen[1] - back.g[k];
                        const float cb = seen[2] - back.b[k];
                        const float length = dr * dr + dg * dg + db * db + 1e-6f;
                        // least squares, drawn to the prior by the price of being away from it
                        float a = (cr * dr + cg * dg + cb * db) / length;
                        const float drawn = 0.5f * against * typical / length;
                        const float lower = std::max(a - drawn, prior);
                        const float upper = std::min(a + drawn, prior);
                        a = a > prior ? lower : upper;
                        a = std::min(std::max(a, 0.0f), 1.0f);
                        const float er = cr - a * dr, eg = cg - a * dg, eb = cb - a * db;
                        const float noise = rules.noise + a * a * front_noise +
                                            (1 - a) * (1 - a) * back_noise;
                        const float off = (er * er + eg * eg + eb * eb) / noise;
                        const float price = off + against * std::fabs(a - prior) +
                                            front.cost[f] + back.cost[k];
                        cost[at] = price, alpha[at] = a, misfit[at] = off, apart[at] = noise / length;
                        if (price < best) best = price, likeliest = a;
                    }
                float total = 0, variance = 0, off = 0, blind = 0;
                for (int at = 0; at < kPlaces * kLanes; ++at) {
                    if (cost[at] > best + 16) continue;  // a weight below e⁻⁸
                    const float weight = std::exp(0.5f * (best - cost[at]));
                    const float away = alpha[at] - likeliest;
                    total += weight, variance += weight * away * away;
                    off += weight * misfit[at], blind += weight * apart[at];
                }
                out[3 * i] = likeliest;
                out[3 * i + 1] = (variance + blind) / total;
                out[3 * i + 2] = off / total;
            }
    });
}

}  // namespace defocus::DEFOCUS_ISA
