// Draws every cell's stamp and joins the levels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "blend.hpp"
#include "borders.hpp"
#include "canvas.hpp"
#include "defocus/request.hpp"
#include "hidden.hpp"
#include "levels.hpp"
#include "simd.hpp"
#include "stamper.hpp"

namespace defocus::DEFOCUS_ISA {

// A pixel is averaged over its cell and the cell is smoothed again when levels are enlarged: about
// a quarter of a squared cell in each direction, and a disc's variance is a quarter of its r².
constexpr float kCellSpread = 1;

// One row of a level half as fine, ready to be read at twice its width: three quarters of the near
// neighbour, one quarter of the far one, in both directions.
class UpsampledRow {
public:
    explicit UpsampledRow(int width) : row_(static_cast<std::size_t>(width) + 2) {}

    void load(const Level& level, Side s, int y) {
        const int width = level.width, near = std::min(y >> 1, level.height - 1);
        const f16x4* a = level.blurred_row(s, near);
        const f16x4* b = level.blurred_row(s, repeated((y & 1) != 0 ? near + 1 : near - 1, level.height));
        int x = 0;
        for (; x + 1 < width; x += 2)
            store(&row_[x + 1], all8(0.75f) * unpack_pair(a + x) + all8(0.25f) * unpack_pair(b + x));
        if (x < width) row_[x + 1] = all(0.75f) * unpack(a[x]) + all(0.25f) * unpack(b[x]);
        row_[0] = row_[1];
        row_[width + 1] = row_[width];
    }

    f32x4 at(int x) const {
        const int near = (x >> 1) + 1;
        return all(0.75f) * row_[near] + all(0.25f) * row_[(x & 1) != 0 ? near + 1 : near - 1];
    }

    // at(begin) to at(end − 1), packed into out[begin] and so on.
    void copy(f16x4* out, int begin, int end) const {
        int x = begin;
        if (x < end && (x & 1) != 0) {
            out[x] = pack(at(x));
            ++x;
        }
        for (; x + 1 < end; x += 2) {
            const f32x4* cells = &row_[x >> 1];
            const f32x8 near = pair(cells[1], cells[1]), far = pair(cells[0], cells[2]);
            pack_pair(out + x, all8(0.75f) * near + all8(0.25f) * far);
        }
        if (x < end) out[x] = pack(at(x));
    }

private:
    std::vector<f32x4> row_;
};

// Scatters one level. Rows are independent of each other, so any number of threads gives one picture.
class Scatter {
public:
    // `coarser` is the next level, already scattered, or null.
    Scatter(const Request& request, const Level& level, const Level* coarser, int l)
        : request_(request), level_(level), coarser_(coarser), l_(l), scale_(1.0f / static_cast<float>(1 << l)),
          stamper_(request, level.width, level.height, kCellSpread),
          reach_(stamper_.reach(std::min(kMoveUp[l] * scale_, Aperture::kMaxRadius))) {}

    // Memory for so many rows.
    Canvas canvas(Memory& memory, int rows) const { return Canvas(memory, level_.width, rows, 2 * reach_ + 4); }

    // Blurs rows y0 to y1 − 1 of one side into out(y). Returns false, and leaves them alone, if nothing
    // reaches them.
    template <class Out>
    bool rows(Side s, int y0, int y1, Canvas& canvas, Out out) const {
        const std::vector<Span> spans = reached(s, y0, y1, canvas.margin());
        const bool from_coarser = coarser_ != nullptr && !coarser_empty(s, y0, y1);
        if (spans.empty() && !from_coarser) return false;
        canvas.place(y0, y1);
        for (const Span& span : spans) canvas.clear(span.begin, span.end);
        if (!spans.empty()) draw(canvas, s);
        UpsampledRow coarse(from_coarser ? coarser_->width : 0);
        for (int y = y0; y < y1; ++y) {
            if (from_coarser) coarse.load(*coarser_, s, y);
            join(canvas.row(y), y, s, spans, from_coarser ? &coarse : nullptr, canvas.margin(), out(y));
        }
        return true;
    }

private:
    // Columns that stamps reach, on the canvas.
    struct Span {
        int begin, end;
    };

    std::vector<Span> reached(Side s, int y0, int y1, int margin) const {
        const Cells& cells = level_.side[s].cells;
        const int first = std::max(0, y0 - reach_), last = std::min(level_.height, y1 + reach_);
        std::vector<Span> spans;
        for (int sg = 0; sg < cells.segments(); ++sg) {
            bool live = false;
            for (int y = first; y < last && !live; ++y) live = cells.live(y) && cells.live(y, sg);
            if (!live) continue;
            const int begin = sg == 0 ? -margin : std::max(-margin, sg * kSegment - reach_ - 2);
            const int end = sg + 1 == cells.segments()
                                ? level_.width + margin
                                : std::min(level_.width + margin, (sg + 1) * kSegment + reach_ + 2);
            if (!spans.empty() && begin <= spans.back().end) {
                spans.back().end = end;
            } else {
                spans.push_back({begin, end});
            }
        }
        return spans;
    }

    bool coarser_empty(Side s, int y0, int y1) const {
        const auto& empty = coarser_->side[s].empty_bands;
        const int first = std::max(0, y0 / 2 - 1), last = std::min(coarser_->height - 1, y1 / 2);
        for (int band = first / kBand; band <= last / kBand; ++band)
            if (!empty[band]) return false;
        return true;
    }

    void draw(Canvas& canvas, Side s) const {
        const Cells& cells = level_.side[s].cells;
        const int last = cells.segments() - 1;
        Stamper::Strokes strokes;
        // Column of segments by column, so that the part of the canvas in use stays in the cache.
        for (int sg = 0; sg <= last; ++sg) {
            const int begin = sg * kSegment, count = std::min(kSegment, level_.width - begin);
            // Beyond the left or right edge the picture goes on, as far as it reaches back.
            const int left = sg == 0 ? -reach_ : 0, right = sg == last ? count + reach_ : count;
            for (int y = canvas.top() - reach_; y < canvas.bottom() + reach_; ++y) {
                const int source = repeated(y, level_.height);
                if (!cells.live(source, sg)) continue;
                const Cells::Segment row = cells.find(source, sg);
                for (int k = left; k < right; ++k) {
                    const int from = repeated(k, count);
                    if (!has_weight(row.cell[from])) continue;
                    const int x = begin + k;
                    stamper_.draw(strokes, canvas, x, x, y, row.radius[from] * scale_, unpack(row.cell[from]));
                }
                strokes.end();
            }
        }
    }

    // One row: the running sum of its derivative, and the coarser level's share.
    void join(const f32x4* derivative, int y, Side s, const std::vector<Span>& spans, const UpsampledRow* coarse,
              int margin, f16x4* out) const {
        f32x4 sum = kZero;
        int x = -margin;
        const auto skip = [&](int end) {
            if (coarse != nullptr) {
                coarse->copy(out, std::max(x, 0), std::min(end, level_.width));
            } else if (end > std::max(x, 0)) {
                std::fill(out + std::max(x, 0), out + std::min(end, level_.width), 0);
            }
        };
        for (const Span& span : spans) {
            skip(span.begin);
            for (x = span.begin; x < 0; ++x) sum += derivative[x];
            for (; x < std::min(span.end, level_.width); ++x) {
                sum += derivative[x];
                f32x4 v = saturated(sum);
                if (coarse != nullptr) {
                    // Behind the focal plane coarser means farther, in front of it nearer.
                    const f32x4 c = coarse->at(x);
                    if (s == kBehind && has_gap(v) && weight(c) > kGap) v = closed_here(x, y, v);
                    v = s == kBehind ? add_under(v, c) : add_under(c, v);
                }
                out[x] = pack(v);
            }
        }
        skip(level_.width);
    }

    // A cell of this level's own surface, its gap closed before what is farther shines through.
    f32x4 closed_here(int x, int y, f32x4 v) const {
        const Place across = middle(x, request_.width), down = middle(y, request_.height);
        float own = 0;
        for (const int py : {down.low, down.high}) {
            for (const int px : {across.low, across.high}) {
                const float radius = request_.radius[static_cast<std::size_t>(py) * request_.width + px];
                if (radius <= -kMoveUp[l_ - 1] && radius > -kMoveUp[l_]) own = std::min(own, radius);
            }
        }
        return own < 0 ? closed(request_, across, down, own, v) : v;
    }

    // Of a cell, in the picture.
    Place middle(int cell, int count) const {
        const int high = (cell << l_) + (1 << l_ >> 1);
        return {repeated(high - 1, count), repeated(high, count)};
    }

    const Request& request_;
    const Level& level_;
    const Level* coarser_;
    int l_;
    float scale_;
    Stamper stamper_;
    int reach_;
};

}  // namespace defocus::DEFOCUS_ISA
