// Rows of a tile by channels: every lane of a vector counts, and eight pixels are blended at a time.
#pragma once

#include <algorithm>
#include <cstddef>

#include "blend.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

// A piece of one row of level 1: the cells from the one before a tile to the one after it.
struct CellRow {
    static constexpr int kCells = kTile / 2 + 2;
    static constexpr int kRoom = (kCells + 7) / 8 * 8;

    alignas(32) float channel[4][kRoom];
    bool covered;   // all weights are 1

    // Cells from `first` on (it may be −1) of a row that has `width` of them, repeated at its ends.
    void load(const f16x4* row, int width, int first) {
        if (first >= 0 && first + kRoom <= width) return split(row + first);
        f16x4 cells[kRoom];
        for (int k = 0; k < kRoom; ++k) cells[k] = row[std::clamp(first + k, 0, width - 1)];
        split(cells);
    }

private:
    void split(const f16x4* cells) {
        f16x4 missing = 0;
        for (int k = 0; k < kCells; ++k) missing |= cells[k] ^ kWhole;
        covered = missing >> 48 == 0;
        for (int k = 0; k < kRoom; k += 4) {
            const f32x8 ab = unpack_pair(cells + k), cd = unpack_pair(cells + k + 2);
            put(channel[0] + k, __builtin_shufflevector(ab, cd, 0, 4, 8, 12));
            put(channel[1] + k, __builtin_shufflevector(ab, cd, 1, 5, 9, 13));
            put(channel[2] + k, __builtin_shufflevector(ab, cd, 2, 6, 10, 14));
            put(channel[3] + k, __builtin_shufflevector(ab, cd, 3, 7, 11, 15));
        }
    }

    static void put(float* at, f32x4 v) { *reinterpret_cast<f32x4_loose*>(at) = v; }
};

// One row of a tile: light · weight, and weight.
struct PixelRow {
    alignas(32) float channel[4][kTile];

    Eight eight(int x) const {
        return {{get(channel[0] + x), get(channel[1] + x), get(channel[2] + x), get(channel[3] + x)}};
    }
    void put_eight(int x, const Eight& v) {
        for (int c = 0; c < 4; ++c) put(channel[c] + x, v.c[c]);
    }
    f32x4 one(int x) const { return f32x4{channel[0][x], channel[1][x], channel[2][x], channel[3][x]}; }

    // From rows of cells: three quarters of the near one, a quarter of the far one, in both directions.
    // True if all of it is covered.
    bool enlarge(const CellRow& near, const CellRow& far) {
        const bool covered = near.covered && far.covered;
        for (int c = 0; c < (covered ? 3 : 4); ++c) {
            f32x8 mean[CellRow::kRoom / 8];
            for (int k = 0; k < CellRow::kRoom / 8; ++k)
                mean[k] = all8(0.75f) * get(near.channel[c] + 8 * k) + all8(0.25f) * get(far.channel[c] + 8 * k);
            for (int k = 0; k < kTile / 16; ++k) {
                const f32x8 a = mean[k], b = mean[k + 1];
                const f32x8 own = all8(0.75f) * __builtin_shufflevector(a, b, 1, 2, 3, 4, 5, 6, 7, 8);
                const f32x8 left = own + all8(0.25f) * a;
                const f32x8 right = own + all8(0.25f) * __builtin_shufflevector(a, b, 2, 3, 4, 5, 6, 7, 8, 9);
                put(channel[c] + 16 * k, __builtin_shufflevector(left, right, 0, 8, 1, 9, 2, 10, 3, 11));
                put(channel[c] + 16 * k + 8, __builtin_shufflevector(left, right, 4, 12, 5, 13, 6, 14, 7, 15));
            }
        }
        if (covered)
            for (int x = 0; x < kTile; x += 8) put(channel[3] + x, all8(1));
        return covered;
    }

    // To a weight of 1.
    void normalise() {
        for (int x = 0; x < kTile; x += 8) {
            const f32x8 total = larger(get(channel[3] + x), all8(kNoWeight));
            for (int c = 0; c < 3; ++c) put(channel[c] + x, get(channel[c] + x) / total);
        }
    }

private:
    static f32x8 get(const float* at) { return *reinterpret_cast<const f32x8_loose*>(at); }
    static void put(float* at, f32x8 v) { *reinterpret_cast<f32x8_loose*>(at) = v; }
};

}  // namespace defocus::DEFOCUS_ISA
