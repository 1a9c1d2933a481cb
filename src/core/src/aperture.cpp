#include "defocus/aperture.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "defocus/constants.hpp"

namespace defocus {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int kCatEyeZonesX = 9, kCatEyeZonesY = 7;
constexpr int kScanLines = 2048;

using Point = ApertureProfile::Point;

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

constexpr double kHalfHeight = 1.6;  // a triangle of the disc's area reaches 1.56
constexpr double kScanStep = 2 * kHalfHeight / kScanLines;

// The integral up to height y, between its scan lines linearly.
double integral_at(const std::vector<double>& integral, double y) {
    const double place = std::clamp((y + kHalfHeight) / kScanStep, 0.0, double(kScanLines));
    const int cell = std::min(static_cast<int>(place), kScanLines - 1);
    return integral[cell] + (place - cell) * (integral[cell + 1] - integral[cell]);
}

constexpr double kMinRadius = 0.5;      // a disc inside one pixel
constexpr double kNoRow = 1e-3;         // rows that cover less of a pixel are left out

// Appends the rows of the shape at this radius; the stamp's pointer to them is left null.
Stamp append_stamp(const ApertureProfile& profile, double radius, std::vector<ApertureRow>& rows) {
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

ApertureProfile::ApertureProfile(const std::vector<Point>& outline, double shift_x, double shift_y,
                                 double squeeze)
    : widen_(std::sqrt(squeeze)), area_(kScanLines + 1), moment_(kScanLines + 1) {
    for (int i = 0; i < kScanLines; ++i) {
        const double y = -kHalfHeight + (i + 0.5) * kScanStep;
        auto [left, right] = chord(outline, y);
        if (shift_x != 0 || shift_y != 0) {
            const double clip = 1 - (y - shift_y) * (y - shift_y);
            const double half = clip > 0 ? std::sqrt(clip) : -kHalfHeight;
            left = std::max(left, shift_x - half);
            right = std::min(right, shift_x + half);
        }
        const double width = std::max(0.0, right - left);
        area_[i + 1] = area_[i] + width * kScanStep;
        moment_[i + 1] = moment_[i] + width * (left + right) / 2 * kScanStep;
    }
}

std::pair<double, double> ApertureProfile::between(double low, double high, double radius) const {
    const double tall = radius / widen_, wide = radius * widen_;
    const double area = integral_at(area_, high / tall) - integral_at(area_, low / tall);
    const double moment = integral_at(moment_, high / tall) - integral_at(moment_, low / tall);
    return {area * tall * wide, moment * tall * wide * wide};
}

Aperture::Aperture(const ApertureShape& shape)
    : zones_x_(shape.cat_eye > 0 ? kCatEyeZonesX : 1),
      zones_y_(shape.cat_eye > 0 ? kCatEyeZonesY : 1), extent_(0) {
    const std::vector<Point> points = outline(shape);
    const double widen = std::sqrt(shape.squeeze);
    for (const Point& p : points)
        extent_ = std::max(extent_, float(std::max(std::abs(p.x) * widen, std::abs(p.y) / widen)));
    for (int zy = 0; zy < zones_y_; ++zy) {
        for (int zx = 0; zx < zones_x_; ++zx) {
            // Towards the picture's centre; the corner of a 4:3 picture lies 1 from it.
            const double shift_x = -shape.cat_eye * constants::kCatEyeX * (2 * (zx + 0.5) / zones_x_ - 1);
            const double shift_y = -shape.cat_eye * constants::kCatEyeY * (2 * (zy + 0.5) / zones_y_ - 1);
            profiles_.emplace_back(points, shift_x, shift_y, shape.squeeze);
            for (int i = 0; i < kCount; ++i) {
                const double radius = std::max(double(i) / kSteps, kMinRadius);
                stamps_.push_back(append_stamp(profiles_.back(), radius, rows_));
            }
        }
    }
    const ApertureRow* next = rows_.data();
    for (Stamp& stamp : stamps_) {
        stamp.rows = next;
        next += stamp.count;
    }
}

Stamp Aperture::make(int zx, int zy, float radius, std::vector<ApertureRow>& rows) const {
    rows.clear();
    const ApertureProfile& profile = profiles_[static_cast<std::size_t>(zy * zones_x_ + zx)];
    Stamp stamp = append_stamp(profile, std::max(double(radius), kMinRadius), rows);
    stamp.rows = rows.data();
    return stamp;
}

int Aperture::reach(float radius) const {
    const int step = std::min(static_cast<int>(radius * kSteps + 0.5f), kCount - 1);
    int reach = 1;
    for (std::size_t i = static_cast<std::size_t>(step); i < stamps_.size(); i += kCount)
        reach = std::max(reach, stamps_[i].reach);
    return reach;
}

}  // namespace defocus
