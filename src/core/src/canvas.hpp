// Drawing discs: rows of a picture as derivatives along x.
//
// A stamp is drawn as its derivative along x and one running sum per row then draws them all, so a
// cell costs two additions per row of its stamp, whatever its width (Wadhwa et al. 2018, "Synthetic
// depth-of-field with a single-camera mobile phone", arXiv:1806.04171, section 5.3).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "buffer.hpp"
#include "defocus/aperture.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

// Rows y0..y1 of a picture as derivatives along x, with room on both sides for stamps that reach
// over the edge.
class Canvas {
public:
    Canvas(Memory& memory, int width, int rows, int margin)
        : stride_(width + 2 * margin), margin_(margin),
          derivatives_(memory, static_cast<std::size_t>(stride_) * rows) {}

    void place(int y0, int y1) {
        y0_ = y0;
        y1_ = y1;
    }
    void clear() {
        std::fill_n(derivatives_.data(), static_cast<std::size_t>(stride_) * (y1_ - y0_), kZero);
    }
    // Columns begin to end − 1 only.
    void clear(int begin, int end) {
        f32x4* line = derivatives_.data() + margin_ + begin;
        for (int y = y0_; y < y1_; ++y, line += stride_) std::fill_n(line, end - begin, kZero);
    }

    // Add a stamp whose centre is (x, y); rows outside the canvas are cut.
    void draw(const Stamp& stamp, int x, int y, f32x4 v) {
        each_row(stamp, x, y, [&](f32x4* line, const ApertureRow& row) {
            const f32x4 near_left = v * all(row.near_left), near_right = v * all(row.near_right);
            add_pair(line + row.left, pair(near_left, v - near_left));
            add_pair(line + row.right, -pair(near_right, v - near_right));
        });
    }

    // Add one stamp at x, x + 1 … x + count − 1, for v[0], v[1] … (count ≥ 2).
    void draw_run(const Stamp& stamp, int x, int y, const f32x4* v, int count) {
        each_row(stamp, x, y, [&](f32x4* line, const ApertureRow& row) {
            add_run(line + row.left, v, count, row.near_left, 1 - row.near_left);
            add_run(line + row.right, v, count, -row.near_right, row.near_right - 1);
        });
    }

    // The same for stamps of any size, cut to the canvas.
    void draw_cut(const Stamp& stamp, int x, int y, f32x4 v) {
        const int low = -margin_, high = stride_ - margin_ - 2;
        each_row(stamp, 0, y, [&](f32x4* line, const ApertureRow& row) {
            const int left = x + row.left, right = x + row.right;
            if (right < low || left > high) return;
            add_end(line, std::max(left, low), left < low ? 1 : row.near_left, v);
            if (right <= high) add_end(line, right, row.near_right, -v);
        });
    }

    // Derivatives of row y; x may run from −margin.
    const f32x4* row(int y) const {
        return derivatives_.data() + static_cast<std::size_t>(y - y0_) * stride_ + margin_;
    }
    int margin() const { return margin_; }
    int top() const { return y0_; }
    int bottom() const { return y1_; }

private:
    // use(pixel (x, y + dy) of the canvas, row) for the rows of a stamp at (x, y) that lie inside: they
    // follow each other without gaps, so those are one run of them.
    template <class Use>
    void each_row(const Stamp& stamp, int x, int y, Use use) {
        f32x4* origin = derivatives_.data() + static_cast<std::ptrdiff_t>(y - y0_) * stride_ + margin_ + x;
        const int first = std::max(0, y0_ - y - stamp.rows[0].dy);
        const int last = std::min(stamp.count, y1_ - y - stamp.rows[0].dy);
        for (int k = first; k < last; ++k)
            use(origin + static_cast<std::ptrdiff_t>(stamp.rows[k].dy) * stride_, stamp.rows[k]);
    }

    static void add_pair(f32x4* at, f32x8 v) { store(at, *reinterpret_cast<const f32x8_loose*>(at) + v); }

    // at[i] += near · v[i] + far · v[i − 1], without v[−1] and v[count]
    static void add_run(f32x4* at, const f32x4* v, int count, float near, float far) {
        at[0] += v[0] * all(near);
        int i = 1;
        for (; i + 1 < count; i += 2) {
            const f32x8 here = *reinterpret_cast<const f32x8_loose*>(v + i);
            const f32x8 before = *reinterpret_cast<const f32x8_loose*>(v + i - 1);
            add_pair(at + i, here * all8(near) + before * all8(far));
        }
        if (i < count) at[i] += v[i] * all(near) + v[i - 1] * all(far);
        at[count] += v[count - 1] * all(far);
    }

    static void add_end(f32x4* line, int x, float near, f32x4 v) {
        line[x] += v * all(near);
        line[x + 1] += v * all(1 - near);
    }

    int stride_, margin_;
    int y0_ = 0, y1_ = 0;
    Buffer<f32x4> derivatives_;
};

}  // namespace defocus::DEFOCUS_ISA
