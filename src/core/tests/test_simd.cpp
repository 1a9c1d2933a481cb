#define DEFOCUS_ISA portable
#include <cmath>
#include <cstdint>

#include "check.hpp"
#include "simd.hpp"

using namespace defocus::portable;

TEST("half floats: every one of them survives, and rounding goes to the nearest") {
    for (std::uint32_t bits = 0; bits < 0x7c00; ++bits) {
        const f16x4 h = f16x4{bits} | f16x4{bits} << 48;
        CHECK(pack(unpack(h)) == h);
    }
    for (float v = 1e-6f; v < 60000; v *= 1.37f) {
        const float back = unpack(pack(all(v)))[0];
        CHECK(std::fabs(back - v) <= std::fmax(v / 2048, 3e-8f));
    }
}

TEST("half floats: eight of a row are packed as those of cells") {
    const f32x8 v = {0.1f, 0.2f, 0.3f, 1, 4, 5e-6f, 6, 0.5f};
    f16 row[8];
    pack_eight(row, v);
    const f16x4 cells[2] = {pack(f32x4{0.1f, 0.2f, 0.3f, 1}), pack(f32x4{4, 5e-6f, 6, 0.5f})};
    const f32x8 back = unpack_eight(row), pair = unpack_pair(cells);
    for (int k = 0; k < 8; ++k) {
        CHECK(row[k] == f16(cells[k / 4] >> (16 * (k % 4))));
        CHECK(back[k] == pair[k]);
    }
}
