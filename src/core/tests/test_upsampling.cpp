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

// A level with light everywhere, some of it not covered.
void shine(Level& level, unsigned seed) {
    std::mt19937 random(seed);
    const auto share = [&] { return float(random() % 1000) / 999; };
    for (int y = 0; y < level.height; ++y) {
        level.side[kBehind].empty_bands[std::size_t(y / kBand)] = 0;
        for (int x = 0; x < level.width; ++x)
            level.blurred_row(kBehind, y)[x] = pack(f32x4{share(), 5 * share(), share(), share()});
    }
}

// Three quarters of the near cell, one of the far one, along both axes.
f32x4 slowly(const Level& level, int x, int y) {
    const auto far = [](int i) { return (i >> 1) + ((i & 1) != 0 ? 1 : -1); };
    const auto cell = [&](int cx, int cy) {
        return unpack(level.blurred_row(kBehind, repeated(cy, level.height))[repeated(cx, level.width)]);
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

TEST("upsampling: a level's row is enlarged pixel by pixel and as a whole alike") {
    for (const auto& [width, height] : {std::pair{37, 9}, {1, 1}, {2, 5}, {64, 64}}) {
        Memory memory(true);
        Level level(memory, 2, width, height);
        shine(level, 1);
        const Level& seen = level;
        UpsampledRow row(width);
        for (int y = 0; y < 2 * height; ++y) {
            row.load(seen, kBehind, y);
            std::vector<f16x4> whole(std::size_t(2 * width));
            row.copy(whole.data(), 0, 2 * width);
            for (int x = 0; x < 2 * width; ++x) {
                CHECK(is_near(row.at(x), slowly(seen, x, y), 2e-6f));
                CHECK(whole[std::size_t(x)] == pack(row.at(x)));
            }
        }
    }
}

TEST("upsampling: a tile's row by channels is that of the level") {
    constexpr int kWidth = 70, kHeight = 5;
    Memory memory(true);
    Level level(memory, 2, kWidth, kHeight);
    shine(level, 2);
    const Level& seen = level;
    for (int y = 2; y < 2 * kHeight - 2; ++y) {
        for (const int x0 : {0, 64}) {
            CellRow near, far;
            near.load(seen.blurred_row(kBehind, y >> 1), kWidth, x0 / 2 - 1);
            far.load(seen.blurred_row(kBehind, (y & 1) != 0 ? (y >> 1) + 1 : (y >> 1) - 1), kWidth, x0 / 2 - 1);
            PixelRow row;
            CHECK(!row.enlarge(near, far));
            for (int x = 0; x < kTile && x0 + x < 2 * kWidth; ++x)
                CHECK(is_near(row.one(x), slowly(seen, x0 + x, y), 2e-6f));
        }
    }
}

TEST("upsampling: a band where nothing is reads as nothing") {
    Memory memory(true);
    const Level level(memory, 2, 40, 70);
    UpsampledRow row(40);
    for (const int y : {0, 63, 64, 139}) {
        row.load(level, kInFront, y);
        for (int x = 0; x < 80; ++x) CHECK(is_near(row.at(x), kZero, 0));
    }
}
