#define DEFOCUS_ISA portable
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "check.hpp"
#include "codes.hpp"
#include "pixels.hpp"

using namespace defocus;
using namespace defocus::portable;

namespace {

// A row of lights from black to beyond white, as many as a tile has.
PixelRow lights() {
    PixelRow row;
    for (int x = 0; x < kTile; ++x) {
        const float light = x == 0 ? 0 : std::ldexp(1.37f, x / 2 - 29);
        const float channels[4] = {light, light * 0.7f, 1 - light, 1};
        for (int c = 0; c < 4; ++c) row.channel[c][x] = channels[c];
    }
    return row;
}

template <class T>
void a_row_is_stored_as_its_pixels() {
    Codes<T> codes(kTile, 2, 1);
    const PixelWriter<T> writer(codes.request());
    const PixelRow row = lights();
    writer.store_row(0, row, kTile);
    for (int x = 0; x < kTile; ++x) writer.store(std::size_t(kTile + x), row.get<1>(x));
    for (int k = 0; k < 3 * kTile; ++k) CHECK(codes.out[std::size_t(k)] == codes.out[std::size_t(3 * kTile + k)]);
}

template <class T>
void every_code_survives() {
    Codes<T> codes(256, sizeof(T) == 1 ? 1 : 256, 2);
    for (std::size_t i = 0; i < codes.pixels.size() / 3; ++i)
        for (std::size_t c = 0; c < 3; ++c) codes.pixels[3 * i + c] = T(c == 1 ? Codes<T>::kTop - i : i);
    const Request request = codes.request();
    const PixelReader<T> reader(request, request.pixels, request.radius);
    const PixelWriter<T> writer(request);
    for (std::size_t i = 0; i < codes.pixels.size() / 3; ++i) writer.store(i, one_pixel(reader.light(i)));
    CHECK(codes.out == codes.pixels);
}

}  // namespace

TEST("pixels: a row at once is stored as pixel by pixel, in 8 and 16 bits") {
    a_row_is_stored_as_its_pixels<std::uint8_t>();
    a_row_is_stored_as_its_pixels<std::uint16_t>();
}

TEST("pixels: every code of 8 and 16 bits comes back from its light") {
    every_code_survives<std::uint8_t>();
    every_code_survives<std::uint16_t>();
}

TEST("pixels: four at once are the sum of four") {
    Codes<std::uint8_t> codes(64, 1, 3);
    const Request request = codes.request();
    const PixelReader<std::uint8_t> reader(request, request.pixels, request.radius);
    for (std::size_t i = 0; i < 60; i += 4) {
        const f32x4 four = reader.plain_light_of_four(i);
        f32x4 sum = kZero;
        for (std::size_t k = 0; k < 4; ++k) sum += reader.plain_light(i + k);
        for (int c = 0; c < 4; ++c) CHECK(std::fabs(four[c] - sum[c]) < 1e-6f);
    }
}

TEST("pixels: highlights are recovered by the largest code, in the light's colour, by blur") {
    Codes<std::uint8_t> codes(4, 1, 4);
    codes.pixels = {255, 255, 255, 255, 200, 100, 254, 254, 254, 255, 255, 255};
    codes.radius = {9, 9, 9, 0};
    std::vector<float> gain(256, 1);
    gain[255] = 11;
    const std::uint8_t cell[4] = {255, 51, 0, 255};
    Request request = codes.request();
    request.gain = gain.data();
    request.recovery = cell;
    request.recovery_width = 1;
    request.recovery_shift = 4;
    request.recovery_radius = 5;
    const PixelReader<std::uint8_t> reader(request, request.pixels, request.radius);
    const f32x4 white = reader.light(0), orange = reader.light(1);
    CHECK(std::fabs(white[0] - 11) < 1e-4f && std::fabs(white[1] - 3) < 1e-4f && white[2] == 1 && white[3] == 1);
    CHECK(std::fabs(orange[0] - 11) < 1e-4f && orange[1] > reader.plain_light(1)[1]);
    CHECK(reader.light(2)[0] == reader.plain_light(2)[0]);   // not clipped
    CHECK(reader.light(3)[0] == 1);                          // hardly blurred
    CHECK(!reader.dim(0, 1) && reader.dim(2, 1) && !reader.dim(0, 4));
}
