// Local linear models: values ≈ a · rgb + b by least squares in 3×3 windows; the border is mirrored
// about the edge pixel.
#pragma once

#include <algorithm>
#include <array>
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

// out: h×w×4, the fits of the nine windows that hold a pixel, averaged.
inline void fit_colours(const float* values, const float* colours, int width, int height,
                        float noise, float* out, Pool& pool) {
    std::vector<f32x4> fits(std::size_t(width) * height);
    const float middle = float(std::accumulate(values, values + fits.size(), 0.0) / double(fits.size()));
    pool.run(bands(height), 0, 1, [&](int band) {
        std::array<std::vector<Moments>, 3> rows;  // row y in rows[y % 3]
        for (auto& row : rows) row.resize(width);
        std::vector<Moments> pixels(width);
        const int begin = band * kBandRows, end = std::min(height, begin + kBandRows);
        const auto sums = [&](int y) { return rows[mirrored(y, height) % 3].data(); };
        const auto fill = [&](int y) {
            sum_moments(values, middle, colours, width, mirrored(y, height), sums(y), pixels.data());
        };
        fill(begin - 1);
        fill(begin);
        for (int y = begin; y < end; ++y) {
            fill(y + 1);
            const Moments *above = sums(y - 1), *here = sums(y), *below = sums(y + 1);
            for (int x = 0; x < width; ++x) {
                Moments sum = above[x];
                sum += here[x];
                sum += below[x];
                fits[std::size_t(y) * width + x] = solve_fit(sum, noise, middle);
            }
        }
    });
    pool.run(bands(height), 0, 1, [&](int band) {
        std::vector<f32x4> sums(width);
        const int end = std::min(height, (band + 1) * kBandRows);
        for (int y = band * kBandRows; y < end; ++y) {
            const f32x4* above = &fits[std::size_t(mirrored(y - 1, height)) * width];
            const f32x4* here = &fits[std::size_t(y) * width];
            const f32x4* below = &fits[std::size_t(mirrored(y + 1, height)) * width];
            for (int x = 0; x < width; ++x) sums[x] = above[x] + here[x] + below[x];
            float* target = out + std::size_t(y) * width * 4;
            for (int x = 0; x < width; ++x) {
                const f32x4 sum = sums[mirrored(x - 1, width)] + sums[x] + sums[mirrored(x + 1, width)];
                *reinterpret_cast<f32x4_loose*>(target + 4 * x) = sum * all(1.0f / 9);
            }
        }
    });
}

}  // namespace defocus::DEFOCUS_ISA::maps
