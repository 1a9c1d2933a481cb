// Random bytes as a request: whatever they say, rendering ends without a fault, with the same bits as on
// one thread, and constant light stays constant. Run by ./dev core-fuzz.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "defocus/renderer.hpp"

namespace {

using namespace defocus;

// Hands out what the fuzzer found, then zeros.
class Bytes {
public:
    Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

    std::uint8_t next() {
        if (left_ == 0) return 0;
        --left_;
        return *data_++;
    }
    // In 0..most.
    int up_to(int most) { return (next() << 8 | next()) % (most + 1); }

private:
    const std::uint8_t* data_;
    std::size_t left_;
};

// Radii as they come: none, small, large, of either sign, and now and then no number.
float radius_of(Bytes& bytes) {
    const int kind = bytes.up_to(255);
    const float size = float(bytes.up_to(4000)) / 100;
    if (kind == 255) return NAN;
    if (kind > 250) return size * 110;
    return kind < 60 ? 0 : kind < 160 ? -size : size;
}

template <class T>
void fill(std::vector<T>& values, Bytes& bytes, T most) {
    for (T& value : values) value = T(bytes.up_to(65535) / 65535.0 * double(most));
}

// What a lens is made from. An aperture takes far longer to make than a small picture to render, so that there
// are a few hundred of them, each made when it first comes.
using Lens = std::tuple<int, int, int, int, int>;

Lens lens_of(Bytes& bytes) {
    const int blades = bytes.up_to(5);
    return {blades == 0 ? 0 : blades + 2, bytes.up_to(1), bytes.up_to(1), bytes.up_to(2), bytes.up_to(2)};
}

const Aperture& made(const Lens& lens) {
    static std::map<Lens, std::unique_ptr<Aperture>> all;
    std::unique_ptr<Aperture>& known = all[lens];
    if (known == nullptr) {
        const auto [blades, rotation, roundness, cat_eye, squeeze] = lens;
        known = std::make_unique<Aperture>(
            ApertureShape{blades, 0.37 * rotation, 0.5 * roundness, 0.5 * cat_eye, 1 + 0.4 * (squeeze - 1)});
    }
    return *known;
}

// The curves of 8 and 16 bits; lamps are twenty times white.
struct Curves {
    std::vector<float> decode, gain, encode;

    explicit Curves(std::size_t codes) : decode(codes), gain(codes, 1), encode(EncodeCurve::kEntries) {
        for (std::size_t i = 0; i < codes; ++i) decode[i] = float(i) / float(codes - 1);
        for (std::size_t i = codes - codes / 32; i < codes; ++i) gain[i] = 20;
        for (int i = 0; i < EncodeCurve::kEntries; ++i)
            encode[std::size_t(i)] = std::ldexp(1 + float(i % EncodeCurve::kPerOctave) / EncodeCurve::kPerOctave,
                                                i / EncodeCurve::kPerOctave - EncodeCurve::kOctaves);
    }

    static const Curves& of(PixelType type) {
        static const Curves eight(256), sixteen(65536);
        return type == PixelType::u8 ? eight : sixteen;
    }
};

struct Input {
    int width, height;
    PixelType type;
    Lens lens;
    std::vector<std::uint8_t> u8, behind_u8, alpha, recovery;
    std::vector<std::uint16_t> u16, behind_u16;
    std::vector<float> f32, behind_f32, radius, behind_radius;
    bool is_constant, has_behind, has_lights;
    float ring_scale, ring_weight;

    explicit Input(Bytes& bytes) {
        // Mostly as small as all that happens in a tile needs, now and then three tiles across and two down.
        const bool is_large = bytes.up_to(31) == 31;
        width = 1 + bytes.up_to(is_large ? 140 : 31);
        height = 1 + bytes.up_to(is_large ? 70 : 31);
        type = PixelType(bytes.up_to(2));
        lens = lens_of(bytes);
        ring_scale = bytes.up_to(1) != 0 ? 0.82f : 0;
        ring_weight = ring_scale != 0 ? float(bytes.up_to(100) - 60) / 100 : 0;
        is_constant = bytes.up_to(3) == 0;
        has_behind = bytes.up_to(1) != 0;
        has_lights = bytes.up_to(1) != 0 && type != PixelType::f32 && !is_constant;
        const auto count = std::size_t(width) * std::size_t(height);
        fill_colours(u8, behind_u8, PixelType::u8, std::uint8_t(255), bytes, count);
        fill_colours(u16, behind_u16, PixelType::u16, std::uint16_t(65535), bytes, count);
        fill_colours(f32, behind_f32, PixelType::f32, 40.0f, bytes, count);
        alpha.resize(has_behind ? count : 0);
        fill(alpha, bytes, std::uint8_t(255));
        radius.resize(count);
        behind_radius.resize(has_behind ? count : 0);
        // Patches of one radius, as pictures have them.
        const int patch = 1 + bytes.up_to(40);
        for (std::vector<float>* map : {&radius, &behind_radius})
            for (std::size_t i = 0; i < map->size(); ++i) {
                const int x = int(i) % width, y = int(i) / width;
                const bool begins = x % patch == 0 && y % patch == 0;
                const std::size_t first = std::size_t(y / patch * patch) * std::size_t(width) + x / patch * patch;
                (*map)[i] = begins ? radius_of(bytes) : (*map)[first];
            }
        recovery.resize(std::size_t((width + 7) / 8) * std::size_t((height + 7) / 8) * 4);
        fill(recovery, bytes, std::uint8_t(255));
    }

    Request request(const Aperture& aperture, void* out) const {
        Request request;
        request.width = width;
        request.height = height;
        request.type = type;
        request.pixels = of_type(u8.data(), u16.data(), f32.data());
        request.out = out;
        request.radius = radius.data();
        request.largest_radius = float(constants::kMaxRadiusPx);
        request.aperture = &aperture;
        request.ring_scale = ring_scale;
        request.ring_weight = ring_weight;
        if (has_behind) {
            request.alpha = alpha.data();
            request.behind_pixels = of_type(behind_u8.data(), behind_u16.data(), behind_f32.data());
            request.behind_radius = behind_radius.data();
        }
        if (type != PixelType::f32) {
            request.decode = Curves::of(type).decode.data();
            request.encode = Curves::of(type).encode.data();
        }
        if (has_lights) {
            request.gain = Curves::of(type).gain.data();
            request.recovery = recovery.data();
            request.recovery_width = (width + 7) / 8;
            request.recovery_shift = 3;
            request.recovery_radius = 4;
        }
        return request;
    }

private:
    const void* of_type(const void* a, const void* b, const void* c) const {
        return type == PixelType::u8 ? a : type == PixelType::u16 ? b : c;
    }

    template <class T>
    void fill_colours(std::vector<T>& own, std::vector<T>& behind, PixelType mine, T most, Bytes& bytes,
                      std::size_t count) {
        if (type != mine) return;
        own.resize(3 * count);
        fill(own, bytes, most);
        if (is_constant) own.assign(own.size(), own[0]);
        behind.resize(has_behind ? own.size() : 0);
        fill(behind, bytes, most);
        if (is_constant) behind.assign(behind.size(), own[0]);
    }
};

[[noreturn]] void fault(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

// What it rendered as bytes, or nothing if the radii were refused.
std::vector<std::uint8_t> rendered(Renderer& renderer, const Input& input, const Aperture& aperture) {
    const std::size_t bytes = input.type == PixelType::u8 ? 1 : input.type == PixelType::u16 ? 2 : 4;
    std::vector<std::uint8_t> out(input.radius.size() * 3 * bytes);
    try {
        renderer.render(input.request(aperture, out.data()));
    } catch (const BadRadius&) {
        out.clear();
    }
    return out;
}

void check_constant(const Input& input, const std::vector<std::uint8_t>& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (input.type == PixelType::u8 && std::abs(out[i] - input.u8[i]) > 1) fault("constant codes have changed");
        if (input.type != PixelType::f32 || i % 4 != 0) continue;
        float light;
        std::memcpy(&light, &out[i], sizeof light);
        const float was = input.f32[i / 4];
        if (!(std::fabs(light - was) <= 4e-3f * (1 + was))) fault("constant light has changed");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytes bytes(data, size);
    const Input input(bytes);
    const Aperture& aperture = made(input.lens);
    // Kept from input to input, as an application keeps them.
    static Renderer one({1, true, 0, true}), fast({2, false, 3, true});
    const std::vector<std::uint8_t> expected = rendered(one, input, aperture);
    if (rendered(fast, input, aperture) != expected) fault("threads or the processor change the picture");
    if (input.is_constant) check_constant(input, expected);
    return 0;
}
