// A small picture of codes with its curves, for tests of single passes.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "defocus/request.hpp"

namespace defocus {

// Light is a quarter of a code and three quarters of its square: near black a line, as real curves are.
template <class T>
struct Codes {
    static constexpr int kTop = std::numeric_limits<T>::max();

    int width, height;
    std::vector<T> pixels, out;
    std::vector<float> radius, decode, encode;

    Codes(int w, int h, unsigned seed)
        : width(w), height(h), pixels(std::size_t(w) * h * 3), out(pixels.size()), radius(std::size_t(w) * h, 0.0f),
          decode(std::size_t(kTop) + 1), encode(EncodeCurve::kEntries) {
        std::mt19937 random(seed);
        for (T& code : pixels) code = T(random() % (unsigned(kTop) + 1));
        for (std::size_t i = 0; i < decode.size(); ++i) {
            const double code = double(i) / kTop;
            decode[i] = float(0.25 * code + 0.75 * code * code);
        }
        for (int i = 0; i < EncodeCurve::kEntries; ++i) {
            const int octave = i / EncodeCurve::kPerOctave - EncodeCurve::kOctaves;
            const double within = 1 + double(i % EncodeCurve::kPerOctave) / EncodeCurve::kPerOctave;
            encode[std::size_t(i)] = float((std::sqrt(0.0625 + 3 * std::ldexp(within, octave)) - 0.25) / 1.5);
        }
    }

    Request request() {
        Request request;
        request.width = width;
        request.height = height;
        request.type = sizeof(T) == 1 ? PixelType::u8 : PixelType::u16;
        request.pixels = pixels.data();
        request.out = out.data();
        request.radius = radius.data();
        request.largest_radius = float(constants::kMaxRadiusPx);
        request.decode = decode.data();
        request.encode = encode.data();
        return request;
    }
};

}  // namespace defocus
