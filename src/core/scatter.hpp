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

// Beyond the frame the picture goes on as its last row or column.
inline int clamped(int i, int count) { return std::clamp(i, 0, count - 1); }

// Rows y0..y1 of a picture as derivatives along x, with room on both sides for stamps that reach
// over the edge.
class Canvas {
public:
    Canvas(int width, int rows, int margin)
        : stride_(width + 2 * margin), margin_(margin),
          memory_(static_cast<std::size_t>(stride_) * rows) {}

    void place(int y0, int y1) {
        y0_ = y0;
        y1_ = y1;
    }
    void clear() {
        std::fill_n(memory_.data(), static_cast<std::size_t>(stride_) * (y1_ - y0_), kZero);
    }

    // Add a stamp whose centre is (x, y); rows outside the canvas are cut.
    void draw(const Stamp& stamp, int x, int y, f4 v) {
        f4* origin = memory_.data() + static_cast<std::ptrdiff_t>(y - y0_) * stride_ + margin_ + x;
        // Rows follow each other without gaps: those inside the canvas are one run of them.
        const int first = std::max(0, y0_ - y - stamp.rows[0].dy);
        const int last = std::min(stamp.count, y1_ - y - stamp.rows[0].dy);
        for (int k = first; k < last; ++k) {
            const ApertureRow& row = stamp.rows[k];
            f4* line = origin + static_cast<std::ptrdiff_t>(row.dy) * stride_;
            const f4 near_left = v * all(row.near_left), near_right = v * all(row.near_right);
            add_pair(line + row.left, pair(near_left, v - near_left));
            add_pair(line + row.right, -pair(near_right, v - near_right));
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
    static void add_pair(f4* at, f8 v) { store(at, *reinterpret_cast<const f8_loose*>(at) + v); }

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
    // `spread`: how far cells smear light themselves, as the squared radius of a disc that smears
    // as far; it is taken off every stamp.
    Brush(const Job& job, int width, int height, float spread)
        : aperture_(*job.aperture), ring_scale_(job.ring_scale), ring_weight_(job.ring_weight),
          width_(width), height_(height), spread_(spread) {}

    // `v` is light · weight and weight; `radius` is in the canvas' own pixels.
    void draw(Canvas& canvas, int canvas_x, int x, int y, float radius, f4 v) const {
        const Stamp* stamps = zone(x, y);
        radius = std::sqrt(std::max(0.0f, radius * radius - spread_));
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
    float spread_;
};

// A pixel is averaged over its cell and the cell is smoothed again when levels are enlarged: about
// a quarter of a squared cell in each direction, and a disc's variance is a quarter of its r².
constexpr float kCellSpread = 1;

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
        int x = 0;
        for (; x + 1 < width; x += 2)
            store(&row_[x + 1], all8(0.75f) * unpack_pair(a + x) + all8(0.25f) * unpack_pair(b + x));
        if (x < width) row_[x + 1] = all(0.75f) * unpack(a[x]) + all(0.25f) * unpack(b[x]);
        row_[0] = row_[1];
        row_[width + 1] = row_[width];
    }

    f4 at(int x) const {
        const int near = (x >> 1) + 1;
        return all(0.75f) * row_[near] + all(0.25f) * row_[(x & 1) != 0 ? near + 1 : near - 1];
    }

    // at(begin) to at(end − 1), packed into out[begin] and so on.
    void copy(half4* out, int begin, int end) const {
        int x = begin;
        if (x < end && (x & 1) != 0) {
            out[x] = pack(at(x));
            ++x;
        }
        for (; x + 1 < end; x += 2) {
            const f4* cells = &row_[x >> 1];
            const f8 near = pair(cells[1], cells[1]), far = pair(cells[0], cells[2]);
            pack_pair(out + x, all8(0.75f) * near + all8(0.25f) * far);
        }
        if (x < end) out[x] = pack(at(x));
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
          scale_(1.0f / static_cast<float>(1 << l)), brush_(job, level.width, level.height, kCellSpread),
          reach_(brush_.reach(std::min(kMoveUp[l] * scale_, Aperture::kMaxRadius))) {}

    int pieces() const { return 2 * bands(); }

    // Memory for one thread's pieces.
    Canvas canvas() const { return Canvas(level_.width, kBand, 2 * reach_ + 4); }

    void piece(int i, Canvas& canvas) {
        const Side s = i % 2 == 0 ? kBehind : kInFront;
        const int band = i / 2;
        const int y0 = band * kBand, y1 = std::min(level_.height, y0 + kBand);
        const Extent extent = live(s, y0, y1);
        const bool from_coarser = coarser_ != nullptr && !coarser_empty(s, y0, y1);
        if (extent.empty() && !from_coarser) return;
        level_.side[s].empty_bands[band] = 0;

        canvas.place(y0, y1);
        if (!extent.empty()) {
            canvas.clear();
            draw(canvas, s, extent);
        }
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
        // Column of segments by column, so that the part of the canvas in use stays in the cache.
        for (int sg = extent.begin / kSegment; sg * kSegment < extent.end; ++sg) {
            const int begin = sg * kSegment, end = std::min(level_.width, begin + kSegment);
            for (int y = canvas.top() - reach_; y < canvas.bottom() + reach_; ++y) {
                const int source = clamped(y, level_.height);
                if (!level_.side[s].live_segments[level_.segment(source, sg)]) continue;
                for (int x = begin; x < end; ++x) draw_cell(canvas, s, x, y, x, source);
            }
        }
        if (extent.begin == 0) draw_beyond(canvas, s, -reach_, 0);
        if (extent.end == level_.width) draw_beyond(canvas, s, level_.width, level_.width + reach_);
    }

    // The picture beyond its left or right edge, as far as it reaches back.
    void draw_beyond(Canvas& canvas, Side s, int begin, int end) const {
        for (int y = canvas.top() - reach_; y < canvas.bottom() + reach_; ++y) {
            const int source = clamped(y, level_.height);
            if (!level_.side[s].live_rows[source]) continue;
            for (int x = begin; x < end; ++x)
                draw_cell(canvas, s, x, y, clamped(x, level_.width), source);
        }
    }

    void draw_cell(Canvas& canvas, Side s, int x, int y, int from_x, int from_y) const {
        const LevelSide& side = level_.side[s];
        const std::size_t at = level_.row(from_y) + from_x;
        const half4 cell = side.cells.data()[at];
        if (!has_weight(cell)) return;
        const float radius = side.radius.data()[at] * scale_;
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
                coarse.copy(out, 0, std::min(begin, level_.width));
                coarse.copy(out, std::max(end, begin), level_.width);
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
