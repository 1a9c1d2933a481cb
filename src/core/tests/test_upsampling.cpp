#define DEFOCUS_ISA portable
#include <cmath>
#include <random>
#include <vector>

#include "check.hpp"
#include "rows.hpp"
#include "scatter.hpp"

using namespace defocus;
using namespace defocus::portable;

namespace {

void put_cell(const Blurred<f16>& row, int x, f32x4 v) {
    for (int c = 0; c < 4; ++c) row.channel(x / row.kBlock, c)[x % row.kBlock] = f16(pack(v) >> (16 * c));
}

f32x4 cell_of(const Blurred<const f16>& row, int x) {
    f16x4 cell = 0;
    for (int c = 0; c < 4; ++c) cell |= f16x4{row.channel(x / row.kBlock, c)[x % row.kBlock]} << (16 * c);
    return unpack(cell);
}

// A level with light everywhere, some of it not covered.
void shine(Level& level, unsigned seed) {
    std::mt19937 random(seed);
    const auto share = [&] { return float(random() % 1000) / 999; };
    for (int y = 0; y < level.height; ++y) {
        level.side[kBehind].empty_bands[std::size_t(y / kBand)] = 0;
        for (int x = 0; x < level.width; ++x)
            put_cell(level.blurred_row(kBehind, y), x, f32x4{share(), 5 * share(), share(), share()});
    }
}

// Three quarters of the near cell, one of the far one, along both axes.
f32x4 slowly(const Level& level, int x, int y) {
    const auto far = [](int i) { return (i >> 1) + ((i & 1) != 0 ? 1 : -1); };
    const auto cell = [&](int cx, int cy) {
        return cell_of(level.blurred_row(kBehind, repeated(cy, level.height)), repeated(cx, level.width));
    };
    const auto row = [&](int cy) { return all(0.75f) * cell(x >> 1, cy) + all(0.25f) * cell(far(x), cy); };
    return all(0.75f) * row(y >> 1) + all(0.25f) * row(far(y));
}

bool is_near(f32x4 a, f32x4 b, float by) {
    for (int c = 0; c < 4; ++c)
        if (!(std::fabs(a[c] - b[c]) <= by)) return false;
    return true;
}

}  // namespace

TEST("upsampling: tile by tile and row by row, three quarters of the near cell and one of the far one") {
    for (const auto& [width, height] : {std::pair{37, 9}, {1, 1}, {2, 5}, {64, 64}, {70, 5}}) {
        Memory memory(true);
        Level level(memory, 2, width, height);
        shine(level, 1);
        const Level& seen = level;
        for (int x0 = 0; x0 < 2 * width; x0 += kTile) {
            for (const int first : {0, 2 * height / 2 + 1}) {   // an odd row too
                Enlarger enlarger;
                enlarger.start(x0, first);
                PixelRow row;
                for (int y = first; y < 2 * height; ++y) {
                    enlarger.row(y, width, height, [&](int cy) { return seen.blurred_row(kBehind, cy); }, row);
                    for (int x = 0; x < kTile && x0 + x < 2 * width; ++x)
                        CHECK(is_near(channels(row.get<1>(x)), slowly(seen, x0 + x, y), 2e-6f));
                }
            }
        }
    }
}

TEST("upsampling: where all cells are covered, all pixels are") {
    Memory memory(true);
    Level level(memory, 2, 40, 4);
    shine(level, 3);
    const Level& seen = level;
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 40; ++x) put_cell(level.blurred_row(kBehind, y), x, all(1));
    put_cell(level.blurred_row(kBehind, 3), 39, all(0.5f));
    Enlarger left, right;
    left.start(0, 4);
    right.start(64, 4);
    PixelRow row;
    const auto rows = [&](int cy) { return seen.blurred_row(kBehind, cy); };
    for (int y = 4; y < 8; ++y) {
        CHECK(left.row(y, 40, 4, rows, row));
        for (int x = 0; x < kTile; ++x) CHECK(row.channel[3][x] == 1);
        CHECK(right.row(y, 40, 4, rows, row) == (y < 5));
    }
}

TEST("upsampling: a band where nothing is reads as nothing") {
    Memory memory(true);
    const Level level(memory, 2, 40, 70);
    for (const int y : {0, 63, 64, 139}) {
        Enlarger enlarger;
        enlarger.start(0, y);
        PixelRow row;
        enlarger.row(y, 40, 70, [&](int cy) { return level.blurred_row(kInFront, cy); }, row);
        for (int x = 0; x < kTile; ++x) CHECK(is_near(channels(row.get<1>(x)), kZero, 0));
    }
}

TEST("upsampling: eight pixels of a row are read as they were set, running sums go on") {
    f32x4 steps[50];
    for (int k = 0; k < 50; ++k) steps[k] = f32x4{float(k % 7), 1, -0.5f * float(k % 3), 2};
    PixelRow row;
    const f32x4 last = row.add_up(steps, 50, f32x4{0, 10, 0, 0});
    f32x4 sum = {0, 10, 0, 0};
    for (int x = 0; x < kTile; ++x) {
        if (x < 50) sum += steps[x];
        CHECK(is_near(channels(row.get<1>(x)), sum, 0));
    }
    CHECK(is_near(last, sum, 0));
}
