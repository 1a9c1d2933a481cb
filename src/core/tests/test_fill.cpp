#define DEFOCUS_ISA portable
#include <cmath>

#include "check.hpp"
#include "fill.hpp"
#include "scene.hpp"

using namespace defocus;
using namespace defocus::portable;

namespace {

// A grey wall at the focal plane, before which a red disc is blurred.
Scene wall_and_disc(int width, int height, float front) {
    Scene scene(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const std::size_t i = std::size_t(y) * width + x;
            const bool disc = std::hypot(float(x - width / 2), float(y - height / 2)) < 0.25f * float(height);
            scene.radius[i] = disc ? front : 0;
            for (std::size_t c = 0; c < 3; ++c) scene.light[3 * i + c] = disc ? (c == 0 ? 1.0f : 0.0f) : 0.4f;
        }
    return scene;
}

struct Filled {
    Memory memory{true};
    Request request;
    Survey survey;
    Samples<float> samples;
    Tiles tiles;
    Fill<float> fill;

    Filled(Scene& scene, const Aperture& aperture, Pool& pool)
        : request(scene.request(aperture)), survey(request, memory), samples(request, measured(survey)),
          tiles(scene.width, scene.height), fill(request, survey, samples, marked(tiles), memory) {
        fill.run(pool, 0, 1);
    }

    f32x4 at(int x, int y) const {
        PixelRow row;
        fill.row(x / kTile * kTile, y, row);
        return channels(row.get<1>(x % kTile));
    }

private:
    static const Survey& measured(Survey& survey) {
        for (int ty = 0; ty < survey.rows_of_tiles(); ++ty) survey.measure(ty);
        for (int ty = 0; ty < survey.rows_of_tiles(); ++ty) survey.find_rims(ty);
        return survey;
    }
    static const Tiles& marked(Tiles& tiles) {
        tiles.at(tiles.across / 2, tiles.down / 2) = kHasFront;
        return tiles;
    }
};

}  // namespace

TEST("hole filling: behind a blurred disc the wall goes on, without the disc's colour") {
    const Aperture aperture({});
    Pool pool(2, {});
    for (const auto& [width, height] : {std::pair{200, 150}, {131, 97}}) {
        Scene scene = wall_and_disc(width, height, 20);
        const Filled filled(scene, aperture, pool);
        for (const int dy : {-9, 0, 9})
            for (const int dx : {-9, 0, 9}) {
                const f32x4 hidden = filled.at(width / 2 + dx, height / 2 + dy);
                CHECK(std::fabs(hidden[3] - 1) < 1e-4f);
                for (int c = 0; c < 3; ++c) CHECK(std::fabs(hidden[c] - 0.4f) < 1e-4f);
            }
    }
}

TEST("hole filling: the order of its pieces changes nothing") {
    const Aperture aperture({});
    Pool one(1, {}), shuffled(3, {}, 5);
    Scene scene = wall_and_disc(200, 150, 33);
    for (float& light : scene.light) light *= 0.5f + float(&light - scene.light.data()) / float(scene.light.size());
    const Filled a(scene, aperture, one), b(scene, aperture, shuffled);
    for (int y = 0; y < 150; y += 3)
        for (int x = 0; x < 200; x += 3)
            for (int c = 0; c < 4; ++c) CHECK(a.at(x, y)[c] == b.at(x, y)[c]);
}
