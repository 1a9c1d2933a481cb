// What lies beyond the edge of a picture, along one axis.
#pragma once

#include <algorithm>

#include "isa.hpp"

namespace defocus::DEFOCUS_ISA {

// The last pixel again and again: a a a | a b c d | d d d.
inline int repeated(int i, int count) { return std::clamp(i, 0, count - 1); }

// Mirrored about the edge pixel, by less than the picture's length: d c b | a b c d | c b a.
inline int mirrored(int i, int count) {
    if (count == 1) return 0;
    return i < 0 ? -i : i >= count ? 2 * count - 2 - i : i;
}

// Mirrored about the edge, its pixel included, as far as it takes: c b a | a b c d | d c b.
inline int mirrored_whole(int i, int count) {
    while (i < 0 || i >= count) i = i < 0 ? -1 - i : 2 * count - 1 - i;
    return i;
}

}  // namespace defocus::DEFOCUS_ISA
