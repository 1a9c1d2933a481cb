// Everything a pixel contributes: its own sample, and what is seen through it, if anything.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "job.hpp"
#include "picture.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

inline float brightness(f4 v) { return v[0] + v[1] + v[2]; }

template <class T>
class Samples {
public:
    Samples(const Job& job, const Survey& survey)
        : front_(job, job.pixels), back_(job, job.behind_pixels), width_(job.width),
          height_(job.height), radius_(job.radius), alpha_(job.alpha),
          back_radius_(job.behind_radius), survey_(survey), cleaned_(job.height) {}

    const Reader<T>& front() const { return front_; }
    const Reader<T>& back() const { return back_; }
    float radius(std::size_t i) const { return radius_[i]; }
    float back_radius(std::size_t i) const { return back_radius_[i]; }
    const float* radii() const { return radius_; }
    bool soft(std::size_t i) const { return alpha_ != nullptr && alpha_[i] != 255; }
    float opacity(std::size_t i) const { return static_cast<float>(alpha_[i]) * (1.0f / 255); }
    std::size_t index(int x, int y) const { return static_cast<std::size_t>(y) * width_ + x; }

    // Light of a pixel's own surface, cleaned on a rim.
    f4 light(int x, int y) const {
        if (survey_.is_rim(x, y)) {
            const auto& row = cleaned_[y];
            const auto found = std::lower_bound(row.begin(), row.end(), x,
                                                [](const Cleaned& c, int at) { return c.x < at; });
            if (found != row.end() && found->x == x) return found->light;
        }
        return front_.light(index(x, y));
    }

    // use(light · weight and weight, signed radius) for each sample of a pixel that has weight.
    template <class Use>
    void each(int x, int y, Use use) const {
        const std::size_t i = index(x, y);
        if (!soft(i)) return use(light(x, y), radius_[i]);
        const float opacity = this->opacity(i);
        if (opacity > 0) use(front_.light(i) * all(opacity), radius_[i]);
        use(back_.light(i) * all(1 - opacity), back_radius_[i]);
    }

    // Find the clean light of the rims in one row of tiles.
    void clean(int ty) {
        const int across = (width_ + kTile - 1) / kTile;
        for (int y = ty * kTile; y < std::min(height_, (ty + 1) * kTile); ++y) {
            for (int tx = 0; tx < across; ++tx) {
                if (!survey_.has_rim(y, tx)) continue;
                for (int x = tx * kTile; x < std::min(width_, (tx + 1) * kTile); ++x)
                    if (survey_.is_rim(x, y) && !soft(index(x, y))) clean_pixel(x, y);
            }
        }
    }

private:
    struct Cleaned {
        int x;
        f4 light;
    };

    // Takes the nearer surface's share out of a rim pixel: how far its colour lies from that of
    // its own surface towards the nearer one's, up to a half. Hair and wires have no clean
    // surroundings to tell the two colours from: such pixels stay.
    void clean_pixel(int x, int y) {
        constexpr int kReach = 2, kEnoughOwn = 6, kEnoughNearer = 8;
        const float radius = survey_.radius(x, y);
        f4 own = kZero, nearer = kZero;
        int own_count = 0, nearer_count = 0;
        for (int v = std::max(0, y - kReach); v <= std::min(height_ - 1, y + kReach); ++v) {
            for (int u = std::max(0, x - kReach); u <= std::min(width_ - 1, x + kReach); ++u) {
                if (u == x && v == y) continue;
                const float other = survey_.radius(u, v);
                const int distance = (u - x) * (u - x) + (v - y) * (v - y);
                const f4 light = front_.light(index(u, v)) * all(1.0f / static_cast<float>(distance));
                if (other > radius + Survey::kStep) {
                    nearer += light;
                    ++nearer_count;
                } else if (other > radius - Survey::kStep && !survey_.is_rim(u, v)) {
                    own += light;
                    ++own_count;
                }
            }
        }
        if (own_count < kEnoughOwn || nearer_count < kEnoughNearer) return;
        own *= all(1 / weight(own));
        nearer *= all(1 / weight(nearer));
        const f4 mixed = front_.light(index(x, y));
        const f4 across = nearer - own;
        const float length = brightness(across * across);
        if (length < kSameColour) return;
        const float share = brightness((mixed - own) * across) / length;
        if (share > 0) cleaned_[y].push_back({x, mixed - across * all(std::min(share, 0.5f))});
    }

    static constexpr float kSameColour = 1e-6f;

    Reader<T> front_, back_;
    int width_, height_;
    const float* radius_;
    const std::uint8_t* alpha_;
    const float* back_radius_;
    const Survey& survey_;
    std::vector<std::vector<Cleaned>> cleaned_;   // of every line, by x
};

}  // namespace defocus::DEFOCUS_ISA
