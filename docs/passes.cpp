// Renders one picture pass by pass, as kernel.hpp does, and keeps what each pass leaves behind.
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

std::string named(const char* pass, Side side, int l) {
    return std::string(pass) + (side == kBehind ? "-behind-" : "-front-") + std::to_string(l);
}

// The cells of one side of a level: light · weight and weight.
void write_cells(const Folder& folder, const char* pass, const Level& level, int l) {
    for (const Side side : {kBehind, kInFront}) {
        const Cells& cells = level.side[side].cells;
        Floats values(static_cast<std::size_t>(level.width) * level.height * 4);
        for (int y = 0; y < level.height; ++y)
            for (int x = 0; x < level.width; ++x)
                if (cells.live(y) && cells.live(y, x / kSegment))
                    put(values, static_cast<std::size_t>(y) * level.width + x,
                        unpack(cells.find(y, x / kSegment).cell[x % kSegment]));
        folder.write(named(pass, side, l), level.width, level.height, values);
    }
}

// Level 1 is blurred while the picture is composed, in bands that are not kept: here they are.
void write_scattered(const Folder& folder, const Request& request, const Level& level, const Level* coarser) {
    const Scatter scatter(request, level, coarser, 1);
    for (const Side side : {kBehind, kInFront}) {
        std::vector<f16x4> blurred(static_cast<std::size_t>(level.width) * level.height);
        for (int y = 0; y < level.height; y += kBand) {
            Canvas canvas = scatter.canvas(kBand);
            scatter.rows(side, y, std::min(level.height, y + kBand), canvas, true,
                         [&](int row) { return blurred.data() + static_cast<std::size_t>(row) * level.width; });
        }
        Floats values(blurred.size() * 4);
        for (std::size_t i = 0; i < blurred.size(); ++i) put(values, i, unpack(blurred[i]));
        folder.write(named("scatter", side, 1), level.width, level.height, values);
    }
}

void run(const Folder& folder, int width, int height) {
    const std::size_t count = static_cast<std::size_t>(width) * height;
    const Floats light = folder.read("light.f32", 3 * count), radius = folder.read("radius.f32", count);
    Floats out(3 * count), values(4 * count);
    const Aperture aperture(ApertureShape{});
    Request request;
    request.width = width;
    request.height = height;
    request.type = PixelType::f32;
    request.pixels = light.data();
    request.out = out.data();
    request.radius = radius.data();
    request.largest_radius = 4096;
    request.aperture = &aperture;
    Pool pool(1, {});

    Survey survey(request);
    for (int ty = 0; ty < survey.rows_of_tiles(); ++ty) survey.measure(ty);
    for (int ty = 0; ty < survey.rows_of_tiles(); ++ty) survey.find_rims(ty);
    Samples<float> samples(request, survey);
    for (int ty = 0; ty < survey.rows_of_tiles(); ++ty) samples.clean(ty);
    Floats rims(count);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            rims[samples.index(x, y)] = survey.is_rim(x, y) ? 1 : 0;
            put(values, samples.index(x, y), samples.light(x, y));
        }
    folder.write("rims", width, height, rims);
    folder.write("samples", width, height, values);

    Tiles tiles(width, height);
    std::vector<Level> levels(1);
    levels.reserve(kMaxLevels);
    levels.emplace_back(1, (width + 1) / 2, (height + 1) / 2);
    for (int l = 1; survey.largest() >= kMoveUp[l]; ++l)
        levels.emplace_back(l + 1, (levels[l].width + 1) / 2, (levels[l].height + 1) / 2);
    const int top = static_cast<int>(levels.size()) - 1;
    Sparks sparks(width, height);
    Downsample<float> downsample(request, survey, samples, levels[1], top > 1 ? &levels[2] : nullptr, tiles, sparks);
    for (int ty = 0; ty < tiles.down; ++ty) downsample.tile_row(ty);
    sparks.bin(aperture);
    Floats flags(tiles.flags.begin(), tiles.flags.end());
    folder.write("tiles", tiles.across, tiles.down, flags);
    for (int l = 1; l <= top; ++l) write_cells(folder, "downsample", levels[l], l);
    for (int l = 1; l < top; ++l)
        for (int block = 0; block < blocks_down(levels[l + 1]); ++block) move_up(levels[l], levels[l + 1], l, block);
    for (int l = 1; l <= top; ++l) write_cells(folder, "moved", levels[l], l);

    for (int l = top; l > 1; --l) scatter_level(request, levels[l], l < top ? &levels[l + 1] : nullptr, l, pool);
    for (int l = 2; l <= top; ++l)
        for (const Side side : {kBehind, kInFront}) {
            Floats blurred(static_cast<std::size_t>(levels[l].width) * levels[l].height * 4);
            for (std::size_t i = 0; i < blurred.size() / 4; ++i) put(blurred, i, unpack(levels[l].blurred_row(side, 0)[i]));
            folder.write(named("scatter", side, l), levels[l].width, levels[l].height, blurred);
        }
    write_scattered(folder, request, levels[1], top > 1 ? &levels[2] : nullptr);

    std::unique_ptr<Fill<float>> fill;
    if (tiles.any(kHasFront)) {
        fill = std::make_unique<Fill<float>>(request, survey, samples, tiles);
        fill->run(pool, 0, 1);
        for (int y = 0; y < height; ++y)
            for (int x0 = 0; x0 < width; x0 += kTile) {
                f32x4 row[kTile];
                fill->row(x0, y, row);
                for (int x = x0; x < std::min(width, x0 + kTile); ++x) put(values, samples.index(x, y), row[x - x0]);
            }
        folder.write("fill", width, height, values);
    }

    const Scatter scatter(request, levels[1], top > 1 ? &levels[2] : nullptr, 1);
    const Compose<float> compose(request, survey, samples, tiles, sparks, levels[1], scatter, fill.get());
    auto scratch = compose.scratch();
    for (int ty = 0; ty < tiles.down; ++ty) compose.row(ty, *scratch);
    folder.write("compose", width, height, out);
}

}  // namespace
}  // namespace defocus::portable

int main(int, char** words) {
    defocus::portable::run({words[3]}, std::atoi(words[1]), std::atoi(words[2]));
}
