// From level to level: what is too blurred for one goes to the next coarser one.
#pragma once

#include <algorithm>
#include <cstddef>

#include "levels.hpp"
#include "simd.hpp"

namespace defocus::DEFOCUS_ISA {

// Rows of blocks of `coarse`: pieces of work that do not touch each other's cells.
inline int blocks_down(const Level& coarse) { return (coarse.height + Cells::kBlockRows - 1) / Cells::kBlockRows; }

// Whether every cell has the weight of a whole cell and a radius that is too large.
inline bool all_beyond(const Cells::Segment& row, int count, float threshold) {
    bool beyond = true;
    for (int k = 0; k < count; ++k)
        beyond &= ((row.cell[k] ^ kWhole) >> 48 == 0) & (row.radius[k] >= threshold);
    return beyond;
}

// The ordinary case of a distant background: two rows of whole cells, without branches.
inline void move_whole(const Cells::Segment (&rows)[2], const Cells::Segment& to, int at, int count) {
    for (int k = 0; k < count; ++k) {
        const f32x8 upper = unpack_pair(rows[0].cell + 2 * k), lower = unpack_pair(rows[1].cell + 2 * k);
        const f32x4 sum = ((low_half(upper) + high_half(upper)) + low_half(lower)) + high_half(lower);
        to.cell[at + k] = pack(sum * all(0.25f));
        const float *a = rows[0].radius + 2 * k, *b = rows[1].radius + 2 * k;
        to.radius[at + k] = (((a[0] + a[1]) + b[0]) + b[1]) / 4;
    }
}

// Moves one row of cells of `coarse` up from `fine`, which is level l.
inline void move_row_up(Level& fine, Level& coarse, int l, int cy) {
    const float threshold = kMoveUp[l];
    const int y = 2 * cy, lines = y + 1 < fine.height ? 2 : 1;
    for (int s = 0; s < 2; ++s) {
        Cells& from = fine.side[s].cells;
        Cells& to = coarse.side[s].cells;
        if (!from.live(y) && !(lines == 2 && from.live(y + 1))) continue;
        bool row_stays[2] = {false, false};
        for (int sg = 0; sg < from.segments(); ++sg) {
            const bool live[2] = {from.live(y, sg), lines == 2 && from.live(y + 1, sg)};
            if (!live[0] && !live[1]) continue;
            Cells::Segment rows[2] = {};
            for (int j = 0; j < 2; ++j)
                if (live[j]) rows[j] = from.find(y + j, sg);
            const int begin = sg * kSegment / 2, end = std::min(coarse.width, begin + kSegment / 2);
            if (live[0] && live[1] && 2 * end <= fine.width && all_beyond(rows[0], 2 * (end - begin), threshold) &&
                all_beyond(rows[1], 2 * (end - begin), threshold)) {
                move_whole(rows, to.make(cy, sg / 2), begin % kSegment, end - begin);
                for (int j = 0; j < 2; ++j) from.clear(y + j, sg);
                continue;
            }
            bool stays[2] = {false, false};
            for (int cx = begin; cx < end; ++cx) {
                f32x4 sum = kZero;
                float radius = 0;
                const int first = 2 * (cx - begin), columns = 2 * cx + 1 < fine.width ? 2 : 1;
                for (int j = 0; j < lines; ++j) {
                    if (!live[j]) continue;
                    for (int k = first; k < first + columns; ++k) {
                        f16x4& cell = rows[j].cell[k];
                        if (!has_weight(cell)) continue;
                        if (rows[j].radius[k] < threshold) {
                            stays[j] = true;
                            continue;
                        }
                        const f32x4 v = unpack(cell);
                        sum += v;
                        radius += rows[j].radius[k] * weight(v);
                        cell = 0;
                    }
                }
                if (!(weight(sum) > 0)) continue;
                const Cells::Segment target = to.make(cy, sg / 2);
                const int at = cx % kSegment;
                target.cell[at] = pack(sum * all(1.0f / static_cast<float>(lines * columns)));
                target.radius[at] = radius / weight(sum);
            }
            for (int j = 0; j < lines; ++j) {
                if (live[j] && !stays[j]) from.clear(y + j, sg);
                row_stays[j] = row_stays[j] || stays[j];
            }
        }
        for (int j = 0; j < lines; ++j)
            if (!row_stays[j]) from.clear(y + j);
    }
}

// Moves everything that is too blurred for level l up, for one row of blocks.
inline void move_up(Level& fine, Level& coarse, int l, int block) {
    const int end = std::min(coarse.height, (block + 1) * Cells::kBlockRows);
    for (int cy = block * Cells::kBlockRows; cy < end; ++cy) move_row_up(fine, coarse, l, cy);
}

}  // namespace defocus::DEFOCUS_ISA
