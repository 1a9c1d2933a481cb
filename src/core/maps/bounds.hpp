// The least and the greatest value in a square window around each pixel of a map.
#pragma once

#include <algorithm>
#include <vector>

#include "borders.hpp"
#include "isa.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// Maps are worked on in squares of so many pixels, each with its window's reach around it.
constexpr int kSquare = 64;

struct Square {
    int left, top, width, height;

    Square(int index, int map_width, int map_height) {
        const int across = (map_width + kSquare - 1) / kSquare;
        left = index % across * kSquare;
        top = index / across * kSquare;
        width = std::min(kSquare, map_width - left);
        height = std::min(kSquare, map_height - top);
    }

    static int count(int map_width, int map_height) {
        return ((map_width + kSquare - 1) / kSquare) * ((map_height + kSquare - 1) / kSquare);
    }
};

// Bounds within `reach` pixels along both axes, square after square. A window that ends beyond the map is
// smaller: the map's last pixel, which it holds already, is seen again.
class Bounds {
public:
    Bounds(const float* map, int width, int height, int reach)
        : map_(map), width_(width), height_(height), reach_(reach), stride_(kSquare + 2 * reach),
          low_(std::size_t(stride_) * stride_), high_(low_.size()) {}

    // All of the square and around it; what `spread` and `find` are about.
    void load(const Square& square) {
        square_ = square;
        rows_ = square.height + 2 * reach_;
        columns_ = square.width + 2 * reach_;
        const int inside_begin = std::max(0, reach_ - square.left);
        const int inside_end = std::min(columns_, width_ - square.left + reach_);
        for (int y = 0; y < rows_; ++y) {
            const float* from = map_ + std::size_t(repeated(square.top + y - reach_, height_)) * width_;
            float* to = &low_[std::size_t(y) * stride_];
            std::fill(to, to + inside_begin, from[0]);
            std::copy(from + square.left + inside_begin - reach_, from + square.left + inside_end - reach_,
                      to + inside_begin);
            std::fill(to + inside_end, to + columns_, from[width_ - 1]);
        }
    }

    // The greatest difference that any window of the square can hold.
    float spread() const {
        float least = low_[0], most = low_[0];
        for (int y = 0; y < rows_; ++y) {
            const float* row = &low_[std::size_t(y) * stride_];
            for (int x = 0; x < columns_; ++x) {
                least = row[x] < least ? row[x] : least;
                most = row[x] > most ? row[x] : most;
            }
        }
        return most - least;
    }

    void find() {
        high_ = low_;
        const auto least = [](float a, float b) { return b < a ? b : a; };
        const auto most = [](float a, float b) { return b > a ? b : a; };
        for (int y = 0; y < rows_; ++y) {
            along_row(&low_[std::size_t(y) * stride_], least);
            along_row(&high_[std::size_t(y) * stride_], most);
        }
        down_columns(low_.data(), least);
        down_columns(high_.data(), most);
    }

    // Of row y of the square, after find().
    const float* low(int y) const { return &low_[std::size_t(y) * stride_]; }
    const float* high(int y) const { return &high_[std::size_t(y) * stride_]; }

private:
    // Windows of 1, 2, 4 … pixels, each from two of half its length; two that overlap make the last.
    template <class Step>
    void by_doubling(Step&& step) const {
        const int window = 2 * reach_ + 1;
        int length = 1;
        for (; 2 * length <= window; length *= 2) step(length);
        if (length < window) step(window - length);
    }

    template <class Choose>
    void along_row(float* row, Choose choose) const {
        by_doubling([&](int further) {
            for (int x = 0; x + further < columns_; ++x) row[x] = choose(row[x], row[x + further]);
        });
    }

    template <class Choose>
    void down_columns(float* square, Choose choose) const {
        by_doubling([&](int further) {
            for (int y = 0; y + further < rows_; ++y) {
                float* row = square + std::size_t(y) * stride_;
                const float* other = row + std::size_t(further) * stride_;
                for (int x = 0; x < square_.width; ++x) row[x] = choose(row[x], other[x]);
            }
        });
    }

    const float* map_;
    int width_, height_, reach_, stride_;
    int rows_ = 0, columns_ = 0;
    Square square_{0, 1, 1};
    std::vector<float> low_, high_;
};

}  // namespace defocus::DEFOCUS_ISA::maps
