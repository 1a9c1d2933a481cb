#define DEFOCUS_ISA portable
#include <cmath>
#include <random>
#include <vector>

#include "back_project.hpp"
#include "bounds.hpp"
#include "check.hpp"

using namespace defocus;
using namespace defocus::portable;
using namespace defocus::portable::maps;

namespace {

using Floats = std::vector<float>;

Floats noise(int width, int height, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> even(0, 1);
    Floats map(std::size_t(width) * height);
    for (float& value : map) value = even(random);
    return map;
}

// A near disc before a far ground, as means over cells.
Floats disc(int width, int height) {
    Floats map(std::size_t(width) * height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            map[std::size_t(y) * width + x] = std::hypot(x - width / 2.0, y - height / 2.0) < height / 3.0 ? 0.9f : 0.2f;
    return map;
}

Floats projected(const BackProjection::Given& given, int width, int height, int rounds, Pool& pool) {
    Floats values = noise(width, height, 5);
    for (float& value : values) value = 0.4f + 0.2f * value;
    BackProjection projection(given, values.data(), width, height);
    for (int round = 0; round < rounds; ++round) projection.give(pool);
    return values;
}

}  // namespace

TEST("bounds are those of the window, whatever lies beyond the map") {
    const int sizes[][2] = {{1, 1}, {5, 3}, {64, 65}, {150, 70}};
    for (const auto& [width, height] : sizes)
        for (const int reach : {0, 1, 2, 6, 70}) {
            const Floats map = noise(width, height, 1);
            bool same = true, spread_holds = true;
            for (int index = 0; index < Square::count(width, height); ++index) {
                const Square square(index, width, height);
                Bounds bounds(map.data(), width, height, reach);
                bounds.load(square);
                const float spread = bounds.spread();
                bounds.find();
                for (int y = 0; y < square.height; ++y)
                    for (int x = 0; x < square.width; ++x) {
                        float low = 2, high = -1;
                        const int row = square.top + y, column = square.left + x;
                        for (int j = std::max(0, row - reach); j <= std::min(height - 1, row + reach); ++j)
                            for (int i = std::max(0, column - reach); i <= std::min(width - 1, column + reach); ++i) {
                                low = std::min(low, map[std::size_t(j) * width + i]);
                                high = std::max(high, map[std::size_t(j) * width + i]);
                            }
                        same = same && bounds.low(y)[x] == low && bounds.high(y)[x] == high;
                        spread_holds = spread_holds && spread >= high - low;
                    }
            }
            CHECK(same);
            CHECK(spread_holds);
        }
}

TEST("cells share out an axis") {
    const int cases[][2] = {{1, 1}, {7, 45}, {45, 45}, {9, 4}, {178, 1152}};
    for (const auto& [count, pixels] : cases) {
        const CellSpans spans(count, pixels);
        Floats total(pixels);
        for (int cell = 0; cell < count; ++cell) {
            float whole = 0;
            for (int i = 0; i < spans.size(cell); ++i) {
                whole += spans.shares(cell)[i];
                total[spans.first(cell) + i] += spans.shares(cell)[i];
            }
            CHECK(std::abs(whole - 1) < 1e-5f);
        }
        for (const float share : total) CHECK(std::abs(share - float(count) / float(pixels)) < 1e-4f);
    }
}

TEST("what was lost comes back, within its bounds and in any order of the work") {
    const int width = 150, height = 90, wide = 19, high = 13;
    const Floats cells = disc(wide, high), least(cells.size(), 0.1f), most(cells.size(), 0.95f);
    const BackProjection::Given given{cells.data(), least.data(), most.data(), wide, high, 6, 0.05f};
    Pool one(1, {}), shuffled(3, {}, 7);
    const Floats values = projected(given, width, height, 12, one);
    CHECK(values == projected(given, width, height, 12, shuffled));

    const CellSpans across(wide, width), down(high, height);
    double off = 0;
    for (int row = 0; row < high; ++row)
        for (int column = 0; column < wide; ++column) {
            double mean = 0;
            for (int j = 0; j < down.size(row); ++j)
                for (int i = 0; i < across.size(column); ++i)
                    mean += double(down.shares(row)[j]) * across.shares(column)[i] *
                            values[std::size_t(down.first(row) + j) * width + across.first(column) + i];
            off = std::max(off, std::abs(mean - cells[std::size_t(row) * wide + column]));
        }
    CHECK(off < 0.05);  // 0.41 before
    for (const float value : values) CHECK(value >= 0.1f && value <= 0.95f);
}
