// How layers lie on each other, for any number of pixels at a time.
#pragma once

#include "lanes.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

constexpr float kInvisible = 1e-3f;

// What is still uncovered is filled by `under`, as far as it goes: levels meet without cracks where
// a continuous surface passes from one to the other.
template <int N>
Pixels<N> add_under(const Pixels<N>& over, const Pixels<N>& under) {
    const Floats<N> covered = weight(over), offered = weight(under), one = every<N>(1);
    const Mask<N> none = either(offered < every<N>(1e-6f), covered >= one);
    const Floats<N> share = smaller(one - covered, offered) / offered;
    return over + under * choose(none, every<N>(0), share);
}

// At most a weight of 1, and none where only rounding is left.
template <int N>
Pixels<N> saturated(const Pixels<N>& v) {
    const Floats<N> w = weight(v), one = every<N>(1);
    const Floats<N> factor = choose(w > one, one / w, one);
    return v * choose(w < every<N>(kNoWeight), every<N>(0), factor);
}

// As Blender does it: what is in front covers the rest, which fills up what is left.
template <int N>
Pixels<N> cover(const Pixels<N>& front, const Pixels<N>& rest) {
    const Floats<N> w = weight(front), r = weight(rest), one = every<N>(1);
    const Mask<N> meet = both(w > every<N>(kInvisible), r > every<N>(kInvisible));
    return front + rest * choose(meet, larger(every<N>(0), one - w) / r, one);
}

// The surface seen here hides what the blur lets through.
template <int N>
Pixels<N> cover_hidden(const Pixels<N>& front, const Pixels<N>& rest, const Pixels<N>& hidden) {
    const Floats<N> r = weight(rest), none = every<N>(0), one = every<N>(1);
    const Floats<N> share = (one - smaller(one, weight(hidden))) / r;
    const Pixels<N> behind = hidden + rest * choose(r > every<N>(kNoWeight), share, none);
    return front + behind * larger(none, one - weight(front));
}

}  // namespace defocus::DEFOCUS_ISA
