// What a pixel's colour says about alpha: pairs of known colours from either side of the edge.
//
// After Gastal & Oliveira 2010, "Shared sampling for real-time alpha matting": a mixed pixel's two
// colours are found among the known pixels nearby. Here all pairs have their say, by how likely
// they are, so that the answer comes with its doubt.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "defocus/pool.hpp"
#include "sampler.hpp"

namespace defocus::DEFOCUS_ISA::maps {

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

// Around a pixel: itself, and six places on each of three rings; four at a time.
constexpr int kPlaces = 19, kFours = 5;

struct Places {
    std::array<int, kPlaces> dx, dy;

    explicit Places(float reach) {
        for (int k = 0; k < kPlaces; ++k) {
            const int ring = (k + 5) / 6;
            const float radius = reach * float(ring * ring) / 9;
            const float angle = float(k) * 1.0471976f + float(ring) * 0.5235988f;
            dx[k] = int(std::lrint(radius * std::cos(angle)));
            dy[k] = int(std::lrint(radius * std::sin(angle)));
        }
    }
};

struct Candidates {
    std::array<f32x4, kFours> r{}, g{}, b{}, cost{};
    float variance = 0;  // mean of the channels'
};

inline Candidates candidates_of(const Sides& s, const Places& places, float far,
                                const std::int32_t* nearest, int x, int y) {
    Candidates found;
    found.cost.back() = all(1e9f);  // of lanes that hold no place
    const auto distance = [&](std::int32_t i) {
        const float dx = float(i % s.width - x), dy = float(i / s.width - y);
        return std::sqrt(dx * dx + dy * dy);
    };
    const float closest = std::max(distance(nearest[std::size_t(y) * s.width + x]), 1.0f);
    f32x4 total = kZero, squares = kZero;
    for (int k = 0; k < kPlaces; ++k) {
        const int px = std::clamp(x + places.dx[k], 0, s.width - 1);
        const int py = std::clamp(y + places.dy[k], 0, s.height - 1);
        const std::int32_t i = nearest[std::size_t(py) * s.width + px];
        const float* c = s.picture + 3 * std::size_t(i);
        found.r[k / 4][k % 4] = c[0], found.g[k / 4][k % 4] = c[1], found.b[k / 4][k % 4] = c[2];
        found.cost[k / 4][k % 4] = far * (distance(i) / closest - 1);
        const f32x4 colour = {c[0], c[1], c[2], 0};
        total += colour, squares += colour * colour;
    }
    total *= all(1.0f / kPlaces);
    const f32x4 variance = squares * all(1.0f / kPlaces) - total * total;
    found.variance = std::max(sum(variance), 0.0f) / 3;
    return found;
}

// out, h×w×3 at unknown pixels: alpha, its variance, and the squared distance (in units of the
// noise) of the pixel's colour from what the pairs explain.
inline void sample_sides(const Sides& s, const SideRules& rules, float* out, Pool& pool) {
    const Places places(rules.reach);
    pool.run(bands(s.height), 0, 1, [&](int band) {
        std::array<f32x4, kPlaces * kFours> cost, alpha, misfit, apart;
        const int end = std::min(s.height, (band + 1) * kBandRows);
        for (int y = band * kBandRows; y < end; ++y)
            for (int x = 0; x < s.width; ++x) {
                const std::size_t i = std::size_t(y) * s.width + x;
                if (!s.unknown[i]) continue;
                const Candidates front = candidates_of(s, places, rules.far, s.front, x, y);
                const Candidates back = candidates_of(s, places, rules.far, s.back, x, y);
                const float* seen = s.picture + 3 * i;
                const f32x4 prior = all(s.prior[i]), against = all(s.against[i]);
                const f32x4 front_noise = all(rules.unseen * front.variance);
                const f32x4 back_noise = all(rules.unseen * back.variance);
                const f32x4 typical = all(rules.noise) + all(0.5f) * (front_noise + back_noise);
                f32x4 lowest = all(1e9f), best_alpha = prior;
                for (int f = 0; f < kPlaces; ++f) {
                    const f32x4 fr = all(front.r[f / 4][f % 4]), fg = all(front.g[f / 4][f % 4]);
                    const f32x4 fb = all(front.b[f / 4][f % 4]), fc = all(front.cost[f / 4][f % 4]);
                    for (int k = 0; k < kFours; ++k) {
                        const f32x4 dr = fr - back.r[k], dg = fg - back.g[k], db = fb - back.b[k];
                        const f32x4 cr = all(seen[0]) - back.r[k], cg = all(seen[1]) - back.g[k];
                        const f32x4 cb = all(seen[2]) - back.b[k];
                        const f32x4 one_by_length = all(1) / (dr * dr + dg * dg + db * db + all(1e-6f));
                        // least squares, drawn to the prior by the price of being away from it
                        const f32x4 free = (cr * dr + cg * dg + cb * db) * one_by_length;
                        const f32x4 drawn = all(0.5f) * against * typical * one_by_length;
                        const f32x4 near = larger(free - drawn, prior) +
                                        smaller(free + drawn - prior, kZero);
                        const f32x4 a = smaller(larger(near, kZero), all(1));
                        const f32x4 er = cr - a * dr, eg = cg - a * dg, eb = cb - a * db;
                        const f32x4 noise = all(rules.noise) + a * a * front_noise +
                                         (all(1) - a) * (all(1) - a) * back_noise;
                        const f32x4 off = (er * er + eg * eg + eb * eb) / noise;
                        const f32x4 price = off + against * larger(a - prior, prior - a) + fc + back.cost[k];
                        const int at = f * kFours + k;
                        cost[at] = price, alpha[at] = a, misfit[at] = off;
                        apart[at] = noise * one_by_length;
                        best_alpha = price < lowest ? a : best_alpha;
                        lowest = smaller(price, lowest);
                    }
                }
                const float best = least(lowest);
                float likeliest = s.prior[i];
                for (int k = 0; k < 4; ++k)
                    if (lowest[k] == best) likeliest = best_alpha[k];
                float total = 0, variance = 0, off = 0, blind = 0;
                for (int at = 0; at < kPlaces * kFours; ++at) {
                    if (least(cost[at]) > best + 8) continue;  // a weight below e⁻⁴
                    for (int k = 0; k < 4; ++k) {
                        if (cost[at][k] > best + 8) continue;
                        const float weight = std::exp(0.5f * (best - cost[at][k]));
                        const float away = alpha[at][k] - likeliest;
                        total += weight, variance += weight * away * away;
                        off += weight * misfit[at][k], blind += weight * apart[at][k];
                    }
                }
                out[3 * i] = likeliest;
                out[3 * i + 1] = (variance + blind) / total;
                out[3 * i + 2] = off / total;
            }
    });
}

}  // namespace defocus::DEFOCUS_ISA::maps
