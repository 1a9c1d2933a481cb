// The inverse of a symmetric 3×3 matrix, such as a covariance of colours.
#pragma once

#include <algorithm>

#include "isa.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// The inverse's elements times the determinant, and that: an element is c.. / det.
struct Cofactors {
    double c00, c01, c02, c11, c12, c22, det;
};

// Of a covariance with at least `noise` on its diagonal, whose determinant cannot be less than noise³: the
// colours of a toned or grey picture lie on a line, of a flat one on a point, so that there are
// eigenvalues of rounding, of either sign.
inline Cofactors cofactors(double rr, double gg, double bb, double rg, double rb, double gb, float noise) {
    Cofactors c{gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg, rr * bb - rb * rb,
                rb * rg - rr * gb, rr * gg - rg * rg, 0};
    c.det = std::max(rr * c.c00 + rg * c.c01 + rb * c.c02, double(noise) * noise * noise);
    return c;
}

}  // namespace defocus::DEFOCUS_ISA::maps
