#define DEFOCUS_ISA portable
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
