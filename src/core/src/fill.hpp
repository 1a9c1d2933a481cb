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

#include "borders.hpp"
#include "buffer.hpp"
#include "defocus/pool.hpp"
#include "levels.hpp"
#include "rows.hpp"
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
    void row(int x0, int y, PixelRow& pixels) const {
        constexpr int kCells = kTile / kScale + 2;   // and one on either side
        const Grid& g = levels_[0];
        const Between down = between(y, g.height);
        const int first = x0 / kScale - 1;
        f32x4 cells[kCells];
        for (int k = 0; k < kCells; ++k) {
            const int cx = repeated(first + k, g.width);
            cells[k] = g.value(cx, down.first) * all(1 - down.share) + g.value(cx, down.second) * all(down.share);
        }
        for (int x = 0; x < kTile; x += 2 * kScale) {
            f32x4 eight[2 * kScale];
            for (int i = 0; i < 2 * kScale; ++i) {
                const int k = (x + i + kScale / 2) / kScale;
                const float share = (static_cast<float>((i + kScale / 2) % kScale) + 0.5f) / kScale;
                eight[i] = cells[k] * all(1 - share) + cells[k + 1] * all(share);
            }
            pixels.set_eight(x, eight);
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
            if ((cx + 1) * kScale <= request_.width && (cy + 1) * kScale <= request_.height) {
                f32x4 lows = all(low);
                for (int line = 0; line < kScale; ++line)
                    lows = smaller(lows, *reinterpret_cast<const f32x4_loose*>(samples_.radii() + samples_.index(cx * kScale, cy * kScale + line)));
                low = least(lows);
            } else {
                each_pixel(cx, cy, [&](int x, int y) { low = std::min(low, samples_.radius(samples_.index(x, y))); });
            }
            g.farthest.data()[g.index(cx, cy)] = low;
        }
    }

    void farthest_row_of(std::size_t k, int y) {
        const Grid& fine = levels_[k - 1];
        Grid& coarse = levels_[k];
        const float* lines[2] = {fine.farthest.data() + fine.index(0, 2 * y), fine.farthest.data() + fine.index(0, lower(fine, y))};
        for (int x = 0; x < coarse.width; ++x) {
            const int right = std::min(2 * x + 1, fine.width - 1);
            coarse.farthest.data()[coarse.index(x, y)] =
                std::min(std::min(lines[0][2 * x], lines[0][right]), std::min(lines[1][2 * x], lines[1][right]));
        }
    }

    // The second of the two rows under row y of the next coarser grid.
    static int lower(const Grid& fine, int y) { return std::min(2 * y + 1, fine.height - 1); }

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
        const std::size_t lines[2] = {fine.index(0, 2 * y), fine.index(0, lower(fine, y))};
        for (int x = 0; x < coarse.width; ++x) {
            f32x4 sum = kZero;
            float known = 0;
            for (const std::size_t line : lines) {
                for (const int column : {2 * x, std::min(2 * x + 1, fine.width - 1)}) {
                    const std::size_t at = line + static_cast<std::size_t>(column);
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
        float* known = fine.known.data() + fine.index(0, y);
        if (std::all_of(known, known + fine.width, [](float share) { return share >= 1; })) return;
        const int near = y >> 1, far = repeated((y & 1) != 0 ? near + 1 : near - 1, coarse.height);
        const f32x4* lines[2] = {&coarse.value(0, near), &coarse.value(0, far)};
        const auto column = [&](int x) {
            const int at = repeated(x, coarse.width);
            return enlarged(lines[0][at], lines[1][at]);
        };
        f32x4 before = column(-1), here = column(0), after = column(1);
        for (int x = 0; x < fine.width; ++x) {
            if (known[x] < 1) {
                f32x4& v = fine.value(x, y);
                v = v * all(known[x]) + enlarged(here, (x & 1) != 0 ? after : before) * all(1 - known[x]);
                known[x] = 1;
            }
            if ((x & 1) == 0) continue;
            before = here;
            here = after;
            after = column(x / 2 + 2);
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
