// Rows of a tile by channels, and how a level is enlarged to twice its size.
#pragma once

#include <algorithm>
#include <cstddef>

#include "borders.hpp"
#include "lanes.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

// A row of blurred cells as it is stored: half floats in blocks of what lies under one tile, channel by channel
// (light · weight, and weight), so that a tile reads from one place.
template <class Half>
struct Blurred {
    static constexpr int kBlock = kTile / 2;   // cells

    Half* first;

    Half* channel(int block, int c) const { return first + (4 * block + c) * kBlock; }
    // Halves that a row takes, of so many cells.
    static std::size_t size(int width) {
        return 4 * kBlock * static_cast<std::size_t>((width + kTile - 1) / kTile * (kTile / kBlock));
    }
    operator Blurred<const Half>() const { return {first}; }
};

// A piece of a row of cells: those under a tile twice as fine, the one before and the one after.
struct CellRow {
    static constexpr int kBlock = Blurred<f16>::kBlock, kFirst = 8, kRoom = kFirst + kBlock + 8;

    alignas(32) float channel[4][kRoom];   // from kFirst on; the one before and the one after fill their eight
    bool covered;                          // all weights are 1

    // Of a row that has `width` of them and is repeated at its ends.
    void load(const Blurred<const f16>& row, int width, int block) {
        const int begin = block * kBlock, end = std::min(begin + kBlock, width);
        const int before = repeated(begin - 1, width), after = repeated(end, width);
        for (int c = 0; c < 4; ++c) {
            const f16* from = row.channel(block, c);
            for (int k = 0; k < kBlock; k += 8) put(channel[c] + kFirst + k, unpack_eight(from + k));
            put(channel[c], all8(unpack_one(row.channel(before / kBlock, c)[before % kBlock])));
            const float last = unpack_one(row.channel(after / kBlock, c)[after % kBlock]);
            put(channel[c] + kFirst + kBlock, all8(last));
            if (end < begin + kBlock) std::fill(channel[c] + kFirst + end - begin, channel[c] + kFirst + kBlock, last);
        }
        covered = channel[3][0] == 1 && channel[3][kFirst + kBlock] == 1;
        f16 missing = 0;
        for (int k = 0; k < end - begin; ++k) missing |= row.channel(block, 3)[k] ^ kHalfOne;
        covered = covered && missing == 0;
    }
};

// Three quarters of the near one, a quarter of the far one.
template <class V>
V enlarged(V near, V far) {
    return 0.75f * near + 0.25f * far;
}

// One row of a tile: light · weight, and weight.
struct PixelRow {
    alignas(32) float channel[4][kTile];

    template <int N>
    Pixels<N> get(int x) const {
        return {{load<N>(channel[0] + x), load<N>(channel[1] + x), load<N>(channel[2] + x), load<N>(channel[3] + x)}};
    }
    template <int N>
    void set(int x, const Pixels<N>& v) {
        for (int c = 0; c < 4; ++c) put(channel[c] + x, v.c[c]);
    }
    void set(int x, f32x4 v) { set(x, one_pixel(v)); }

    // Eight pixels from x on. (Stored eight by eight as they are read: processors wait where they are not.)
    void set_eight(int x, const f32x4* p) {
        f32x4 low[4], high[4];
        by_channels(p, low);
        by_channels(p + 4, high);
        for (int c = 0; c < 4; ++c) put(channel[c] + x, pair(low[c], high[c]));
    }

    // The running sum of `count` derivatives, begun with what lies to the left; returns the last one.
    f32x4 add_up(const f32x4* derivative, int count, f32x4 sum) {
        f32x4 eight[8];
        int x = 0;
        for (; x + 8 <= count; x += 8) {
            for (int k = 0; k < 8; ++k) eight[k] = sum += derivative[x + k];
            set_eight(x, eight);
        }
        for (; x < kTile; x += 8) {
            for (int k = 0; k < 8; ++k) eight[k] = x + k < count ? sum += derivative[x + k] : sum;
            set_eight(x, eight);
        }
        return sum;
    }

    // From two rows of cells, the near and the far one. True if all of it is covered.
    bool enlarge(const CellRow& near, const CellRow& far) {
        constexpr int N = kLanes;
        const bool covered = near.covered && far.covered;
        for (int c = 0; c < (covered ? 3 : 4); ++c) {
            Floats<N> mean[CellRow::kRoom / N];
            for (int k = 0; k < CellRow::kRoom / N; ++k)
                mean[k] = enlarged(load<N>(near.channel[c] + N * k), load<N>(far.channel[c] + N * k));
            for (int k = 0; k < CellRow::kBlock / N; ++k) {
                const Floats<N>* here = mean + k + CellRow::kFirst / N;
                const Floats<N> before = shifted<CellRow::kFirst - 1>(mean + k), after = shifted<1>(here);
                put_alternately(channel[c] + 2 * N * k, enlarged(*here, before), enlarged(*here, after));
            }
        }
        if (covered) std::fill_n(channel[3], kTile, 1.0f);
        return covered;
    }

    // To a weight of 1.
    void normalise() {
        constexpr int N = kLanes;
        for (int x = 0; x < kTile; x += N) {
            const Floats<N> total = larger(load<N>(channel[3] + x), every<N>(kNoWeight));
            for (int c = 0; c < 3; ++c) put(channel[c] + x, load<N>(channel[c] + x) / total);
        }
    }

    // As half floats, from column `x` of a row of cells on, a multiple of kTile.
    void pack_into(const Blurred<f16>& row, int x) const {
        constexpr int kBlock = Blurred<f16>::kBlock;
        for (int k = 0; k < kTile; k += 8)
            for (int c = 0; c < 4; ++c)
                pack_eight(row.channel((x + k) / kBlock, c) + k % kBlock, load<8>(channel[c] + k));
    }

private:
    static void by_channels(const f32x4* p, f32x4* out) {
        const f32x4 rg01 = __builtin_shufflevector(p[0], p[1], 0, 4, 1, 5);
        const f32x4 rg23 = __builtin_shufflevector(p[2], p[3], 0, 4, 1, 5);
        const f32x4 bw01 = __builtin_shufflevector(p[0], p[1], 2, 6, 3, 7);
        const f32x4 bw23 = __builtin_shufflevector(p[2], p[3], 2, 6, 3, 7);
        out[0] = __builtin_shufflevector(rg01, rg23, 0, 1, 4, 5);
        out[1] = __builtin_shufflevector(rg01, rg23, 2, 3, 6, 7);
        out[2] = __builtin_shufflevector(bw01, bw23, 0, 1, 4, 5);
        out[3] = __builtin_shufflevector(bw01, bw23, 2, 3, 6, 7);
    }
};

// Enlarges what lies under one column of tiles, row by row from top to bottom.
class Enlarger {
public:
    // Tiles that begin at column x0 of the picture, or of a level; row y is asked for first.
    void start(int x0, int y) {
        block_ = x0 / kTile;
        next_ = y / 2 - 1;
    }

    // Row y of it, of rows(cy) that are `width` by `height` cells. True if all of it is covered.
    template <class Rows>
    bool row(int y, int width, int height, Rows rows, PixelRow& out) {
        for (; next_ <= y / 2 + 1; ++next_) at(next_).load(rows(repeated(next_, height)), width, block_);
        return out.enlarge(at(y / 2), at((y & 1) != 0 ? y / 2 + 1 : y / 2 - 1));
    }

private:
    CellRow& at(int cy) { return window_[(cy + 3) % 3]; }

    CellRow window_[3];
    int block_ = 0, next_ = 0;
};

}  // namespace defocus::DEFOCUS_ISA
