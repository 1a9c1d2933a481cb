// The picture as blurred cells: every pixel lands in exactly one cell of one level.
//
// Level l has cells of 2^l pixels. A pixel goes to the finest level whose stamps are large enough
// for its radius, so the work per pixel is nearly the same at every radius; what is behind the
// focal plane and what is in front of it are kept apart. Pixels with a radius below kMoveUp[0] are
// in no cell: they are drawn at full resolution (see compose.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.hpp"
#include "cells.hpp"
#include "rows.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

constexpr int kMaxLevels = 9;
// Radius in pixels from which a sample leaves level l for the next coarser one: a cell is then about a
// quarter of the radius.
constexpr float kMoveUp[kMaxLevels] = {5, 16, 33, 68, 140, 290, 600, 1240, 1e9f};
// Up to this radius a pixel counts as sharp: the disc lies within the pixel.
constexpr float kSharp = 0.5f;

constexpr int kBand = kTile / 2;        // rows of cells that one piece of work scatters

enum Side { kBehind = 0, kInFront = 1 };

struct LevelSide {
    Cells cells;
    // The scatter's result, joined with that of the coarser levels, rows as Blurred. Level 1 has none: its
    // bands are used as they are made.
    Buffer<f16> blurred;
    std::vector<std::uint8_t> empty_bands;   // nothing blurred there
};

struct Level {
    int width = 0, height = 0;
    LevelSide side[2];

    Level() = default;
    Level(Memory& memory, int l, int w, int h) : width(w), height(h), nothing_(row_size(), 0) {
        for (LevelSide& s : side) {
            s.cells = Cells(memory, w, h);
            if (l > 1) s.blurred = Buffer<f16>(memory, row_size() * h);
            s.empty_bands.assign((h + kBand - 1) / kBand, 1);
        }
    }

    Blurred<f16> blurred_row(Side s, int y) {
        return {side[s].blurred.data() + static_cast<std::size_t>(y) * row_size()};
    }
    // Of a band where nothing is, rows are not written.
    Blurred<const f16> blurred_row(Side s, int y) const {
        if (side[s].empty_bands[y / kBand] != 0) return {nothing_.data()};
        return {side[s].blurred.data() + static_cast<std::size_t>(y) * row_size()};
    }

private:
    std::size_t row_size() const { return Blurred<f16>::size(width); }

    std::vector<f16> nothing_;   // a row
};

// What a tile of the picture contains.
enum TileFlag : std::uint8_t {
    kHasSmall = 1,        // blurred by less than kMoveUp[0]
    kHasSmallFront = 2,   // … in front of the focal plane
    kHasSharp = 4,
    kHasBack = 8,         // in the pyramid, behind the focal plane
    kHasFront = 16,       // … in front
    kHasSoft = 32,        // pixels with a second sample
    kHasRim = 64,         // pixels beside a nearer surface
};

struct Tiles {
    int across = 0, down = 0;
    std::vector<std::uint8_t> flags;

    Tiles(int width, int height)
        : across((width + kTile - 1) / kTile), down((height + kTile - 1) / kTile),
          flags(static_cast<std::size_t>(across) * down, 0) {}

    std::uint8_t& at(int tx, int ty) { return flags[static_cast<std::size_t>(ty) * across + tx]; }
    std::uint8_t at(int tx, int ty) const { return flags[static_cast<std::size_t>(ty) * across + tx]; }

    // Marks the tiles that lie within so many tiles of one with the flag.
    std::vector<std::uint8_t> around(int flag, int distance) const {
        std::vector<std::uint8_t> marks(flags.size(), 0);
        for (int ty = 0; ty < down; ++ty) {
            for (int tx = 0; tx < across; ++tx) {
                if ((at(tx, ty) & flag) == 0) continue;
                const int x0 = std::max(0, tx - distance), x1 = std::min(across - 1, tx + distance);
                const int y0 = std::max(0, ty - distance), y1 = std::min(down - 1, ty + distance);
                for (int y = y0; y <= y1; ++y)
                    std::fill_n(marks.begin() + static_cast<std::ptrdiff_t>(y) * across + x0,
                                x1 - x0 + 1, std::uint8_t{1});
            }
        }
        return marks;
    }

    bool any(int flag) const {
        return std::any_of(flags.begin(), flags.end(), [=](int f) { return (f & flag) != 0; });
    }
};

}  // namespace defocus::DEFOCUS_ISA
