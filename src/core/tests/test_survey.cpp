#define DEFOCUS_ISA portable
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "check.hpp"
#include "codes.hpp"
#include "survey.hpp"

using namespace defocus;
using namespace defocus::portable;

namespace {

// Radii with every kind of step, at every place in a tile.
Codes<std::uint8_t> steps(int width, int height) {
    Codes<std::uint8_t> codes(width, height, 1);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const int patch = (x / 9 + y / 7) % 5;
            const float radii[5] = {-20, -2, 0, 0.7f, 12};
            codes.radius[std::size_t(y) * width + x] = radii[patch] + float((x * 7 + y * 3) % 11) / 11;
        }
    return codes;
}

void surveyed(Survey& survey) {
    for (int ty = 0; ty < survey.rows_of_tiles(); ++ty) survey.measure(ty);
    for (int ty = 0; ty < survey.rows_of_tiles(); ++ty) survey.find_rims(ty);
}

}  // namespace

TEST("tile classification: the range of every line of a tile is that of its pixels") {
    for (const auto& [width, height] : {std::pair{150, 70}, {64, 64}, {1, 1}, {65, 3}}) {
        Codes<std::uint8_t> codes = steps(width, height);
        const Request request = codes.request();
        Memory memory(true);
        Survey survey(request, memory);
        surveyed(survey);
        float largest = 0;
        for (int y = 0; y < height; ++y)
            for (int tx = 0; tx * kTile < width; ++tx) {
                const float* line = &codes.radius[std::size_t(y) * width];
                const int x0 = tx * kTile, x1 = std::min(width, x0 + kTile);
                CHECK(survey.range(y, tx).low == *std::min_element(line + x0, line + x1));
                CHECK(survey.range(y, tx).high == *std::max_element(line + x0, line + x1));
                for (int x = x0; x < x1; ++x) largest = std::max(largest, std::fabs(line[x]));
            }
        CHECK(survey.largest() == largest);
    }
}

TEST("tile classification: rims are the pixels beside a nearer surface that shows") {
    Codes<std::uint8_t> codes = steps(150, 90);
    const Request request = codes.request();
    Memory memory(true);
    Survey survey(request, memory);
    surveyed(survey);
    int rims = 0;
    for (int y = 0; y < 90; ++y)
        for (int x = 0; x < 150; ++x) {
            const float nearest = survey.nearest_around(x, y);
            const bool shows = nearest >= Survey::kVeil || std::fabs(nearest) <= Survey::kCrisp;
            const bool expected = nearest > survey.radius(x, y) + Survey::kStep && shows;
            CHECK(survey.is_rim(x, y) == expected);
            rims += expected;
        }
    CHECK(rims > 500);
}

TEST("tile classification: a line whose pixels have second samples is soft, and their radii count") {
    Codes<std::uint8_t> codes = steps(150, 40);
    std::vector<std::uint8_t> alpha(codes.radius.size(), 255);
    std::vector<float> behind(codes.radius.size(), 5000);   // not read where alpha is 255
    alpha[20 * 150 + 70] = 100;
    behind[20 * 150 + 70] = -77;
    Request request = codes.request();
    request.alpha = alpha.data();
    request.behind_pixels = codes.pixels.data();
    request.behind_radius = behind.data();
    Memory memory(true);
    Survey survey(request, memory);
    surveyed(survey);
    for (int y = 0; y < 40; ++y)
        for (int tx = 0; tx < 3; ++tx) CHECK(survey.has_soft(y, tx) == (y == 20 && tx == 1));
    CHECK(survey.largest() == 77);
    alpha[0] = 0;
    bool refused = false;
    try {
        survey.measure(0);
    } catch (const BadRadius&) {
        refused = true;
    }
    CHECK(refused);
}
