// Closed-form matting (Levin, Lischinski & Weiss 2008) without a matrix, for defocus.matte.
#pragma once

#include <cstdint>

#include "borders.hpp"
#include "defocus/pool.hpp"
#include "sampler.hpp"
#include "symmetric.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// Pixels of a mask as runs along rows, so that loops visit nothing else.
struct Run {
    int y, begin, end;
};

inline std::vector<Run> runs_of(const std::uint8_t* mask, int width, int height) {
    std::vector<Run> runs;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width;) {
            const std::uint8_t* row = mask + std::size_t(y) * width;
            while (x < width && !row[x]) ++x;
            const int begin = x;
            while (x < width && row[x]) ++x;
            if (begin < x) runs.push_back({y, begin, x});
        }
    return runs;
}

// The pixels within so many of a mask's, along rows and along columns.
inline std::vector<std::uint8_t> grown(const std::uint8_t* mask, int width, int height,
                                       int across, int down) {
    std::vector<std::uint8_t> result(std::size_t(width) * height);
    for (const Run& run : runs_of(mask, width, height)) {
        const int begin = std::max(run.begin - across, 0), end = std::min(run.end + across, width);
        for (int y = std::max(run.y - down, 0); y <= std::min(run.y + down, height - 1); ++y)
            std::fill(&result[std::size_t(y) * width + begin], &result[std::size_t(y) * width] + end,
                      std::uint8_t(1));
    }
    return result;
}

// Means over windows of (2r + 1)² around the pixels of a mask; the border is mirrored, edge pixel
// included, the one border that keeps the filter symmetric.
class Box {
public:
    Box(const std::uint8_t* mask, int width, int height, int radius)
        : width_(width), height_(height), radius_(radius), targets_(runs_of(mask, width, height)),
          sources_(runs_of(grown(mask, width, height, 0, radius).data(), width, height)),
          sums_(std::size_t(width) * height) {}

    // The masked pixels.
    const std::vector<Run>& targets() const { return targets_; }

    // call use(i, mean) with every masked pixel's index and the mean of `values` around it
    template <class Use>
    void run(const std::vector<f32x4>& values, Use&& use) {
        for (const Run& run : sources_) {
            const f32x4* row = &values[std::size_t(run.y) * width_];
            f32x4* sums = &sums_[std::size_t(run.y) * width_];
            for (int x = run.begin; x < run.end; ++x) {
                f32x4 sum = kZero;
                if (x >= radius_ && x + radius_ < width_)
                    for (int dx = -radius_; dx <= radius_; ++dx) sum += row[x + dx];
                else
                    for (int dx = -radius_; dx <= radius_; ++dx) sum += row[mirrored_whole(x + dx, width_)];
                sums[x] = sum;
            }
        }
        const int side = 2 * radius_ + 1;
        const f32x4 scale = all(1.0f / float(side * side));
        for (const Run& run : targets_)
            for (int x = run.begin; x < run.end; ++x) {
                f32x4 sum = kZero;
                for (int dy = -radius_; dy <= radius_; ++dy)
                    sum += sums_[std::size_t(mirrored_whole(run.y + dy, height_)) * width_ + x];
                use(std::size_t(run.y) * width_ + x, sum * scale);
            }
    }

private:
    int width_, height_, radius_;
    std::vector<Run> targets_, sources_;
    std::vector<f32x4> sums_;
};

// The matting Laplacian, divided by the window's area, at unknown pixels: it asks that alpha be
// locally linear in colour. Its product with p is p minus the guided filter of p (He, Sun & Tang
// 2010, "Fast matting using large kernel matting Laplacian matrices").
class MattingLaplacian {
public:
    // picture: h×w×3 in 0..1; epsilon: variance of colours that means nothing.
    MattingLaplacian(const float* picture, const std::uint8_t* unknown, int width, int height,
                     int radius, float epsilon)
        : width_(width), around_unknown_(unknown, width, height, radius),
          around_centres_(grown(unknown, width, height, radius, radius).data(), width, height, radius),
          seen_(runs_of(grown(unknown, width, height, 2 * radius, 2 * radius).data(), width, height)),
          colours_(std::size_t(width) * height), lines_(colours_.size()), fits_(colours_.size()),
          mean_(colours_.size()), inverse_(3 * colours_.size()) {
        std::vector<f32x4> squares(colours_.size()), mixed(colours_.size());
        for (const Run& run : seen_)
            for (int x = run.begin; x < run.end; ++x) {
                const std::size_t i = std::size_t(run.y) * width + x;
                const float* c = picture + 3 * i;
                colours_[i] = f32x4{c[0], c[1], c[2], 1};
                squares[i] = colours_[i] * colours_[i];
                mixed[i] = f32x4{c[0] * c[1], c[0] * c[2], c[1] * c[2], 0};
            }
        around_centres_.run(colours_, [&](std::size_t i, f32x4 mean) { mean_[i] = mean; });
        around_centres_.run(squares, [&](std::size_t i, f32x4 mean) { inverse_[3 * i] = mean; });
        around_centres_.run(mixed, [&](std::size_t i, f32x4 mean) {
            invert(mean_[i], mean, epsilon, &inverse_[3 * i]);
        });
    }

    // call use(i, (L p)_i) for every unknown pixel
    template <class Use>
    void apply(const std::vector<float>& p, Use&& use) {
        for (const Run& run : seen_)
            for (int x = run.begin; x < run.end; ++x) {
                const std::size_t i = std::size_t(run.y) * width_ + x;
                lines_[i] = colours_[i] * p[i];
            }
        around_centres_.run(lines_, [&](std::size_t i, f32x4 mean) { fits_[i] = line(i, mean); });
        around_unknown_.run(fits_, [&](std::size_t i, f32x4 mean) {
            use(i, p[i] - sum(mean * colours_[i]));
        });
    }

    std::vector<std::size_t> unknown() const {
        std::vector<std::size_t> pixels;
        for (const Run& run : around_unknown_.targets())
            for (int x = run.begin; x < run.end; ++x)
                pixels.push_back(std::size_t(run.y) * width_ + x);
        return pixels;
    }

private:
    // Slope (3) and constant of the line p ≈ slope · rgb + constant around pixel i.
    f32x4 line(std::size_t i, f32x4 moments) const {
        const f32x4 c = moments - mean_[i] * moments[3];
        const f32x4* column = &inverse_[3 * i];
        const f32x4 at_mean = {0, 0, 0, moments[3]};
        return column[0] * all(c[0]) + column[1] * all(c[1]) + column[2] * all(c[2]) + at_mean;
    }

    // In place: mean squares and products become the columns of the inverse covariance, and below each
    // what its slope takes off the line's constant.
    static void invert(f32x4 mean, f32x4 mixed, float epsilon, f32x4* squares) {
        const double r = mean[0], g = mean[1], b = mean[2];
        const double rr = std::max(double(squares[0][0]) - r * r, 0.0) + epsilon;
        const double gg = std::max(double(squares[0][1]) - g * g, 0.0) + epsilon;
        const double bb = std::max(double(squares[0][2]) - b * b, 0.0) + epsilon;
        const double rg = mixed[0] - r * g, rb = mixed[1] - r * b, gb = mixed[2] - g * b;
        const Cofactors c = cofactors(rr, gg, bb, rg, rb, gb, epsilon);
        const float c00 = float(c.c00 / c.det), c11 = float(c.c11 / c.det), c22 = float(c.c22 / c.det);
        const float c01 = float(c.c01 / c.det), c02 = float(c.c02 / c.det), c12 = float(c.c12 / c.det);
        squares[0] = f32x4{c00, c01, c02, 0};
        squares[1] = f32x4{c01, c11, c12, 0};
        squares[2] = f32x4{c02, c12, c22, 0};
        mean[3] = 0;
        for (int k = 0; k < 3; ++k) squares[k][3] = -sum(squares[k] * mean);
    }

    int width_;
    Box around_unknown_, around_centres_;  // centres: windows that hold an unknown pixel
    std::vector<Run> seen_;                // what those windows hold
    std::vector<f32x4> colours_, lines_, fits_, mean_, inverse_;
};

// Solve (L + diag(trust)) alpha = trust · guess for the unknown pixels by conjugate gradients; on
// entry alpha holds what is known, and where the search starts. Stops when the residual has fallen
// to `tolerance` of its first value.
inline void solve_alpha(MattingLaplacian& laplacian, const float* guess, const float* trust,
                        int iterations, double tolerance, float* alpha, std::size_t size) {
    const std::vector<std::size_t> unknown = laplacian.unknown();
    std::vector<float> residual(size), image(size), direction(alpha, alpha + size);
    laplacian.apply(direction, [&](std::size_t i, float value) {
        residual[i] = trust[i] * (guess[i] - alpha[i]) - value;
    });
    direction = residual;
    const auto dot = [&](const std::vector<float>& a, const std::vector<float>& b) {
        double total = 0;
        for (std::size_t i : unknown) total += double(a[i]) * b[i];
        return total;
    };
    double energy = dot(residual, residual);
    const double enough = energy * tolerance * tolerance;
    for (int k = 0; k < iterations && energy > enough; ++k) {
        laplacian.apply(direction, [&](std::size_t i, float value) {
            image[i] = value + trust[i] * direction[i];
        });
        const float step = float(energy / std::max(dot(direction, image), 1e-20));
        for (std::size_t i : unknown) {
            alpha[i] += step * direction[i];
            residual[i] -= step * image[i];
        }
        const double before = energy;
        energy = dot(residual, residual);
        const float keep = float(energy / before);
        for (std::size_t i : unknown) direction[i] = residual[i] + keep * direction[i];
    }
    for (std::size_t i : unknown) alpha[i] = std::min(std::max(alpha[i], 0.0f), 1.0f);
}

}  // namespace defocus::DEFOCUS_ISA::maps
