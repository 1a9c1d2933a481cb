// Local linear models: values ≈ a · rgb + b by least squares in 3×3 windows; the border is mirrored
// about the edge pixel.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include "borders.hpp"
#include "defocus/pool.hpp"
#include "sampler.hpp"
#include "symmetric.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// What a window's fit needs to know of its pixels. All are taken from a middle colour and value, so
// that float's digits go to what differs.
struct Moments {
    f32x4 mean;      // r, g, b, value
    f32x4 squares;   // r², g², b², 0
    f32x4 mixed;     // rg, rb, gb, 0
    f32x4 products;  // r · value, g · value, b · value, 0

    Moments& operator+=(const Moments& o) {
        mean += o.mean;
        squares += o.squares;
        mixed += o.mixed;
        products += o.products;
        return *this;
    }
};

constexpr float kMiddle = 0.5f;

// Moments summed over three neighbours along row y.
inline void sum_moments(const float* values, float middle, const float* colours, int width, int y,
                    Moments* out, Moments* pixels) {
    for (int x = 0; x < width; ++x) {
        const std::size_t i = std::size_t(y) * width + x;
        const float r = colours[3 * i] - kMiddle, g = colours[3 * i + 1] - kMiddle;
        const float b = colours[3 * i + 2] - kMiddle, v = values[i] - middle;
        const f32x4 colour = {r, g, b, 0};
        pixels[x] = {f32x4{r, g, b, v}, colour * colour, f32x4{r * g, r * b, g * b, 0}, colour * v};
    }
    for (int x = 0; x < width; ++x) {
        Moments sum = pixels[mirrored(x - 1, width)];
        sum += pixels[x];
        sum += pixels[mirrored(x + 1, width)];
        out[x] = sum;
    }
}

// a (3) and b from sums over nine pixels; `noise` is the variance that means nothing.
inline f32x4 solve_fit(Moments m, float noise, float middle) {
    const f32x4 ninth = all(1.0f / 9);
    m.mean *= ninth;
    const f32x4 squares = m.squares * ninth, mixed = m.mixed * ninth, products = m.products * ninth;
    const double r = m.mean[0], g = m.mean[1], b = m.mean[2], value = m.mean[3];
    const double rr = std::max(squares[0] - r * r, 0.0) + noise;
    const double gg = std::max(squares[1] - g * g, 0.0) + noise;
    const double bb = std::max(squares[2] - b * b, 0.0) + noise;
    const double rg = mixed[0] - r * g, rb = mixed[1] - r * b, gb = mixed[2] - g * b;
    const double right[3] = {products[0] - r * value, products[1] - g * value, products[2] - b * value};
    const Cofactors c = cofactors(rr, gg, bb, rg, rb, gb, noise);
    const double a0 = (c.c00 * right[0] + c.c01 * right[1] + c.c02 * right[2]) / c.det;
    const double a1 = (c.c01 * right[0] + c.c11 * right[1] + c.c12 * right[2]) / c.det;
    const double a2 = (c.c02 * right[0] + c.c12 * right[1] + c.c22 * right[2]) / c.det;
    const double rise = a0 * (r + kMiddle) + a1 * (g + kMiddle) + a2 * (b + kMiddle);
    return f32x4{float(a0), float(a1), float(a2), float(value - rise + middle)};
}

// The fits of a map's rows, three at a time.
class Fits {
public:
    // wanted: windows whose middle is not in it (h×w, or null for all) count as zero.
    Fits(const float* values, float middle, const float* colours, int width, int height, float noise,
         const std::uint8_t* wanted)
        : values_(values), middle_(middle), colours_(colours), width_(width), height_(height), noise_(noise),
          wanted_(wanted), pixels_(width) {
        for (auto& row : sums_) row.resize(width);
        for (auto& row : fits_) row.resize(width);
    }

    bool any(int y) const {
        const std::uint8_t* want = wanted_in(mirrored(y, height_));
        return want == nullptr || std::any_of(want, want + width_, [](std::uint8_t w) { return w != 0; });
    }

    // Those of row y, which may lie just beyond the map; it stays while its neighbours are asked for.
    const f32x4* of(int y) {
        const int row = mirrored(y, height_);
        std::vector<f32x4>& fits = fits_[row % 3];
        if (fitted_[row % 3] == row) return fits.data();
        fitted_[row % 3] = row;
        std::fill(fits.begin(), fits.end(), kZero);
        if (!any(row)) return fits.data();
        const Moments *above = sums(row - 1), *here = sums(row), *below = sums(row + 1);
        const std::uint8_t* want = wanted_in(row);
        for (int x = 0; x < width_; ++x) {
            if (want != nullptr && want[x] == 0) continue;
            Moments sum = above[x];
            sum += here[x];
            sum += below[x];
            fits[x] = solve_fit(sum, noise_, middle_);
        }
        return fits.data();
    }

private:
    const std::uint8_t* wanted_in(int row) const {
        return wanted_ == nullptr ? nullptr : wanted_ + std::size_t(row) * width_;
    }

    const Moments* sums(int y) {
        const int row = mirrored(y, height_);
        std::vector<Moments>& sums = sums_[row % 3];
        if (summed_[row % 3] != row) sum_moments(values_, middle_, colours_, width_, row, sums.data(), pixels_.data());
        summed_[row % 3] = row;
        return sums.data();
    }

    const float* values_;
    float middle_;
    const float* colours_;
    int width_, height_;
    float noise_;
    const std::uint8_t* wanted_;
    std::vector<Moments> pixels_;
    std::array<std::vector<Moments>, 3> sums_;  // row y in sums_[y % 3]
    std::array<std::vector<f32x4>, 3> fits_;
    std::array<int, 3> summed_{-1, -1, -1}, fitted_{-1, -1, -1};
};

// out: h×w×4, the fits of the nine windows that hold a pixel, averaged; wanted as in Fits.
inline void fit_colours(const float* values, const float* colours, int width, int height, float noise,
                        const std::uint8_t* wanted, float* out, Pool& pool) {
    constexpr int kRows = 48;  // more than kBandRows: two rows on either side are worked out twice
    const std::size_t size = std::size_t(width) * height;
    const float middle = float(std::accumulate(values, values + size, 0.0) / double(size));
    pool.run((height + kRows - 1) / kRows, 0, 1, [&](int band) {
        Fits fits(values, middle, colours, width, height, noise, wanted);
        std::vector<f32x4> sums(width);
        const int end = std::min(height, (band + 1) * kRows);
        for (int y = band * kRows; y < end; ++y) {
            float* target = out + std::size_t(y) * width * 4;
            if (!fits.any(y - 1) && !fits.any(y) && !fits.any(y + 1)) {
                std::fill_n(target, std::size_t(width) * 4, 0.0f);
                continue;
            }
            const f32x4 *above = fits.of(y - 1), *here = fits.of(y), *below = fits.of(y + 1);
            for (int x = 0; x < width; ++x) sums[x] = above[x] + here[x] + below[x];
            for (int x = 0; x < width; ++x) {
                const f32x4 sum = sums[mirrored(x - 1, width)] + sums[x] + sums[mirrored(x + 1, width)];
                *reinterpret_cast<f32x4_loose*>(target + 4 * x) = sum * all(1.0f / 9);
            }
        }
    });
}

}  // namespace defocus::DEFOCUS_ISA::maps
