// Draws every cell's stamp and joins the levels.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "blend.hpp"
#include "borders.hpp"
#include "canvas.hpp"
#include "defocus/request.hpp"
#include "hidden.hpp"
#include "lanes.hpp"
#include "levels.hpp"
#include "rows.hpp"
#include "simd.hpp"
#include "stamper.hpp"

namespace defocus::DEFOCUS_ISA {

// A pixel is averaged over its cell and the cell is smoothed again when levels are enlarged: about
// a quarter of a squared cell in each direction, and a disc's variance is a quarter of its r².
constexpr float kCellSpread = 1;

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

    // Blurs rows y0 to y1 − 1 of one side into out(y), a Blurred<f16>. Returns false, and leaves them alone,
    // if nothing reaches them.
    template <class Out>
    bool rows(Side s, int y0, int y1, Canvas& canvas, Out out) const {
        const std::vector<std::uint8_t> drawn = reached(s, y0, y1);
        const bool any_drawn = std::find(drawn.begin(), drawn.end(), 1) != drawn.end();
        const bool from_coarser = coarser_ != nullptr && !coarser_empty(s, y0, y1);
        if (!any_drawn && !from_coarser) return false;
        canvas.place(y0, y1);
        for (int x = 0; x < level_.width; x += kTile)
            if (drawn[x / kTile])
                canvas.clear(x == 0 ? -canvas.margin() : x, x + kTile < level_.width ? x + kTile : level_.width + canvas.margin());
        if (any_drawn) draw(canvas, s);
        std::vector<Enlarger> enlargers(from_coarser ? drawn.size() : 0);
        for (std::size_t k = 0; k < enlargers.size(); ++k) enlargers[k].start(static_cast<int>(k) * kTile, y0);
        for (int y = y0; y < y1; ++y) {
            f32x4 sum = kZero;
            if (drawn[0])
                for (int x = -canvas.margin(); x < 0; ++x) sum += canvas.row(y)[x];
            for (std::size_t k = 0; k < drawn.size(); ++k)
                join(static_cast<int>(k) * kTile, y, s, drawn[k] ? canvas.row(y) : nullptr, sum,
                     from_coarser ? &enlargers[k] : nullptr, out(y));
        }
        return true;
    }

private:
    // Whether stamps reach them, for every kTile columns of these rows.
    std::vector<std::uint8_t> reached(Side s, int y0, int y1) const {
        const Cells& cells = level_.side[s].cells;
        const int first = std::max(0, y0 - reach_), last = std::min(level_.height, y1 + reach_);
        std::vector<std::uint8_t> reached((level_.width + kTile - 1) / kTile, 0);
        for (int sg = 0; sg < cells.segments(); ++sg) {
            bool live = false;
            for (int y = first; y < last && !live; ++y) live = cells.live(y) && cells.live(y, sg);
            if (!live) continue;
            const int begin = std::max(0, sg * kSegment - reach_ - 2), end = std::min(level_.width, (sg + 1) * kSegment + reach_ + 2);
            std::fill(reached.begin() + begin / kTile, reached.begin() + (end - 1) / kTile + 1, std::uint8_t{1});
        }
        return reached;
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

    // kTile columns from x0 on: the running sum of their derivatives, if there are any, and the coarser level's
    // share, if it has one.
    void join(int x0, int y, Side s, const f32x4* derivative, f32x4& sum, Enlarger* coarser, const Blurred<f16>& out) const {
        PixelRow own, coarse;
        if (coarser != nullptr)
            coarser->row(y, coarser_->width, coarser_->height, [this, s](int cy) { return coarser_->blurred_row(s, cy); }, coarse);
        else
            coarse = {};
        if (derivative == nullptr) return coarse.pack_into(out, x0);
        const int count = std::min(kTile, level_.width - x0);
        sum = own.add_up(derivative + x0, count, sum);
        for (int x = 0; x < kTile; x += kLanes) own.set(x, saturated(own.get<kLanes>(x)));
        if (coarser != nullptr) {
            if (s == kBehind) close_gaps(x0, y, count, coarse, own);
            // Behind the focal plane coarser means farther, in front of it nearer.
            const PixelRow& over = s == kBehind ? own : coarse;
            const PixelRow& under = s == kBehind ? coarse : own;
            for (int x = 0; x < kTile; x += kLanes) own.set(x, add_under(over.get<kLanes>(x), under.get<kLanes>(x)));
        }
        own.pack_into(out, x0);
    }

    void close_gaps(int x0, int y, int count, const PixelRow& coarse, PixelRow& own) const {
        for (int x = 0; x < count; x += kLanes) {
            const Floats<kLanes> seen = load<kLanes>(own.channel[3] + x), beyond = load<kLanes>(coarse.channel[3] + x);
            for (unsigned open = bits(both(has_gap(seen), beyond > every<kLanes>(kGap))); open != 0; open &= open - 1) {
                const int at = x + __builtin_ctz(open);
                if (at < count) own.set(at, closed_here(x0 + at, y, channels(own.get<1>(at))));
            }
        }
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
