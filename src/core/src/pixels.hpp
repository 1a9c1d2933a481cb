// Pixels of any type as linear light and back.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "defocus/constants.hpp"
#include "defocus/request.hpp"
#include "rows.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

// Light beyond this is cut: half floats end at 65,504.
constexpr float kBrightest = 32768;

// Reads pixels as (r, g, b, 1) of linear light.
template <class T>
class PixelReader {
public:
    PixelReader(const Request& request, const void* pixels, const float* radius)
        : pixels_(static_cast<const T*>(pixels)),
          radius_(radius),
          width_(static_cast<std::size_t>(request.width)),
          decode_(request.decode),
          gain_(request.gain),
          recovery_(request.recovery),
          recovery_width_(static_cast<std::size_t>(request.recovery_width)),
          recovery_shift_(request.recovery_shift),
          recovery_radius_(request.recovery_radius) {
        if constexpr (std::is_same_v<T, std::uint8_t>) {
            for (int code = 0; code < 256; ++code) {
                channel_[0][code] = f32x4{decode_[code], 0, 0, 1};
                channel_[1][code] = f32x4{0, decode_[code], 0, 0};
                channel_[2][code] = f32x4{0, 0, decode_[code], 0};
            }
        }
        if constexpr (std::is_same_v<T, float>) {
            first_bright_ = std::nextafter(1.0f, 2.0f);
        } else if (gain_ != nullptr) {
            while (first_bright_ < kCodes && !(gain_[first_bright_] > 1)) ++first_bright_;
        } else {
            first_bright_ = kCodes;
        }
    }

    const T* at(std::size_t i) const { return pixels_ + 3 * i; }

    // What the sensor saw: no highlight is recovered.
    f32x4 plain_light(std::size_t i) const {
        const T* p = at(i);
        if constexpr (std::is_same_v<T, float>) {
            return smaller(f32x4{p[0], p[1], p[2], 1}, all(kBrightest));
        } else if constexpr (std::is_same_v<T, std::uint8_t>) {
            return channel_[0][p[0]] + channel_[1][p[1]] + channel_[2][p[2]];
        } else {
            return f32x4{decode_[p[0]], decode_[p[1]], decode_[p[2]], 1};
        }
    }

    // The sum of four neighbours' plain light. For codes by single floats: half the instructions.
    f32x4 plain_light_of_four(std::size_t i) const {
        if constexpr (!std::is_same_v<T, float>) {
            const T* p = at(i);
            const auto sum = [&](int c) {
                return (decode_[p[c]] + decode_[p[c + 3]]) + (decode_[p[c + 6]] + decode_[p[c + 9]]);
            };
            return f32x4{sum(0), sum(1), sum(2), 4};
        } else {
            return (plain_light(i) + plain_light(i + 1)) + (plain_light(i + 2) + plain_light(i + 3));
        }
    }

    f32x4 light(std::size_t i) const {
        f32x4 v = plain_light(i);
        if constexpr (!std::is_same_v<T, float>) {
            if (!dim(i, 1)) {
                const T* p = at(i);
                const float extra = gain_[std::max({p[0], p[1], p[2]})] - 1;
                if (extra > 0) v += v * all(extra) * recovery(i);
            }
        }
        return v;
    }

    // Whether light() is plain_light(), and nowhere beyond white, for `count` pixels from i on.
    bool dim(std::size_t i, int count) const {
        const T* p = at(i);
        T largest = 0;
        for (int k = 0; k < 3 * count; ++k) largest = std::max(largest, p[k]);
        return largest < first_bright_;
    }

private:
    // How much counts of what highlight recovery adds, by channels; 0 for the weight. Few pixels are
    // bright enough to come here.
    f32x4 recovery(std::size_t i) const {
        const std::size_t y = (i / width_) >> recovery_shift_;
        const std::size_t x = (i % width_) >> recovery_shift_;
        const std::uint8_t* cell = recovery_ + 4 * (y * recovery_width_ + x);
        float amount = cell[3] * (1.0f / (255 * 255));
        const float radius = std::abs(radius_[i]);
        if (radius < recovery_radius_) {
            // Hardly blurred, it would be a glint that the photo does not have.
            constexpr auto kBegins = float(constants::kGlowBegins);
            const float t = std::max(0.0f, radius / recovery_radius_ - kBegins) * (1 / (1 - kBegins));
            amount *= t * t * (3 - 2 * t);
        }
        return f32x4{cell[0] * amount, cell[1] * amount, cell[2] * amount, 0};
    }

    static constexpr int kCodes = 1 << (8 * sizeof(T) % 32);

    const T* pixels_;
    const float* radius_;
    // The first code that highlight recovery acts on; for float32 the first light beyond white.
    std::conditional_t<std::is_same_v<T, float>, float, int> first_bright_ = 0;
    std::size_t width_;
    const float* decode_;
    const float* gain_;
    const std::uint8_t* recovery_;
    std::size_t recovery_width_;
    int recovery_shift_;
    float recovery_radius_;
    std::array<std::array<f32x4, 256>, std::is_same_v<T, std::uint8_t> ? 3 : 0> channel_;
};

// Writes linear light.
template <class T>
class PixelWriter {
public:
    explicit PixelWriter(const Request& request) : pixels_(static_cast<T*>(request.out)) {
        if constexpr (!std::is_same_v<T, float>) {
            constexpr float top = std::is_same_v<T, std::uint8_t> ? 255 : 65535;
            for (int i = 0; i < EncodeCurve::kEntries; ++i) {
                if constexpr (std::is_same_v<T, std::uint8_t>) {
                    codes_[i] = static_cast<std::uint8_t>(request.encode[i] * top + 0.5f);
                } else {
                    codes_[i] = request.encode[i] * top;
                }
            }
            codes_.back() = codes_[EncodeCurve::kEntries - 1];   // white lies between it and this
        }
    }

    T* at(std::size_t i) const { return pixels_ + 3 * i; }

    void store(std::size_t i, f32x4 light) const {
        T* p = at(i);
        if constexpr (std::is_same_v<T, float>) {
            for (int k = 0; k < 3; ++k) p[k] = light[k];
        } else {
            const f32x4 clamped = smaller(larger(light, all(EncodeCurve::kDarkest)), all(1));
            const i32x4 bits = (i32x4)clamped - kFirst;
            if constexpr (std::is_same_v<T, std::uint8_t>) {
                // Half a step up: the nearest entry.
                const i32x4 entry = (bits + kHalfStep) >> kDrop;
                for (int k = 0; k < 3; ++k) p[k] = codes_[static_cast<std::size_t>(entry[k])];
            } else {
                for (int k = 0; k < 3; ++k) {
                    const auto entry = static_cast<std::size_t>(bits[k] >> kDrop);
                    const float part = static_cast<float>(bits[k] & (kStep - 1)) * (1.0f / kStep);
                    const float low = codes_[entry], high = codes_[entry + (part > 0)];
                    float code = low + (high - low) * part;
                    if (light[k] < EncodeCurve::kDarkest)
                        code = low * std::max(light[k], 0.0f) * (1 / EncodeCurve::kDarkest);
                    p[k] = static_cast<std::uint16_t>(code + 0.5f);
                }
            }
        }
    }

    // The first `count` pixels of a row of a tile.
    void store_row(std::size_t i, const PixelRow& row, int count) const {
        if constexpr (std::is_same_v<T, std::uint8_t>) {
            alignas(32) std::int32_t entry[3][kTile];
            for (int c = 0; c < 3; ++c)
                for (int x = 0; x < kTile; x += 8) put_entries(entry[c] + x, row.channel[c] + x);
            std::uint8_t* p = at(i);
            for (int x = 0; x < count; ++x, p += 3)
                for (int c = 0; c < 3; ++c) p[c] = codes_[static_cast<std::uint32_t>(entry[c][x])];
        } else if constexpr (std::is_same_v<T, std::uint16_t>) {
            alignas(32) std::int32_t entry[3][kTile];
            alignas(32) float part[3][kTile];
            for (int c = 0; c < 3; ++c)
                for (int x = 0; x < kTile; x += 8)
                    put_places(entry[c] + x, part[c] + x, row.channel[c] + x);
            std::uint16_t* p = at(i);
            for (int x = 0; x < count; ++x, p += 3) {
                for (int c = 0; c < 3; ++c) {
                    const auto e = static_cast<std::uint32_t>(entry[c][x]);
                    const float low = codes_[e];
                    float code = low + (codes_[e + 1] - low) * part[c][x];
                    const float light = row.channel[c][x];
                    if (light < EncodeCurve::kDarkest)
                        code = low * std::max(light, 0.0f) * (1 / EncodeCurve::kDarkest);
                    p[c] = static_cast<std::uint16_t>(code + 0.5f);
                }
            }
        } else {
            for (int x = 0; x < count; ++x) store(i + x, row.one(x));
        }
    }

private:
    // Between which entries of the table eight lights lie, and where.
    static void put_places(std::int32_t* entries, float* parts, const float* light) {
        const f32x8 v = *reinterpret_cast<const f32x8_loose*>(light);
        const i32x8 bits = (i32x8)smaller(larger(v, all8(EncodeCurve::kDarkest)), all8(1)) - kFirst;
        *reinterpret_cast<i32x8_loose*>(entries) = bits >> kDrop;
        *reinterpret_cast<f32x8_loose*>(parts) =
            __builtin_convertvector(bits & (kStep - 1), f32x8) * all8(1.0f / kStep);
    }

    // The table's nearest entries of eight lights: half a step up, and the rest is cut.
    static void put_entries(std::int32_t* entries, const float* light) {
        const f32x8 v = *reinterpret_cast<const f32x8_loose*>(light);
        const f32x8 clamped = smaller(larger(v, all8(EncodeCurve::kDarkest)), all8(1));
        *reinterpret_cast<i32x8_loose*>(entries) = ((i32x8)clamped - (kFirst - kHalfStep)) >> kDrop;
    }

    static constexpr int kDrop = 23 - EncodeCurve::kOctaveBits;
    static constexpr std::int32_t kStep = 1 << kDrop, kHalfStep = kStep / 2;
    static constexpr std::int32_t kFirst = (127 - EncodeCurve::kOctaves) << 23;

    using Code = std::conditional_t<std::is_same_v<T, std::uint8_t>, std::uint8_t, float>;
    T* pixels_;
    std::array<Code, std::is_same_v<T, float> ? 0 : EncodeCurve::kEntries + 1> codes_;
};

}  // namespace defocus::DEFOCUS_ISA
