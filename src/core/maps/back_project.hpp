// What is refined must average to what was given (Irani & Peleg 1991): the third idea of defocus.refine.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "bounds.hpp"
#include "defocus/pool.hpp"
#include "sampler.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// Which pixels lie in each of `count` cells along one axis, and how much of the cell's length each is.
class CellSpans {
public:
    CellSpans(int count, int pixels) : first_(count), begin_(count + 1) {
        const double length = double(pixels) / count;
        for (int cell = 0; cell < count; ++cell) {
            const double from = cell * length, to = (cell + 1) * length;
            first_[cell] = std::min(int(from), pixels - 1);
            begin_[cell] = int(shares_.size());
            const int last = std::clamp(int(std::ceil(to)) - 1, first_[cell], pixels - 1);
            for (int i = first_[cell]; i <= last; ++i)
                shares_.push_back(float((std::min(to, i + 1.0) - std::max(from, double(i))) / length));
        }
        begin_[count] = int(shares_.size());
    }

    int first(int cell) const { return first_[cell]; }
    int size(int cell) const { return begin_[cell + 1] - begin_[cell]; }
    const float* shares(int cell) const { return &shares_[begin_[cell]]; }

private:
    std::vector<int> first_, begin_;
    std::vector<float> shares_;
};

class BackProjection {
public:
    // cells: what was given, cells_wide × cells_high. least, most: of those cells, how far and how near the
    // truth may be there. Within `reach` pixels a difference above `step` is a step.
    struct Given {
        const float *cells, *least, *most;
        int cells_wide, cells_high, reach;
        float step;
    };

    BackProjection(const Given& given, float* values, int width, int height)
        : given_(given), values_(values), width_(width), height_(height), across_(given.cells_wide, width),
          down_(given.cells_high, height), share_(std::size_t(width) * height),
          lost_(std::size_t(given.cells_wide) * given.cells_high * 4) {}

    // Give back once what the cells hold and the pixels lost.
    void give(Pool& pool) {
        pool.run(Square::count(width_, height_), 0, 1, [&](int index) { find_shares(Square(index, width_, height_)); });
        pool.run(given_.cells_high, 0, 1, [&](int row) { find_lost(row); });
        const WorkingMap<1> lost(lost_.data(), given_.cells_wide, given_.cells_high, width_, height_);
        pool.run(bands(height_), 0, 1, [&](int band) { hand_out(lost, band); });
    }

private:
    static constexpr float kLeast = 0.02f;  // nobody gets nothing
    static constexpr float kEven = kLeast + 0.5f;
    static constexpr float kMost = 6;       // times the mean

    // How much of what is missing is a pixel's: at a step, the nearer it is, the more.
    void find_shares(const Square& square) {
        Bounds bounds(values_, width_, height_, given_.reach);
        bounds.load(square);
        const bool is_even = bounds.spread() <= given_.step;
        if (!is_even) bounds.find();
        for (int y = 0; y < square.height; ++y) {
            const std::size_t at = std::size_t(square.top + y) * width_ + square.left;
            float* share = &share_[at];
            if (is_even) {
                std::fill_n(share, square.width, kEven);
                continue;
            }
            const float *value = values_ + at, *low = bounds.low(y), *high = bounds.high(y);
            for (int x = 0; x < square.width; ++x) {
                const float span = high[x] - low[x];
                const float at_step = kLeast + (value[x] - low[x]) / std::max(span, 1e-9f);
                share[x] = span > given_.step ? at_step : kEven;
            }
        }
    }

    // Of a row of cells: what is missing, the mean share, and the bounds.
    void find_lost(int row) {
        std::vector<float> values(width_), shares(width_);
        for (int i = 0; i < down_.size(row); ++i) {
            const std::size_t at = std::size_t(down_.first(row) + i) * width_;
            const float part = down_.shares(row)[i];
            const float *value = values_ + at, *share = &share_[at];
            for (int x = 0; x < width_; ++x) {
                values[x] += part * value[x];
                shares[x] += part * share[x];
            }
        }
        for (int cell = 0; cell < given_.cells_wide; ++cell) {
            float value = 0, share = 0;
            const int first = across_.first(cell);
            for (int i = 0; i < across_.size(cell); ++i) {
                value += across_.shares(cell)[i] * values[first + i];
                share += across_.shares(cell)[i] * shares[first + i];
            }
            const std::size_t at = std::size_t(row) * given_.cells_wide + cell;
            const float lost[] = {given_.cells[at] - value, share, given_.least[at], given_.most[at]};
            std::copy_n(lost, 4, &lost_[4 * at]);
        }
    }

    void hand_out(const WorkingMap<1>& lost, int band) {
        MapRow<1> around(lost);
        const int end = std::min(height_, (band + 1) * kBandRows);
        for (int y = band * kBandRows; y < end; ++y) {
            around.move_to(y);
            const std::size_t at = std::size_t(y) * width_;
            for (int x = 0; x < width_; ++x) {
                const f32x4 here = around.at(x);
                const float gain = std::min(share_[at + x] / here[1], kMost);
                values_[at + x] = std::min(std::max(values_[at + x] + gain * here[0], here[2]), here[3]);
            }
        }
    }

    const Given given_;
    float* values_;
    int width_, height_;
    CellSpans across_, down_;
    std::vector<float> share_;
    std::vector<float> lost_;  // cells of four: missing, mean share, least, most
};

}  // namespace defocus::DEFOCUS_ISA::maps
