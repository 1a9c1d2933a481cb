// Draws every cell's stamp and joins the levels.
//
// A stamp is drawn as its derivative along x and one running sum per row then draws them all, so a
// cell costs two additions per row of its stamp, whatever its width (Wadhwa et al. 2018, "Synthetic
// depth-of-field with a single-camera mobile phone", arXiv:1806.04171, section 5.3).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "aperture.hpp"
#include "plane.hpp"
#include "pyramid.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

// Beyond the frame the picture goes on as its mirror image.
inline int mirror(int i, int count) {
    if (i < 0) i = -1 - i;
    if (i >= count) i = 2 * count - 1 - i;
    return std::clamp(i, 0, count - 1);
}

// Rows y0..y1 of a picture as derivatives along x, with room on both sides for stamps that reach
// over the edge.
class Canvas {
public:
    Canvas(int width, int rows, int margin)
        : stride_(width + 2 * margin), margin_(margin),
          memory_(static_cast<std::size_t>(stride_) * rows) {}

    void clear(int y0, int y1) {
        y0_ = y0;
        y1_ = y1;
        std::fill_n(memory_.data(), static_cast<std::size_t>(stride_) * (y1 - y0), kZero);
    }

    // Add a stamp whose centre is (x, y); rows outside the canvas are cut.
    void draw(const Stamp& stamp, int x, int y, f4 v) {
        const ApertureRow* row = stamp.rows;
        const ApertureRow* end = row + stamp.count;
        const f8 both = twice(v);
        // (near, 1 − near) · v  =  (0, 1) · v + near · (1, −1) · v
        const f8 far = both * f8{0, 0, 0, 0, 1, 1, 1, 1};
        const f8 slope = both * f8{1, 1, 1, 1, -1, -1, -1, -1};
        f4* origin = memory_.data() + static_cast<std::ptrdiff_t>(y - y0_) * stride_ + margin_ + x;
        const bool inside = y - stamp.reach >= y0_ && y + stamp.reach < y1_;
        for (; row < end; ++row) {
            if (!inside && static_cast<unsigned>(y + row->dy - y0_) >= static_cast<unsigned>(y1_ - y0_))
                continue;
            f4* line = origin + static_cast<std::ptrdiff_t>(row->dy) * stride_;
            f8_pair* left = reinterpret_cast<f8_pair*>(line + row->left);
            *left = (*left + far) + slope * all8(row->near_left);
            f8_pair* right = reinterpret_cast<f8_pair*>(line + row->right);
            *right = (*right - far) - slope * all8(row->near_right);
        }
    }

    // The same for stamps of any size, cut to the canvas.
    void draw_cut(const Stamp& stamp, int x, int y, f4 v) {
        const int low = -margin_, high = stride_ - margin_ - 2;
        for (int k = 0; k < stamp.count; ++k) {
            const ApertureRow& row = stamp.rows[k];
            const int at = y + row.dy;
            const int left = x + row.left, right = x + row.right;
            if (at < y0_ || at >= y1_ || right < low || left > high) continue;
            f4* line = memory_.data() + static_cast<std::ptrdiff_t>(at - y0_) * stride_ + margin_;
            add_end(line, std::max(left, low), left < low ? 1 : row.near_left, v);
            if (right <= high) add_end(line, right, row.near_right, -v);
        }
    }

    // Derivatives of row y; x may run from −margin.
    const f4* row(int y) const {
        return memory_.data() + static_cast<std::size_t>(y - y0_) * stride_ + margin_;
    }
    int margin() const { return margin_; }
    int top() const { return y0_; }
    int bottom() const { return y1_; }

private:
    static void add_end(f4* line, int x, float near, f4 v) {
        line[x] += v * all(near);
        line[x + 1] += v * all(1 - near);
    }

    int stride_, margin_;
    int y0_ = 0, y1_ = 0;
    Plane<f4> memory_;
};

// Draws samples with the aperture of the lens: chooses the stamp by radius and zone.
class Brush {
public:
    Brush(const Job& job, int width, int height)
        : aperture_(*job.aperture), ring_scale_(job.ring_scale), ring_weight_(job.ring_weight),
          width_(width), height_(height) {}

    // `v` is light · weight and weight; `radius` is in the canvas' own pixels.
    void draw(Canvas& canvas, int canvas_x, int x, int y, float radius, f4 v) const {
        const Stamp* stamps = zone(x, y);
        if (ring_scale_ == 0) {
            const Stamp& stamp = stamps[step(radius)];
            canvas.draw(stamp, canvas_x, y, v * all(stamp.inverse_area));
            return;
        }
        const Stamp& outer = stamps[step(radius)];
        const Stamp& inner = stamps[step(radius * ring_scale_)];
        canvas.draw(outer, canvas_x, y, v * all((1 - ring_weight_) * outer.inverse_area));
        canvas.draw(inner, canvas_x, y, v * all(ring_weight_ * inner.inverse_area));
    }

    int reach(float radius) const { return aperture_.reach(radius); }

private:
    static int step(float radius) {
        const int step = static_cast<int>(radius * Aperture::kSteps + 0.5f);
        return std::clamp(step, 1, Aperture::kCount - 1);
    }

    const Stamp* zone(int x, int y) const {
        if (aperture_.zones_x() == 1) return aperture_.zone(0, 0);
        const int zx = std::clamp(x, 0, width_ - 1) * aperture_.zones_x() / width_;
        const int zy = std::clamp(y, 0, height_ - 1) * aperture_.zones_y() / height_;
        return aperture_.zone(zx, zy);
    }

    const Aperture& aperture_;
    float ring_scale_, ring_weight_;
    int width_, height_;
};

constexpr float kNoWeight = 1e-4f;   // rounding of the running sums stays below

// One row of a level half as fine, ready to be read at twice its width: three quarters of the near
// neighbour, one quarter of the far one, in both directions.
class UpsampledRow {
public:
    explicit UpsampledRow(int width) : row_(static_cast<std::size_t>(width) + 2) {}

    void load(const half4* cells, int width, int height, int y) {
        const int near = std::min(y >> 1, height - 1);
        const int far = std::clamp((y & 1) != 0 ? near + 1 : near - 1, 0, height - 1);
        const half4* a = cells + static_cast<std::size_t>(near) * width;
        const half4* b = cells + static_cast<std::size_t>(far) * width;
        for (int x = 0; x < width; ++x)
            row_[x + 1] = all(0.75f) * unpack(a[x]) + all(0.25f) * unpack(b[x]);
        row_[0] = row_[1];
        row_[width + 1] = row_[width];
    }

    f4 at(int x) const {
        const int near = (x >> 1) + 1;
        return all(0.75f) * row_[near] + all(0.25f) * row_[(x & 1) != 0 ? near + 1 : near - 1];
    }

private:
    std::vector<f4> row_;
};

// What is still uncovered is filled by `under`, as far as it goes: levels meet without cracks where
// a continuous surface passes from one to the other.
inline f4 add_under(f4 over, f4 under) {
    const float covered = weight(over), offered = weight(under);
    if (offered < 1e-6f || covered >= 1) return over;
    return over + under * all(std::min(offered, 1 - covered) / offered);
}

inline f4 saturated(f4 v) {
    const float w = weight(v);
    if (w < kNoWeight) return kZero;
    return w > 1 ? v * all(1 / w) : v;
}

// Scatters one level. Bands of rows are independent, so any number of threads gives one picture.
class Scatter {
public:
    // `coarser` is the next level, already scattered, or null.
    Scatter(const Job& job, Level& level, const Level* coarser, int l, Tiles& tiles)
        : level_(level), coarser_(coarser), tiles_(l == 1 ? &tiles : nullptr),
          scale_(1.0f / static_cast<float>(1 << l)), brush_(job, level.width, level.height),
          reach_(brush_.reach(std::min(kMoveUp[l] * scale_, Aperture::kMaxRadius))) {}

    int pieces() const { return 2 * bands(); }

    void piece(int i) {
        const Side s = i % 2 == 0 ? kBehind : kInFront;
        const int band = i / 2;
        const int y0 = band * kBand, y1 = std::min(level_.height, y0 + kBand);
        const Extent extent = live(s, y0, y1);
        const bool from_coarser = coarser_ != nullptr && !coarser_empty(s, y0, y1);
        if (extent.empty() && !from_coarser) return;
        level_.side[s].empty_bands[band] = 0;

        const int margin = 2 * reach_ + 4;
        Canvas canvas(extent.empty() ? 0 : level_.width, kBand, margin);
        canvas.clear(y0, y1);
        if (!extent.empty()) draw(canvas, s, extent);
        join(canvas, s, extent, from_coarser);
        if (tiles_ != nullptr && s == kInFront) mark_under_front(y0, y1);
    }

private:
    // Columns that hold live cells.
    struct Extent {
        int begin, end;
        bool empty() const { return begin >= end; }
    };

    int bands() const { return (level_.height + kBand - 1) / kBand; }

    Extent live(Side s, int y0, int y1) const {
        const LevelSide& side = level_.side[s];
        Extent extent{level_.width, 0};
        const int first = std::max(0, y0 - reach_), last = std::min(level_.height, y1 + reach_);
        for (int y = first; y < last; ++y) {
            if (!side.live_rows[y]) continue;
            for (int sg = 0; sg < level_.segments; ++sg) {
                if (!side.live_segments[level_.segment(y, sg)]) continue;
                extent.begin = std::min(extent.begin, sg * kSegment);
                extent.end = std::max(extent.end, std::min(level_.width, (sg + 1) * kSegment));
            }
        }
        return extent;
    }

    bool coarser_empty(Side s, int y0, int y1) const {
        const auto& empty = coarser_->side[s].empty_bands;
        const int first = std::max(0, y0 / 2 - 1), last = std::min(coarser_->height - 1, y1 / 2);
        for (int band = first / kBand; band <= last / kBand; ++band)
            if (!empty[band]) return false;
        return true;
    }

    void draw(Canvas& canvas, Side s, Extent extent) const {
        const LevelSide& side = level_.side[s];
        for (int y = canvas.top() - reach_; y < canvas.bottom() + reach_; ++y) {
            const int source = mirror(y, level_.height);
            if (!side.live_rows[source]) continue;
            // Even, then odd cells: neighbouring stamps touch the same memory, and a load that
            // waits for the previous store costs more than the addition.
            for (int sg = extent.begin / kSegment; sg * kSegment < extent.end; ++sg) {
                if (!side.live_segments[level_.segment(source, sg)]) continue;
                const int end = std::min(level_.width, (sg + 1) * kSegment);
                for (int parity = 0; parity < 2; ++parity)
                    for (int x = sg * kSegment + parity; x < end; x += 2)
                        draw_cell(canvas, side, x, y, x, source);
            }
            for (int k = 0; k < reach_; ++k) {
                draw_cell(canvas, side, -1 - k, y, mirror(-1 - k, level_.width), source);
                const int x = level_.width + k;
                draw_cell(canvas, side, x, y, mirror(x, level_.width), source);
            }
        }
    }

    void draw_cell(Canvas& canvas, const LevelSide& side, int x, int y, int from_x, int from_y) const {
        const std::size_t at = level_.row(from_y) + from_x;
        const half4 cell = side.cells.data()[at];
        if (!has_weight(cell)) return;
        const float radius = side.radius.data()[at] * scale_;
        if (x < -radius * 2 || x > level_.width + radius * 2) return;
        brush_.draw(canvas, x, x, y, radius, unpack(cell));
    }

    void join(const Canvas& canvas, Side s, Extent extent, bool from_coarser) {
        const int begin = extent.empty() ? level_.width : std::max(0, extent.begin - canvas.margin());
        const int end = extent.empty() ? 0 : std::min(level_.width, extent.end + canvas.margin());
        UpsampledRow coarse(coarser_ != nullptr ? coarser_->width : 0);
        for (int y = canvas.top(); y < canvas.bottom(); ++y) {
            half4* out = level_.side[s].blurred.data() + level_.row(y);
            if (from_coarser) {
                coarse.load(coarser_->side[s].blurred.data(), coarser_->width, coarser_->height, y);
                for (int x = 0; x < std::min(begin, level_.width); ++x) out[x] = pack(coarse.at(x));
                for (int x = std::max(end, begin); x < level_.width; ++x) out[x] = pack(coarse.at(x));
            }
            if (extent.empty()) continue;
            const f4* derivative = canvas.row(y);
            f4 sum = kZero;
            for (int x = -canvas.margin(); x < begin; ++x) sum += derivative[x];
            for (int x = begin; x < end; ++x) {
                sum += derivative[x];
                f4 v = saturated(sum);
                if (from_coarser) {
                    // Behind the focal plane coarser means farther, in front of it nearer.
                    const f4 c = coarse.at(x);
                    v = s == kBehind ? add_under(v, c) : add_under(c, v);
                }
                out[x] = pack(v);
            }
        }
    }

    void mark_under_front(int y0, int y1) const {
        for (int y = y0; y < y1; ++y) {
            const half4* row = level_.side[kInFront].blurred.data() + level_.row(y);
            for (int tx = 0; tx < tiles_->across; ++tx) {
                const int end = std::min(level_.width, (tx + 1) * kSegment);
                std::uint8_t& mark =
                    tiles_->under_front[static_cast<std::size_t>(2 * y / kTile) * tiles_->across + tx];
                if (mark) continue;
                mark = std::any_of(row + tx * kSegment, row + end, has_weight);
            }
        }
    }

    Level& level_;
    const Level* coarser_;
    Tiles* tiles_;
    float scale_;
    Brush brush_;
    int reach_;
};

}  // namespace defocus::DEFOCUS_ISA
