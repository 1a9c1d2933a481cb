#define DEFOCUS_ISA portable
#include <cmath>

#include "cells.hpp"
#include "check.hpp"
#include "levels.hpp"
#include "move_up.hpp"

using namespace defocus::portable;

TEST("cells: a segment is live once it is made, and starts empty") {
    defocus::Memory memory(true);
    Cells cells(memory, 100, 40);
    CHECK(!cells.live(7) && !cells.live(7, 1));
    const Cells::Segment segment = cells.make(7, 1);
    for (int k = 0; k < kSegment; ++k) CHECK(segment.cell[k] == 0 && segment.radius[k] == 0);
    segment.cell[3] = kWhole;
    CHECK(cells.live(7) && cells.live(7, 1) && !cells.live(7, 0) && !cells.live(6));
    CHECK(cells.find(7, 1).cell[3] == kWhole);
}

TEST("levels: what is too blurred moves up whole, the rest stays") {
    defocus::Memory memory(true);
    Level fine(memory, 1, 64, 32), coarse(memory, 2, 32, 16);
    float light = 0;
    for (int y = 0; y < 32; ++y) {
        for (int sg = 0; sg < 2; ++sg) {
            const Cells::Segment to = fine.side[kBehind].cells.make(y, sg);
            for (int k = 0; k < kSegment; ++k) {
                to.cell[k] = pack(f32x4{0.5f, 0.25f, 1, 1});
                to.radius[k] = sg == 0 ? kMoveUp[1] + 1 : kMoveUp[1] - 1;
                light += 1;
            }
        }
    }
    for (int block = 0; block < blocks_down(coarse); ++block) move_up(fine, coarse, 1, block);
    float left = 0, moved = 0;
    for (int y = 0; y < 32; ++y)
        for (int sg = 0; sg < 2; ++sg)
            if (fine.side[kBehind].cells.live(y, sg))
                for (int k = 0; k < kSegment; ++k) left += unpack(fine.side[kBehind].cells.find(y, sg).cell[k])[3];
    for (int y = 0; y < 16; ++y)
        if (coarse.side[kBehind].cells.live(y, 0))
            for (int k = 0; k < kSegment; ++k) moved += 4 * unpack(coarse.side[kBehind].cells.find(y, 0).cell[k])[3];
    CHECK(left == light / 2 && moved == light / 2);
}

TEST("tiles: marks reach as far as they are asked to, and not beyond the picture") {
    Tiles tiles(640, 320);
    tiles.at(0, 2) = kHasFront;
    const auto marks = tiles.around(kHasFront, 1);
    int count = 0;
    for (const auto mark : marks) count += mark;
    CHECK(count == 6 && tiles.any(kHasFront) && !tiles.any(kHasBack));
}

TEST("levels: whole segments move up as cell by cell") {
    const auto filled = [](Level& level) {
        for (int y = 0; y < level.height; ++y)
            for (int sg = 0; sg < 2; ++sg) {
                const Cells::Segment to = level.side[kInFront].cells.make(y, sg);
                for (int k = 0; k < kSegment; ++k) {
                    const float light = float((y * 37 + sg * 11 + k * 5) % 64) / 64;
                    to.cell[k] = pack(f32x4{light, 1 - light, 3 * light, 1});
                    to.radius[k] = kMoveUp[1] + 20 * light;
                }
            }
    };
    defocus::Memory memory(true);
    Level whole(memory, 1, 64, 32), parts(memory, 1, 64, 32);
    Level from_whole(memory, 2, 32, 16), from_parts(memory, 2, 32, 16);
    filled(whole);
    filled(parts);
    // One cell that stays in each segment sends it the slow way.
    for (int y = 0; y < 32; y += 2)
        for (int sg = 0; sg < 2; ++sg) parts.side[kInFront].cells.find(y, sg).radius[0] = kMoveUp[1] - 1;
    for (int block = 0; block < blocks_down(from_whole); ++block) {
        move_up(whole, from_whole, 1, block);
        move_up(parts, from_parts, 1, block);
    }
    for (int y = 0; y < 16; ++y) {
        const Cells::Segment a = from_whole.side[kInFront].cells.find(y, 0);
        const Cells::Segment b = from_parts.side[kInFront].cells.find(y, 0);
        for (int k = 0; k < kSegment; ++k) {
            if (k % (kSegment / 2) == 0) continue;
            CHECK(a.cell[k] == b.cell[k]);
            CHECK(std::fabs(a.radius[k] - b.radius[k]) < 1e-4f);
        }
    }
}

TEST("levels: what comes to a place that was left begins with nothing") {
    defocus::Memory memory(true);
    Cells cells(memory, 40, 20);
    cells.make(3, 0).cell[5] = kWhole;
    cells.clear(3, 0);
    CHECK(cells.make(3, 0).cell[5] == 0);
}
