#include <cmath>
#include <vector>

#include "check.hpp"
#include "defocus/aperture.hpp"

using namespace defocus;

namespace {

double area(const Stamp& stamp) {
    double sum = 0;
    for (int k = 0; k < stamp.count; ++k) {
        const ApertureRow& row = stamp.rows[k];
        sum += (row.right - row.near_right) - (row.left - row.near_left);
    }
    return sum;
}

}  // namespace

TEST("aperture: a stamp has the area of the disc of its radius, whatever its shape") {
    for (const ApertureShape& shape : {ApertureShape{}, ApertureShape{5, 0.3, 0.2, 0, 1},
                                       ApertureShape{3, 0, 0, 0, 0.6}, ApertureShape{0, 0, 0, 0, 1.6}}) {
        const Aperture aperture(shape);
        for (const float radius : {2.0f, 7.5f, 20.0f}) {
            const Stamp& stamp = aperture.zone(0, 0)[int(radius * Aperture::kSteps)];
            const double disc = 3.14159265 * radius * radius;
            CHECK(std::abs(area(stamp) / disc - 1) < 0.02);
            CHECK(std::abs(area(stamp) * stamp.inverse_area - 1) < 1e-4);
        }
    }
}

TEST("aperture: rows follow each other without gaps and lie within the reach") {
    const Aperture aperture({7, 0.5, 0.3, 0.8, 0.8});
    for (int zy = 0; zy < aperture.zones_y(); ++zy)
        for (int zx = 0; zx < aperture.zones_x(); ++zx)
            for (int i = 1; i < Aperture::kCount; i += 13) {
                const Stamp& stamp = aperture.zone(zx, zy)[i];
                CHECK(stamp.count > 0);
                for (int k = 0; k < stamp.count; ++k) {
                    CHECK(stamp.rows[k].dy == stamp.rows[0].dy + k);
                    CHECK(stamp.rows[k].left >= -stamp.reach && stamp.rows[k].right + 1 <= stamp.reach);
                    CHECK(stamp.rows[k].left <= stamp.rows[k].right);
                }
                CHECK(stamp.reach <= aperture.reach(float(i) / Aperture::kSteps));
            }
}

TEST("aperture: the barrel clips towards the corners, not in the middle") {
    const Aperture aperture({0, 0, 0, 1, 1});
    const int i = 10 * Aperture::kSteps;
    const double middle = area(aperture.zone(aperture.zones_x() / 2, aperture.zones_y() / 2)[i]);
    CHECK(area(aperture.zone(0, 0)[i]) < 0.7 * middle);
}

TEST("aperture: a stamp made on its own is that of the table") {
    const Aperture aperture({6, 0.1, 0, 0, 1});
    std::vector<ApertureRow> rows;
    const Stamp own = aperture.make(0, 0, 9, rows);
    const Stamp& kept = aperture.zone(0, 0)[9 * Aperture::kSteps];
    CHECK(own.count == kept.count && own.inverse_area == kept.inverse_area);
}
