// Everything a pixel contributes: its own sample, and what is seen through it, if anything.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "defocus/request.hpp"
#include "pixels.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

inline float brightness(f32x4 v) { return v[0] + v[1] + v[2]; }

template <class T>
class Samples {
public:
    Samples(const Request& request, const Survey& survey)
        : front_(request, request.pixels, request.radius),
          back_(request, request.behind_pixels, request.behind_radius), width_(request.width),
          height_(request.height), radius_(request.radius), alpha_(request.alpha),
          back_radius_(request.behind_radius), survey_(survey), cleaned_(request.height) {}

    const PixelReader<T>& front() const { return front_; }
    const PixelReader<T>& back() const { return back_; }
    float radius(std::size_t i) const { return radius_[i]; }
    float back_radius(std::size_t i) const { return back_radius_[i]; }
    const float* radii() const { return radius_; }
    bool soft(std::size_t i) const { return alpha_ != nullptr && alpha_[i] != 255; }
    float opacity(std::size_t i) const { return static_cast<float>(alpha_[i]) * (1.0f / 255); }
    std::size_t index(int x, int y) const { return static_cast<std::size_t>(y) * width_ + x; }

    // Light of a pixel's own surface, cleaned on a rim.
    f32x4 light(int x, int y) const {
        const Cleaned* cleaned = this->cleaned(x, y);
        return cleaned != nullptr ? cleaned->light : front_.light(index(x, y));
    }

    // What a sharp surface beside a rim adds to the pixel, without weight.
    f32x4 crisp(int x, int y) const {
        const Cleaned* cleaned = this->cleaned(x, y);
        return cleaned != nullptr ? cleaned->crisp : kZero;
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
                for (std::uint64_t rims = survey_.rim_bits(y, tx); rims != 0; rims &= rims - 1) {
                    const int x = tx * kTile + __builtin_ctzll(rims);
                    if (!soft(index(x, y))) clean_pixel(x, y);
                }
            }
        }
    }

private:
    struct Cleaned {
        int x;
        f32x4 light, crisp;
    };

    // The two surfaces that meet at a rim, from the pixels around.
    struct Around {
        f32x4 own = kZero, own_squares = kZero, nearer = kZero;   // weighted sums
        int own_count = 0, nearer_count = 0;
    };

    const Cleaned* cleaned(int x, int y) const {
        if (!survey_.is_rim(x, y)) return nullptr;
        const auto& row = cleaned_[y];
        const auto found = std::lower_bound(row.begin(), row.end(), x,
                                            [](const Cleaned& c, int at) { return c.x < at; });
        return found != row.end() && found->x == x ? &*found : nullptr;
    }

    Around look_around(int x, int y) const {
        constexpr int kReach = 2;
        const float radius = survey_.radius(x, y);
        Around around;
        for (int v = std::max(0, y - kReach); v <= std::min(height_ - 1, y + kReach); ++v) {
            for (int u = std::max(0, x - kReach); u <= std::min(width_ - 1, x + kReach); ++u) {
                if (u == x && v == y) continue;
                const float other = survey_.radius(u, v);
                const int distance = (u - x) * (u - x) + (v - y) * (v - y);
                const f32x4 light = front_.light(index(u, v));
                const f32x4 share = all(1.0f / static_cast<float>(distance));
                if (other > radius + Survey::kStep) {
                    around.nearer += light * share;
                    ++around.nearer_count;
                } else if (other > radius - Survey::kStep && !survey_.is_rim(u, v)) {
                    around.own += light * share;
                    around.own_squares += light * light * share;
                    ++around.own_count;
                }
            }
        }
        return around;
    }

    // Hair and wires have no clean surroundings to tell two colours from: their pixels stay.
    void clean_pixel(int x, int y) {
        constexpr int kEnoughOwn = 6, kEnoughNearer = 6;
        Around around = look_around(x, y);
        if (around.own_count < kEnoughOwn || around.nearer_count < kEnoughNearer) return;
        const f32x4 own = around.own * all(1 / weight(around.own));
        const f32x4 mixed = front_.light(index(x, y));
        if (survey_.nearest_around(x, y) < Survey::kVeil) {
            // Beside a sharp surface. What sets the pixel apart from its own surface's texture is
            // the sharp one's part in it. (Its colour itself is not looked at: nothing of the
            // subject may reach the background.)
            if (std::max({mixed[0], mixed[1], mixed[2]}) > kLamp) return;
            const f32x4 offset = mixed - own;
            const f32x4 squares = around.own_squares * all(1 / weight(around.own)) - own * own;
            const float texture = std::max(0.0f, brightness(squares));
            const float seen = brightness(offset * offset);
            if (seen <= texture) return;
            const f32x4 crisp = offset * all(1 - texture / seen);
            cleaned_[y].push_back({x, mixed - crisp, crisp});
            return;
        }
        // Before a veil: take the nearer surface's share out, up to a half: how far the colour lies
        // from that of its own surface towards the nearer one's.
        const f32x4 across = around.nearer * all(1 / weight(around.nearer)) - own;
        const float length = brightness(across * across);
        if (length < kSameColour) return;
        const float share = brightness((mixed - own) * across) / length;
        if (share > 0)
            cleaned_[y].push_back({x, mixed - across * all(std::min(share, 0.5f)), kZero});
    }

    static constexpr float kSameColour = 1e-6f;
    // Half of a white subject mixed into a pixel stays below; brighter ones are likely lights.
    static constexpr float kLamp = 0.6f;

    PixelReader<T> front_, back_;
    int width_, height_;
    const float* radius_;
    const std::uint8_t* alpha_;
    const float* back_radius_;
    const Survey& survey_;
    std::vector<std::vector<Cleaned>> cleaned_;   // of every line, by x
};

}  // namespace defocus::DEFOCUS_ISA
