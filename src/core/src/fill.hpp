// What a blurred foreground hides, guessed from its surroundings.
//
// At a quarter of the resolution, every surface that is not an occluder itself is pushed down a
// pyramid and pulled up again into the holes (Gortler et al. 1996, "The lumigraph", section 3.5).
// Only what is not blurred by the pyramid behind the focal plane is filled in this way; of that,
// the scatter behind the focal plane gives a better picture.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "buffer.hpp"
#include "defocus/pool.hpp"
#include "levels.hpp"
#include "samples.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

template <class T>
class Fill {
public:
    static constexpr int kScale = 4;

    Fill(const Request& request, const Survey& survey, const Samples<T>& samples, const Tiles& tiles,
         Memory& memory)
        : request_(request), survey_(survey), samples_(samples), tiles_(tiles),
          wanted_(tiles.around(kHasFront, 1 + static_cast<int>(survey.largest()) / kTile)) {
        int w = (request.width + kScale - 1) / kScale, h = (request.height + kScale - 1) / kScale;
        for (;;) {
            levels_.emplace_back(memory, w, h);
            if (w <= 2 || h <= 2) break;
            w = (w + 1) / 2;
            h = (h + 1) / 2;
        }
    }

    void run(Pool& pool, double begin, double end) {
        const double middle = (begin + end) / 2;
        pool.run(levels_[0].height, begin, middle, [this](int y) { farthest_row(y); });
        for (std::size_t k = 1; k < levels_.size(); ++k)
            pool.run(levels_[k].height, middle, middle, [this, k](int y) { farthest_row_of(k, y); });
        pool.run(levels_[0].height, middle, end, [this](int y) { source_row(y); });
        for (std::size_t k = 1; k < levels_.size(); ++k)
            pool.run(levels_[k].height, end, end, [this, k](int y) { push_row(k, y); });
        for (std::size_t k = levels_.size() - 1; k > 0; --k)
            pool.run(levels_[k - 1].height, end, end, [this, k](int y) { pull_row(k - 1, y); });
    }

    // Hidden light · share and the share of it that is near the focal plane, for one row of a tile.
    void row(int x0, int y, f32x4* pixels) const {
        constexpr int kCells = kTile / kScale + 2;   // and one on either side
        const Grid& g = levels_[0];
        const Between down = between(y, g.height);
        const int first = x0 / kScale - 1;
        f32x4 cells[kCells];
        for (int k = 0; k < kCells; ++k) {
            const int cx = std::clamp(first + k, 0, g.width - 1);
            cells[k] = g.value(cx, down.first) * all(1 - down.share) + g.value(cx, down.second) * all(down.share);
        }
        for (int x = 0; x < kTile; ++x) {
            const int k = (x + kScale / 2) / kScale;
            const float share = (static_cast<float>((x + kScale / 2) % kScale) + 0.5f) / kScale;
            pixels[x] = cells[k] * all(1 - share) + cells[k + 1] * all(share);
        }
    }

private:
    struct Grid {
        int width, height;
        Buffer<f32x4> light;          // near the focal plane: light · share and share
        Buffer<float> known;       // 0 (an occluder) to 1
        Buffer<float> farthest;    // smallest signed radius

        Grid(Memory& memory, int w, int h)
            : width(w), height(h), light(memory, count()), known(memory, count()), farthest(memory, count()) {}
        std::size_t count() const { return static_cast<std::size_t>(width) * height; }
        std::size_t index(int x, int y) const { return static_cast<std::size_t>(y) * width + x; }
        f32x4& value(int x, int y) { return light.data()[index(x, y)]; }
        const f32x4& value(int x, int y) const { return light.data()[index(x, y)]; }
    };

    // The two cells around a pixel along one axis, and how far it is from the first to the second.
    struct Between {
        int first, second;
        float share;
    };

    static Between between(int pixel, int count) {
        const float at = (static_cast<float>(pixel) + 0.5f) / kScale - 0.5f;
        const int first = static_cast<int>(std::floor(at));
        return {std::max(first, 0), std::min(first + 1, count - 1), at - static_cast<float>(first)};
    }

    // Far from any foreground nothing is hidden.
    bool wanted(int cx, int cy) const {
        const int tx = cx * kScale / kTile, ty = cy * kScale / kTile;
        return wanted_[static_cast<std::size_t>(ty) * tiles_.across + tx] != 0;
    }

    // use(x, y) for the pixels of a cell.
    template <class Use>
    void each_pixel(int cx, int cy, Use use) const {
        const int x1 = std::min(request_.width, (cx + 1) * kScale);
        const int y1 = std::min(request_.height, (cy + 1) * kScale);
        for (int y = cy * kScale; y < y1; ++y)
            for (int x = cx * kScale; x < x1; ++x) use(x, y);
    }

    void farthest_row(int cy) {
        Grid& g = levels_[0];
        for (int cx = 0; cx < g.width; ++cx) {
            float low = 1e30f;
            if (!wanted(cx, cy)) {
                low = survey_.range(cy * kScale, cx * kScale / kTile).low;
                g.farthest.data()[g.index(cx, cy)] = low;
                continue;
            }
            each_pixel(cx, cy, [&](int x, int y) { low = std::min(low, samples_.radius(samples_.index(x, y))); });
            g.farthest.data()[g.index(cx, cy)] = low;
        }
    }

    void farthest_row_of(std::size_t k, int y) {
        const Grid& fine = levels_[k - 1];
        Grid& coarse = levels_[k];
        for (int x = 0; x < coarse.width; ++x) {
            float low = 1e30f;
            for (int j = 0; j < 2; ++j)
                for (int i = 0; i < 2; ++i)
                    low = std::min(low, fine.farthest.data()[fine.index(std::min(2 * x + i, fine.width - 1),
                                                                        std::min(2 * y + j, fine.height - 1))]);
            coarse.farthest.data()[coarse.index(x, y)] = low;
        }
    }

    // The smallest radius within about `reach` pixels of a cell.
    float farthest_around(int cx, int cy, float reach) const {
        std::size_t k = 0;
        float cell = kScale;
        while (k + 1 < levels_.size() && cell < reach) {
            cell *= 2;
            ++k;
        }
        const Grid& g = levels_[k];
        const int x = cx >> k, y = cy >> k;
        float low = 1e30f;
        for (int j = std::max(0, y - 1); j <= std::min(g.height - 1, y + 1); ++j)
            for (int i = std::max(0, x - 1); i <= std::min(g.width - 1, x + 1); ++i)
                low = std::min(low, g.farthest.data()[g.index(i, j)]);
        return low;
    }

    void source_row(int cy) {
        Grid& g = levels_[0];
        for (int cx = 0; cx < g.width; ++cx) {
            f32x4 sum = kZero;
            const float count = wanted(cx, cy) ? add_farther(cx, cy, sum) : 0;
            g.value(cx, cy) = count > 0 ? sum * all(1 / count) : sum;
            g.known.data()[g.index(cx, cy)] = count > 0 ? 1.0f : 0.0f;
        }
    }

    // Adds the light of a cell's pixels that hide nothing; returns how many there are.
    float add_farther(int cx, int cy, f32x4& sum) const {
        const Grid& g = levels_[0];
        const float low = g.farthest.data()[g.index(cx, cy)];
        const float step = std::max(1.0f, 0.25f * low);
        // In front everywhere: it hides something only if something farther is near.
        if (low >= 1 && low > farthest_around(cx, cy, low) + step) return 0;
        const float limit = low < 1 ? 1 : low + step;
        float count = 0;
        each_pixel(cx, cy, [&](int x, int y) {
            if (((x ^ y) & 1) != 0) return;   // every other pixel is plenty
            const float r = samples_.radius(samples_.index(x, y));
            if (r >= limit) return;
            count += 1;
            if (r > -kMoveUp[0]) sum += samples_.light(x, y);
        });
        return count;
    }

    void push_row(std::size_t k, int y) {
        const Grid& fine = levels_[k - 1];
        Grid& coarse = levels_[k];
        for (int x = 0; x < coarse.width; ++x) {
            f32x4 sum = kZero;
            float known = 0;
            for (int j = 0; j < 2; ++j) {
                for (int i = 0; i < 2; ++i) {
                    const std::size_t at =
                        fine.index(std::min(2 * x + i, fine.width - 1), std::min(2 * y + j, fine.height - 1));
                    sum += fine.light.data()[at] * all(fine.known.data()[at]);
                    known += fine.known.data()[at];
                }
            }
            if (known > 0) sum *= all(1 / known);
            coarse.value(x, y) = sum;
            coarse.known.data()[coarse.index(x, y)] = std::min(known, 1.0f);
        }
    }

    void pull_row(std::size_t k, int y) {
        Grid& fine = levels_[k];
        const Grid& coarse = levels_[k + 1];
        const int yn = y >> 1;
        const int yf = std::clamp((y & 1) != 0 ? yn + 1 : yn - 1, 0, coarse.height - 1);
        for (int x = 0; x < fine.width; ++x) {
            float& known = fine.known.data()[fine.index(x, y)];
            if (known >= 1) continue;
            const int xn = x >> 1;
            const int xf = std::clamp((x & 1) != 0 ? xn + 1 : xn - 1, 0, coarse.width - 1);
            const f32x4 guess = coarse.value(xn, yn) * all(0.5625f) +
                             (coarse.value(xf, yn) + coarse.value(xn, yf)) * all(0.1875f) +
                             coarse.value(xf, yf) * all(0.0625f);
            f32x4& v = fine.value(x, y);
            v = v * all(known) + guess * all(1 - known);
            known = 1;
        }
    }

    const Request& request_;
    const Survey& survey_;
    const Samples<T>& samples_;
    const Tiles& tiles_;
    std::vector<std::uint8_t> wanted_;
    std::vector<Grid> levels_;
};

}  // namespace defocus::DEFOCUS_ISA
