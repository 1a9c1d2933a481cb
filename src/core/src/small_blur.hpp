// Radii too small for the pyramid, drawn at full resolution.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "borders.hpp"
#include "canvas.hpp"
#include "defocus/request.hpp"
#include "levels.hpp"
#include "samples.hpp"
#include "sparks.hpp"
#include "stamper.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

// Pixels x0 to x1 − 1 of rows y0 to y1 − 1.
struct Area {
    int x0, y0, x1, y1;
};

template <class T>
class SmallBlur {
public:
    SmallBlur(const Request& request, const Survey& survey, const Samples<T>& samples, const Tiles& tiles, const Sparks& sparks)
        : request_(request), survey_(survey), samples_(samples), tiles_(tiles), sparks_(sparks),
          stamper_(request, request.width, request.height, 0), reach_(stamper_.reach(kMoveUp[0]) + 1) {}

    // A canvas for one side of a tile.
    Canvas canvas(Memory& memory) const { return Canvas(memory, kTile, kTile, 2 * reach_ + 4); }

    // Whether a tile or one beside it holds any.
    bool around(int tx, int ty) const {
        for (int y = std::max(0, ty - 1); y <= std::min(tiles_.down - 1, ty + 1); ++y)
            for (int x = std::max(0, tx - 1); x <= std::min(tiles_.across - 1, tx + 1); ++x)
                if ((tiles_.at(x, y) & kHasSmall) != 0) return true;
        return false;
    }

    // Draw what lies around an area into the two sides' canvases; true if any of it lies in front.
    bool draw(Area a, Canvas (&canvases)[2]) const {
        Canvas& back = canvases[kBehind];
        Canvas& front = canvases[kInFront];
        back.place(a.y0, a.y1);
        front.place(a.y0, a.y1);
        back.clear();
        bool any_front = false;
        Stamper::Strokes back_strokes, front_strokes;
        const auto draw_pixel = [&](int x, int y) {
            const int from_x = repeated(x, request_.width), from_y = repeated(y, request_.height);
            const std::size_t i = samples_.index(from_x, from_y);
            const float own = std::fabs(samples_.radius(i));
            if (!samples_.soft(i) && (own <= kSharp || own >= kMoveUp[0])) return;
            const bool split = sparks_.is_split(from_x, from_y);
            samples_.each(from_x, from_y, [&](f32x4 v, float r) {
                const float size = std::fabs(r);
                if (size <= kSharp || size >= kMoveUp[0]) return;
                if (split) v -= Sparks::excess(v);
                if (r > 0 && !any_front) {
                    front.clear();
                    any_front = true;
                }
                stamper_.draw(r > 0 ? front_strokes : back_strokes, r > 0 ? front : back, x - a.x0, x, y, size, v);
            });
        };
        for (int y = a.y0 - reach_; y < a.y1 + reach_; ++y) {
            const int from_y = repeated(y, request_.height);
            for (int x = a.x0 - reach_; x < a.x1 + reach_;) {
                const int tx = repeated(x, request_.width) / kTile;
                int end = std::min(a.x1 + reach_, (tx + 1) * kTile);
                if (tx == tiles_.across - 1) end = a.x1 + reach_;   // and what lies beyond the edge
                if (has_small(from_y, tx))
                    for (; x < end; ++x) draw_pixel(x, y);
                x = end;
            }
            back_strokes.end();
            front_strokes.end();
        }
        return any_front;
    }

private:
    // Whether a line of a tile can hold small radii.
    bool has_small(int y, int tx) const {
        if (survey_.has_soft(y, tx)) return true;
        const Range& range = survey_.range(y, tx);
        if (range.low >= kMoveUp[0] || range.high <= -kMoveUp[0]) return false;
        return range.low < -kSharp || range.high > kSharp;
    }

    const Request& request_;
    const Survey& survey_;
    const Samples<T>& samples_;
    const Tiles& tiles_;
    const Sparks& sparks_;
    Stamper stamper_;
    int reach_;
};

}  // namespace defocus::DEFOCUS_ISA
