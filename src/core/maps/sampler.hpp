// WorkingMap maps seen from the photo's pixels: bilinear, pixel centres aligned, borders repeated.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "simd.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// Which two cells of `count` lie around each of `photo_count` pixels along one axis, and how far
// the pixel is from the first to the second.
struct Axis {
    std::vector<int> first;
    std::vector<float> share;
    std::vector<int> begin;  // the first pixel after each cell, and at last the number of pixels
    int last;

    Axis(int count, int photo_count, double scale)
        : first(photo_count), share(photo_count), begin(count + 1, photo_count), last(count - 1) {
        for (int i = photo_count - 1; i >= 0; --i) {
            const double at = std::clamp((i + 0.5) * scale - 0.5, 0.0, double(last));
            first[i] = int(at);
            share[i] = float(at - first[i]);
            begin[first[i]] = i;
        }
        for (int cell = last; cell >= 0; --cell) begin[cell] = std::min(begin[cell], begin[cell + 1]);
    }
};

// One map of h×w cells with `Quads` times four channels that covers a photo.
template <int Quads>
struct WorkingMap {
    const float* data;
    int width, height;
    Axis across, down;

    WorkingMap(const float* data, int width, int height, int photo_width, int photo_height)
        : data(data), width(width), height(height),
          across(width, photo_width, double(width) / photo_width),
          down(height, photo_height, double(height) / photo_height) {}

    // Cells of `block` pixels squared; the last ones may reach beyond the photo.
    WorkingMap(const float* data, int photo_width, int photo_height, int block)
        : data(data), width((photo_width + block - 1) / block),
          height((photo_height + block - 1) / block), across(width, photo_width, 1.0 / block),
          down(height, photo_height, 1.0 / block) {}
};

// The map along one row of the photo.
template <int Quads>
class MapRow {
public:
    explicit MapRow(const WorkingMap<Quads>& map) : map_(map), cells_(std::size_t(map.width + 1) * Quads) {}

    void move_to(int y) {
        const int top = map_.down.first[y], bottom = std::min(top + 1, map_.down.last);
        const f32x4 share = all(map_.down.share[y]);
        const std::size_t stride = std::size_t(map_.width) * Quads * 4;
        const float *a = map_.data + top * stride, *b = map_.data + bottom * stride;
        for (std::size_t i = 0; i < std::size_t(map_.width) * Quads; ++i) {
            const f32x4 upper = load(a + 4 * i), lower = load(b + 4 * i);
            cells_[i] = upper + share * (lower - upper);
        }
        for (int k = 0; k < Quads; ++k)  // repeated, so that there is always a second cell
            cells_[std::size_t(map_.width) * Quads + k] =
                cells_[std::size_t(map_.width - 1) * Quads + k];
    }

    f32x4 at(int x, int quad = 0) const {
        const f32x4* cell = &cells_[std::size_t(map_.across.first[x]) * Quads + quad];
        return cell[0] + all(map_.across.share[x]) * (cell[Quads] - cell[0]);
    }

    float first_at(int x) const {
        const f32x4* cell = &cells_[std::size_t(map_.across.first[x]) * Quads];
        return cell[0][0] + map_.across.share[x] * (cell[Quads][0] - cell[0][0]);
    }

    // call use(begin, end) with the pixels where a channel of quad 0 may be above zero, from left to right
    template <class Use>
    void spans(Use&& use, int channel = 0) const {
        const std::vector<int>& begin = map_.across.begin;
        const auto some = [&](int cell) { return cells_[std::size_t(cell) * Quads][channel] > 0; };
        for (int cell = 0; cell < map_.width;) {
            const int from = cell;
            while (cell < map_.width && (some(cell) || some(cell + 1))) ++cell;
            if (from < cell && begin[from] < begin[cell]) use(begin[from], begin[cell]);
            else ++cell;
        }
    }

    static f32x4 load(const float* at) { return *reinterpret_cast<const f32x4_loose*>(at); }

private:
    const WorkingMap<Quads>& map_;
    std::vector<f32x4> cells_;
};

// A pixel of the photo as colours 0..1 (the fourth channel is 1, for a linear model's constant).
template <class T>
f32x4 colour_at(const T* pixel, float unit) {
    return f32x4{pixel[0] * unit, pixel[1] * unit, pixel[2] * unit, 1.0f};
}

inline float sum(f32x4 v) { return (v[0] + v[1]) + (v[2] + v[3]); }

// Rows are dealt out in bands.
constexpr int kBandRows = 16;
inline int bands(int height) { return (height + kBandRows - 1) / kBandRows; }

}  // namespace defocus::DEFOCUS_ISA::maps
