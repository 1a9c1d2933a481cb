// The renderer: pixels → pyramid of blurred cells → scatter → picture.
//
// Compiled once per instruction set (kernel_portable.cpp, kernel_avx2.cpp). Without contraction
// into fused multiply-adds, all of them give the same picture bit for bit.
#pragma once

#include <memory>
#include <vector>

#include "compose.hpp"
#include "defocus/request.hpp"
#include "downsample.hpp"
#include "fill.hpp"
#include "kernels.hpp"
#include "levels.hpp"
#include "memory.hpp"
#include "move_up.hpp"
#include "scatter.hpp"
#include "scratches.hpp"

namespace defocus::DEFOCUS_ISA {

// Level l, in bands of rows for both sides.
inline void scatter_level(const Request& request, Level& level, const Level* coarser, int l, Pool& pool,
                          Memory& memory) {
    const Scatter scatter(request, level, coarser, l);
    Scratches<Canvas> canvases;
    const int bands = (level.height + kBand - 1) / kBand;
    pool.run(2 * bands, 0.35, 0.45, [&](int i) {
        const Side s = i % 2 == 0 ? kBehind : kInFront;
        const int band = i / 2, y0 = band * kBand, y1 = std::min(level.height, y0 + kBand);
        auto canvas = canvases.take([&] { return std::make_unique<Canvas>(scatter.canvas(memory, kBand)); });
        if (scatter.rows(s, y0, y1, *canvas, [&](int y) { return level.blurred_row(s, y); }))
            level.side[s].empty_bands[band] = 0;
        canvases.give(std::move(canvas));
    });
}

// Whom render_as shows what a pass leaves behind; docs/passes.cpp draws pictures of it.
struct Unwatched {
    template <class... Left>
    void samples(const Left&...) const {}
    template <class... Left>
    void downsampled(const Left&...) const {}
    template <class... Left>
    void moved_up(const Left&...) const {}
    template <class... Left>
    void scattered(const Left&...) const {}
    template <class... Left>
    void filled(const Left&...) const {}
};

template <class T, class Watch = Unwatched>
void render_as(const Request& request, Pool& pool, Memory& memory, const Watch& watch = {}) {
    Survey survey(request, memory);
    pool.run(survey.rows_of_tiles(), 0, 0.05, [&](int ty) { survey.measure(ty); });
    pool.run(survey.rows_of_tiles(), 0.05, 0.05, [&](int ty) { survey.find_rims(ty); });
    Samples<T> samples(request, survey);
    pool.run(survey.rows_of_tiles(), 0.05, 0.05, [&](int ty) { samples.clean(ty); });
    watch.samples(survey, samples);
    Tiles tiles(request.width, request.height);
    std::vector<Level> levels(1);  // levels[0] stays empty: the picture itself
    levels.reserve(kMaxLevels);
    levels.emplace_back(memory, 1, (request.width + 1) / 2, (request.height + 1) / 2);
    for (int l = 1; survey.largest() >= kMoveUp[l]; ++l)
        levels.emplace_back(memory, l + 1, (levels[l].width + 1) / 2, (levels[l].height + 1) / 2);
    const int top = static_cast<int>(levels.size()) - 1;

    Sparks sparks(request.width, request.height);
    Downsample<T> downsample(request, survey, samples, levels[1], top > 1 ? &levels[2] : nullptr, tiles, sparks);
    pool.run(tiles.down, 0.1, 0.3, [&](int ty) { downsample.tile_row(ty); });
    sparks.bin(*request.aperture);
    watch.downsampled(tiles, levels);
    for (int l = 1; l < top; ++l)
        pool.run(blocks_down(levels[l + 1]), 0.3, 0.35,
                 [&, l](int block) { move_up(levels[l], levels[l + 1], l, block); });
    watch.moved_up(levels);
    for (int l = top; l > 1; --l)
        scatter_level(request, levels[l], l < top ? &levels[l + 1] : nullptr, l, pool, memory);
    watch.scattered(levels);

    std::unique_ptr<Fill<T>> fill;
    if (tiles.any(kHasFront)) {
        fill = std::make_unique<Fill<T>>(request, survey, samples, tiles, memory);
        fill->run(pool, 0.45, 0.5);
        watch.filled(*fill);
    }

    const Scatter scatter(request, levels[1], top > 1 ? &levels[2] : nullptr, 1);
    const Compose<T> compose(request, survey, samples, tiles, sparks, levels[1], scatter, fill.get());
    Scratches<ComposeScratch> scratches;
    pool.run(tiles.down, 0.5, 1, [&](int ty) {
        auto scratch = scratches.take([&] { return compose.scratch(memory); });
        compose.row(ty, *scratch);
        scratches.give(std::move(scratch));
    });
}

void render(const Request& request, Pool& pool, Memory& memory) {
    switch (request.type) {
        case PixelType::u8: return render_as<std::uint8_t>(request, pool, memory);
        case PixelType::u16: return render_as<std::uint16_t>(request, pool, memory);
        case PixelType::f32: return render_as<float>(request, pool, memory);
    }
}

}  // namespace defocus::DEFOCUS_ISA
