#define DEFOCUS_ISA portable
#include <cmath>
#include <cstdint>

#include "blend.hpp"
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

TEST("half floats: a pair is packed as two singles") {
    const f32x8 v = {0.1f, 0.2f, 0.3f, 1, 4, 5, 6, 0.5f};
    f16x4 two[2];
    pack_pair(two, v);
    CHECK(two[0] == pack(f32x4{0.1f, 0.2f, 0.3f, 1}) && two[1] == pack(f32x4{4, 5, 6, 0.5f}));
}

TEST("blending: one pixel and eight lanes give the same bits") {
    f32x4 over[8], under[8];
    for (int k = 0; k < 8; ++k) {
        const float w = float(k) / 7, u = k == 3 ? 0 : 1.2f - w;
        over[k] = f32x4{0.3f * w, 0.5f * w, 0.1f * w, w};
        under[k] = f32x4{0.9f * u, 0.2f * u, 0.4f * u, u};
    }
    const Eight joined = add_under(by_channels(over), saturated(by_channels(under)));
    for (int k = 0; k < 8; ++k) {
        const f32x4 one = add_under(over[k], saturated(under[k]));
        for (int c = 0; c < 4; ++c) CHECK(one[c] == joined.c[c][k]);
    }
}
