// The aperture's shape at every radius, as rows that a scatter can draw with two additions each.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace defocus {

// One row of the shape, as a derivative along x. Adding v there draws v from `left` to `right`
// after a running sum; the ends are anti-aliased by splitting each between two pixels:
//     D[left] += near_left · v,   D[left + 1] += (1 − near_left) · v
//     D[right] −= near_right · v, D[right + 1] −= (1 − near_right) · v
struct ApertureRow {
    std::int16_t dy, left, right;
    float near_left, near_right;
};

// The shape at one radius.
struct Stamp {
    const ApertureRow* rows;
    int count;
    int reach;             // largest |dy|, |left| or |right + 1| of any row
    float inverse_area;    // so that a pixel's light is kept
};

// What the lens imitates; angles in radians, see defocus.optics.Lens for the rest.
struct ApertureShape {
    int blades = 0;
    double rotation = 0, roundness = 0, cat_eye = 0, squeeze = 1;
};

// Running integrals over y of the shape's width and of its first moment in x: what one pixel row of
// any scaled copy covers follows in two look-ups.
class ApertureProfile {
public:
    struct Point {
        double x, y;
    };

    // The convex shape inside `outline`, clipped by the unit disc moved by (shift_x, shift_y)
    // unless both are 0, then squeezed.
    ApertureProfile(const std::vector<Point>& outline, double shift_x, double shift_y,
                    double squeeze);

    // Area and first moment of the part between two heights of the copy of this radius.
    std::pair<double, double> between(double low, double high, double radius) const;

private:
    double widen_;
    std::vector<double> area_, moment_;
};

// Stamps for radii 0 to kMaxRadius in steps of 1/kSteps, for every zone of the picture: a barrel
// clips the aperture more the farther a point lies from the centre ("cat-eye").
class Aperture {
public:
    static constexpr int kSteps = 8;
    static constexpr float kMaxRadius = 24;
    static constexpr int kCount = static_cast<int>(kMaxRadius) * kSteps + 1;

    explicit Aperture(const ApertureShape& shape);
    Aperture(const Aperture&) = delete;
    Aperture& operator=(const Aperture&) = delete;

    int zones_x() const { return zones_x_; }
    int zones_y() const { return zones_y_; }
    // Stamps of one zone, by radius · kSteps.
    const Stamp* zone(int zx, int zy) const {
        return stamps_.data() + static_cast<std::size_t>(zy * zones_x_ + zx) * kCount;
    }
    // Largest reach of any zone at this radius.
    int reach(float radius) const;

    // The rows of one zone at a radius of any size, into `rows` (replaced); returns their stamp.
    Stamp make(int zx, int zy, float radius, std::vector<ApertureRow>& rows) const;
    // Largest distance of the shape's outline from its centre, along x or y, at radius 1.
    float extent() const { return extent_; }

private:
    int zones_x_, zones_y_;
    float extent_;
    std::vector<ApertureProfile> profiles_;
    std::vector<Stamp> stamps_;
    std::vector<ApertureRow> rows_;
};

}  // namespace defocus
