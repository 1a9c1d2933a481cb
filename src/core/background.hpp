// Tiles that show nothing but the blurred background: level 1 enlarged, and encoded.
//
// Most of a portrait looks like this, so the channels are kept apart here: every lane of a vector
// counts, and where all is covered nothing needs dividing.
#pragma once

#include <algorithm>
#include <cstddef>

#include "picture.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

// A piece of one row of level 1 by channels: the cells from the one before a tile to the one after it.
struct CellRow {
    static constexpr int kCells = kTile / 2 + 2;
    static constexpr int kRoom = (kCells + 7) / 8 * 8;

    alignas(32) float channel[4][kRoom];
    bool covered;   // all weights are 1

    // Cells from `first` on (it may be −1) of a row that has `width` of them, repeated at its ends.
    void load(const half4* row, int width, int first) {
        if (first >= 0 && first + kRoom <= width) return split(row + first);
        half4 cells[kRoom];
        for (int k = 0; k < kRoom; ++k) cells[k] = row[std::clamp(first + k, 0, width - 1)];
        split(cells);
    }

private:
    void split(const half4* cells) {
        half4 missing = 0;
        for (int k = 0; k < kCells; ++k) missing |= cells[k] ^ kCovered;
        covered = missing >> 48 == 0;
        for (int k = 0; k < kRoom; k += 4) {
            const f8 ab = unpack_pair(cells + k), cd = unpack_pair(cells + k + 2);
            put(channel[0] + k, __builtin_shufflevector(ab, cd, 0, 4, 8, 12));
            put(channel[1] + k, __builtin_shufflevector(ab, cd, 1, 5, 9, 13));
            put(channel[2] + k, __builtin_shufflevector(ab, cd, 2, 6, 10, 14));
            put(channel[3] + k, __builtin_shufflevector(ab, cd, 3, 7, 11, 15));
        }
    }

    static void put(float* at, f4 v) { *reinterpret_cast<f4_loose*>(at) = v; }
    static constexpr half4 kCovered = half4{0x3c00} << 48;   // a weight of 1
};

// One row of a tile: for each cell of level 1 its left and its right pixel.
struct PixelRow {
    static constexpr int kPairs = kTile / 2;

    alignas(32) float left[4][kPairs], right[4][kPairs];

    // Three quarters of the near cell, a quarter of the far one, in both directions.
    void enlarge(const CellRow& near, const CellRow& far) {
        const bool covered = near.covered && far.covered;
        for (int c = 0; c < (covered ? 3 : 4); ++c) {
            f8 mean[CellRow::kRoom / 8];
            for (int k = 0; k < CellRow::kRoom / 8; ++k)
                mean[k] = all8(0.75f) * get(near.channel[c] + 8 * k) + all8(0.25f) * get(far.channel[c] + 8 * k);
            for (int k = 0; k < kPairs / 8; ++k) {
                const f8 a = mean[k], b = mean[k + 1];
                const f8 own = all8(0.75f) * __builtin_shufflevector(a, b, 1, 2, 3, 4, 5, 6, 7, 8);
                const f8 next = __builtin_shufflevector(a, b, 2, 3, 4, 5, 6, 7, 8, 9);
                put(left[c] + 8 * k, own + all8(0.25f) * a);
                put(right[c] + 8 * k, own + all8(0.25f) * next);
            }
        }
        if (covered) return;
        for (int k = 0; k < kPairs; k += 8) {
            const f8 a = larger(get(left[3] + k), all8(kNoWeight));
            const f8 b = larger(get(right[3] + k), all8(kNoWeight));
            for (int c = 0; c < 3; ++c) {
                put(left[c] + k, get(left[c] + k) / a);
                put(right[c] + k, get(right[c] + k) / b);
            }
        }
    }

private:
    static f8 get(const float* at) { return *reinterpret_cast<const f8_loose*>(at); }
    static void put(float* at, f8 v) { *reinterpret_cast<f8_loose*>(at) = v; }
};

}  // namespace defocus::DEFOCUS_ISA
