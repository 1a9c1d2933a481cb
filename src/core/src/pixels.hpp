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

    void store(std::size_t i, const Pixels<1>& light) const { store_run<1, 1>(light.c, light.c + 1, light.c + 2, i, 1); }

    // The first `count` pixels of a row of a tile.
    void store_row(std::size_t i, const PixelRow& row, int count) const {
        store_run<kLanes, kTile>(row.channel[0], row.channel[1], row.channel[2], i, count);
    }

private:
    // `count` pixels from i on, at most Room; channels are read N at a time.
    template <int N, int Room>
    void store_run(const float* red, const float* green, const float* blue, std::size_t i, int count) const {
        const float* light[3] = {red, green, blue};
        T* p = at(i);
        if constexpr (std::is_same_v<T, float>) {
            for (int x = 0; x < count; ++x)
                for (int c = 0; c < 3; ++c) *p++ = light[c][x];
        } else {
            alignas(32) std::int32_t entry[3][Room];
            alignas(32) float part[3][Room];
            for (int c = 0; c < 3; ++c)
                for (int x = 0; x < count; x += N) find<N>(light[c] + x, entry[c] + x, part[c] + x);
            const auto put_code = [&](int x) {
                for (int c = 0; c < 3; ++c) p[3 * x + c] = code(light[c][x], entry[c][x], part[c][x]);
            };
            int x = 0;
            if constexpr (Room >= 8)   // unrolled by the compiler: counting is a third of the work else
                for (; x + 8 <= count; x += 8)
                    for (int k = 0; k < 8; ++k) put_code(x + k);
            for (; x < count; ++x) put_code(x);
        }
    }

    // Where N lights lie in the table. In 8 bits the nearest entry will do: half a step up, and the rest is
    // cut. In 16 the two around, and how far from the first to the second.
#ifdef __SANITIZE_ADDRESS__
    // GCC 12 with -O2, address and undefined, and no recovery, stores 16 bits wrong if this is inlined;
    // without one of the four it does not.
    template <int N>
    __attribute__((noinline))
#else
    template <int N>
#endif
    static void find(const float* light, std::int32_t* entry, float* part) {
        const Floats<N> clamped = smaller(larger(load<N>(light), every<N>(EncodeCurve::kDarkest)), every<N>(1));
        if constexpr (std::is_same_v<T, std::uint8_t>) {
            put(entry, (bits_of(clamped) - (kFirst - kHalfStep)) >> kDrop);
        } else {
            const Ints<N> bits = bits_of(clamped) - kFirst;
            put(entry, bits >> kDrop);
            put(part, as_floats(bits & (kStep - 1)) * every<N>(1.0f / kStep));
        }
    }

    T code(float light, std::int32_t entry, float part) const {
        const Code* from = codes_.data() + static_cast<std::uint32_t>(entry);
        if constexpr (std::is_same_v<T, std::uint8_t>) {
            return *from;
        } else {
            const float between = from[0] + (from[1] - from[0]) * part;
            const float below = from[0] * larger(light, 0) * (1 / EncodeCurve::kDarkest);
            return static_cast<T>((light < EncodeCurve::kDarkest ? below : between) + 0.5f);
        }
    }

    static constexpr int kDrop = 23 - EncodeCurve::kOctaveBits;
    static constexpr std::int32_t kStep = 1 << kDrop, kHalfStep = kStep / 2;
    static constexpr std::int32_t kFirst = (127 - EncodeCurve::kOctaves) << 23;

    using Code = std::conditional_t<std::is_same_v<T, std::uint8_t>, std::uint8_t, float>;
    T* pixels_;
    std::array<Code, std::is_same_v<T, float> ? 0 : EncodeCurve::kEntries + 1> codes_;
};

}  // namespace defocus::DEFOCUS_ISA
