#include "aperture.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace defocus {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int kCatEyeZonesX = 9, kCatEyeZonesY = 7;
constexpr int kScanLines = 2048;

struct Point {
    double x, y;
};

// The outline of the unit aperture, counter-clockwise, with the area of the unit disc.
std::vector<Point> outline(const ApertureShape& shape) {
    const int blades = shape.blades;
    const int corners = blades == 0 ? 256 : blades * std::max(1, 240 / blades);
    std::vector<Point> points;
    for (int i = 0; i < corners; ++i) {
        const double angle = 2 * kPi * i / corners;
        double radius = 1;
        if (blades != 0) {
            const double within = std::fmod(angle, 2 * kPi / blades) - kPi / blades;
            const double straight = std::cos(kPi / blades) / std::cos(within);
            radius = straight + shape.roundness * (1 - straight);
        }
        const double turned = angle - shape.rotation;
        points.push_back({radius * std::cos(turned), radius * std::sin(turned)});
    }
    double area = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Point a = points[i], b = points[(i + 1) % points.size()];
        area += (a.x * b.y - b.x * a.y) / 2;
    }
    const double scale = std::sqrt(kPi / area);
    for (Point& p : points) p = {p.x * scale, p.y * scale};
    return points;
}

// Where the outline crosses a horizontal line, or an empty interval.
std::pair<double, double> chord(const std::vector<Point>& points, double y) {
    double left = 1, right = -1;
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Point a = points[i], b = points[(i + 1) % points.size()];
        if ((a.y <= y) == (b.y <= y)) continue;
        const double x = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
        if (left > right) {
            left = right = x;
        } else {
            left = std::min(left, x);
            right = std::max(right, x);
        }
    }
    return {left, right};
}

// Running integrals over y of the shape's width and of its first moment in x: what one pixel row of
// any scaled copy covers follows in two look-ups.
class Profile {
public:
    // The shape, clipped by the same disc moved by (shift_x, shift_y), then squeezed.
    Profile(const std::vector<Point>& points, double shift_x, double shift_y, double squeeze)
        : widen_(std::sqrt(squeeze)) {
        area_[0] = moment_[0] = 0;
        for (int i = 0; i < kScanLines; ++i) {
            const double y = -kHalfHeight + (i + 0.5) * kStep;
            auto [left, right] = chord(points, y);
            const double clip = 1 - (y - shift_y) * (y - shift_y);
            if (shift_x != 0 || shift_y != 0) {
                const double half = clip > 0 ? std::sqrt(clip) : -1;
                left = std::max(left, shift_x - half);
                right = std::min(right, shift_x + half);
            }
            const double width = std::max(0.0, right - left);
            area_[i + 1] = area_[i] + width * kStep;
            moment_[i + 1] = moment_[i] + width * (left + right) / 2 * kStep;
        }
    }

    // Area and first moment of the part between two heights of the copy of this radius.
    std::pair<double, double> between(double low, double high, double radius) const {
        const double tall = radius / widen_, wide = radius * widen_;
        const double area = at(area_, high / tall) - at(area_, low / tall);
        const double moment = at(moment_, high / tall) - at(moment_, low / tall);
        return {area * tall * wide, moment * tall * wide * wide};
    }

private:
    static constexpr double kHalfHeight = 1.6;  // a triangle of the disc's area reaches 1.56
    static constexpr double kStep = 2 * kHalfHeight / kScanLines;

    static double at(const double* integral, double y) {
        const double place = std::clamp((y + kHalfHeight) / kStep, 0.0, double(kScanLines));
        const int cell = std::min(static_cast<int>(place), kScanLines - 1);
        return integral[cell] + (place - cell) * (integral[cell + 1] - integral[cell]);
    }

    double widen_;
    double area_[kScanLines + 1], moment_[kScanLines + 1];
};

constexpr double kMinRadius = 0.5;      // a disc inside one pixel
constexpr double kNoRow = 1e-3;         // rows that cover less of a pixel are left out

Stamp make_stamp(const Profile& profile, double radius, std::vector<ApertureRow>& rows) {
    Stamp stamp{nullptr, 0, 1, 1};
    double total = 0;
    const int tallest = static_cast<int>(std::ceil(radius * 2.3)) + 1;
    for (int dy = -tallest; dy <= tallest; ++dy) {
        const auto [area, moment] = profile.between(dy - 0.5, dy + 0.5, radius);
        if (area < kNoRow) continue;
        const double centre = moment / area;
        const double begin = centre - area / 2 + 0.5, end = centre + area / 2 + 0.5;
        const int left = static_cast<int>(std::floor(begin)), right = static_cast<int>(std::floor(end));
        rows.push_back({static_cast<std::int16_t>(dy), static_cast<std::int16_t>(left),
                        static_cast<std::int16_t>(right), static_cast<float>(left + 1 - begin),
                        static_cast<float>(right + 1 - end)});
        total += area;
        ++stamp.count;
        stamp.reach = std::max({stamp.reach, std::abs(dy), std::abs(left), std::abs(right) + 1});
    }
    stamp.inverse_area = static_cast<float>(1 / total);
    return stamp;
}

}  // namespace

Aperture::Aperture(const ApertureShape& shape)
    : zones_x_(shape.cat_eye > 0 ? kCatEyeZonesX : 1),
      zones_y_(shape.cat_eye > 0 ? kCatEyeZonesY : 1) {
    const std::vector<Point> points = outline(shape);
    for (int zy = 0; zy < zones_y_; ++zy) {
        for (int zx = 0; zx < zones_x_; ++zx) {
            // Towards the picture's centre; the corner of a 4:3 picture lies 1 from it.
            const double shift_x = -shape.cat_eye * 0.8 * (2 * (zx + 0.5) / zones_x_ - 1);
            const double shift_y = -shape.cat_eye * 0.6 * (2 * (zy + 0.5) / zones_y_ - 1);
            const Profile profile(points, shift_x, shift_y, shape.squeeze);
            for (int i = 0; i < kCount; ++i) {
                const double radius = std::max(double(i) / kSteps, kMinRadius);
                stamps_.push_back(make_stamp(profile, radius, rows_));
            }
        }
    }
    const ApertureRow* next = rows_.data();
    for (Stamp& stamp : stamps_) {
        stamp.rows = next;
        next += stamp.count;
    }
}

int Aperture::reach(float radius) const {
    const int step = std::min(static_cast<int>(radius * kSteps + 0.5f), kCount - 1);
    int reach = 1;
    for (std::size_t i = static_cast<std::size_t>(step); i < stamps_.size(); i += kCount)
        reach = std::max(reach, stamps_[i].reach);
    return reach;
}

}  // namespace defocus
