// Renders one picture and keeps what each pass leaves behind.
// docs/make_passes.py compiles and runs it:
//
//     passes WIDTH HEIGHT FOLDER     # reads light.f32 (H×W×3) and radius.f32 (H×W) in FOLDER
//
// and writes NAME.WIDTHxHEIGHTxCHANNELS.f32 there, floats, row by row.
#define DEFOCUS_ISA portable
#include "kernel.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace defocus::portable {
namespace {

using Floats = std::vector<float>;

struct Folder {
    std::string path;

    Floats read(const std::string& name, std::size_t count) const {
        Floats values(count);
        std::ifstream file(path + "/" + name, std::ios::binary);
        if (!file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(float))))
            throw std::runtime_error(name + " is too short");
        return values;
    }
    void write(const std::string& name, int width, int height, const Floats& values) const {
        const std::size_t channels = values.size() / (static_cast<std::size_t>(width) * height);
        std::ofstream file(path + "/" + name + "." + std::to_string(width) + "x" + std::to_string(height) + "x" +
                           std::to_string(channels) + ".f32", std::ios::binary);
        file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    }
};

void put(Floats& values, std::size_t pixel, f32x4 v) {
    for (int c = 0; c < 4; ++c) values[4 * pixel + static_cast<std::size_t>(c)] = v[c];
}

// Writes what render_as shows.
struct Watch {
    const Folder& folder;
    const Request& request;
    Memory& memory;

    std::size_t at(int x, int y) const { return static_cast<std::size_t>(y) * request.width + x; }
    Floats picture() const { return Floats(static_cast<std::size_t>(request.width) * request.height * 4); }

    void samples(const Survey& survey, const Samples<float>& samples) const {
        Floats light = picture(), rims(light.size() / 4);
        for (int y = 0; y < request.height; ++y)
            for (int x = 0; x < request.width; ++x) {
                rims[at(x, y)] = survey.is_rim(x, y) ? 1 : 0;
                put(light, at(x, y), samples.light(x, y));
            }
        folder.write("rims", request.width, request.height, rims);
        folder.write("samples", request.width, request.height, light);
    }

    void downsampled(const Tiles& tiles, const std::vector<Level>& levels) const {
        folder.write("tiles", tiles.across, tiles.down, Floats(tiles.flags.begin(), tiles.flags.end()));
        write_cells("downsample", levels);
    }

    void moved_up(const std::vector<Level>& levels) const { write_cells("moved", levels); }

    void scattered(const std::vector<Level>& levels) const {
        for (std::size_t l = 2; l < levels.size(); ++l)
            for (const Side side : {kBehind, kInFront})
                write_rows("scatter", side, l, levels[l], [&](int y) { return levels[l].blurred_row(side, y); });
        // Level 1 is blurred while the picture is composed, in bands that are not kept: here they are.
        const Scatter scatter(request, levels[1], levels.size() > 2 ? &levels[2] : nullptr, 1);
        const std::size_t row_size = Blurred<f16>::size(levels[1].width);
        for (const Side side : {kBehind, kInFront}) {
            std::vector<f16> blurred(row_size * levels[1].height);
            const auto blurred_row = [&](int y) { return Blurred<f16>{blurred.data() + row_size * y}; };
            for (int y = 0; y < levels[1].height; y += kBand) {
                Canvas canvas = scatter.canvas(memory, kBand);
                scatter.rows(side, y, std::min(levels[1].height, y + kBand), canvas, blurred_row);
            }
            write_rows("scatter", side, 1, levels[1], blurred_row);
        }
    }

    void filled(const Fill<float>& fill) const {
        Floats light = picture();
        for (int y = 0; y < request.height; ++y)
            for (int x0 = 0; x0 < request.width; x0 += kTile) {
                PixelRow row;
                fill.row(x0, y, row);
                for (int x = x0; x < std::min(request.width, x0 + kTile); ++x)
                    put(light, at(x, y), channels(row.get<1>(x - x0)));
            }
        folder.write("fill", request.width, request.height, light);
    }

private:
    static std::string named(const char* pass, Side side, std::size_t l) {
        return std::string(pass) + (side == kBehind ? "-behind-" : "-front-") + std::to_string(l);
    }

    // Cells: light · weight and weight.
    void write_cells(const char* pass, const std::vector<Level>& levels) const {
        for (std::size_t l = 1; l < levels.size(); ++l)
            for (const Side side : {kBehind, kInFront}) {
                const Level& level = levels[l];
                const Cells& cells = level.side[side].cells;
                Floats light(static_cast<std::size_t>(level.width) * level.height * 4);
                for (int y = 0; y < level.height; ++y)
                    for (int x = 0; x < level.width; ++x)
                        if (cells.live(y) && cells.live(y, x / kSegment))
                            put(light, static_cast<std::size_t>(y) * level.width + x,
                                unpack(cells.find(y, x / kSegment).cell[x % kSegment]));
                folder.write(named(pass, side, l), level.width, level.height, light);
            }
    }

    template <class Row>
    void write_rows(const char* pass, Side side, std::size_t l, const Level& level, Row row) const {
        Floats light(static_cast<std::size_t>(level.width) * level.height * 4);
        for (int y = 0; y < level.height; ++y)
            for (int x = 0; x < level.width; ++x) {
                f16x4 cell = 0;
                for (int c = 0; c < 4; ++c) cell |= f16x4{row(y).channel(x / kSegment, c)[x % kSegment]} << (16 * c);
                put(light, static_cast<std::size_t>(y) * level.width + x, unpack(cell));
            }
        folder.write(named(pass, side, l), level.width, level.height, light);
    }
};

void run(const Folder& folder, int width, int height) {
    const std::size_t count = static_cast<std::size_t>(width) * height;
    const Floats light = folder.read("light.f32", 3 * count), radius = folder.read("radius.f32", count);
    Floats out(3 * count);
    const Aperture aperture(ApertureShape{});
    const Request request = light_request(width, height, light.data(), radius.data(), out.data(), aperture);
    Pool pool(1, {});
    Memory memory(false);
    render_as<float>(request, pool, memory, Watch{folder, request, memory});
    folder.write("compose", width, height, out);
}

}  // namespace
}  // namespace defocus::portable

int main(int, char** words) {
    defocus::portable::run({words[3]}, std::atoi(words[1]), std::atoi(words[2]));
}
