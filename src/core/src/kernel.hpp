// The renderer: pixels → pyramid of blurred cells → scatter → picture.
//
// Compiled once per instruction set (kernel_portable.cpp, kernel_avx2.cpp). Without contraction
// into fused multiply-adds, all of them give the same picture bit for bit.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "compose.hpp"
#include "defocus/request.hpp"
#include "downsample.hpp"
#include "fill.hpp"
#include "kernels.hpp"
#include "levels.hpp"
#include "move_up.hpp"
#include "scatter.hpp"

namespace defocus::DEFOCUS_ISA {

// One scratch per thread that is at work, made when first needed.
template <class S>
class Scratches {
public:
    template <class Make>
    std::unique_ptr<S> take(Make make) {
        {
            const std::lock_guard guard(lock_);
            if (!idle_.empty()) {
                auto scratch = std::move(idle_.back());
                idle_.pop_back();
                return scratch;
            }
        }
        return make();
    }
    void give(std::unique_ptr<S> scratch) {
        const std::lock_guard guard(lock_);
        idle_.push_back(std::move(scratch));
    }

private:
    std::mutex lock_;
    std::vector<std::unique_ptr<S>> idle_;
};

// Level l, in bands of rows for both sides.
inline void scatter_level(const Request& request, Level& level, const Level* coarser, int l, Pool& pool) {
    const Scatter scatter(request, level, coarser, l);
    Scratches<Canvas> canvases;
    const int bands = (level.height + kBand - 1) / kBand;
    pool.run(2 * bands, 0.35, 0.45, [&](int i) {
        const Side s = i % 2 == 0 ? kBehind : kInFront;
        const int band = i / 2, y0 = band * kBand, y1 = std::min(level.height, y0 + kBand);
        auto canvas = canvases.take([&] { return std::make_unique<Canvas>(scatter.canvas(kBand)); });
        if (scatter.rows(s, y0, y1, *canvas, false, [&](int y) { return level.blurred_row(s, y); }))
            level.side[s].empty_bands[band] = 0;
        canvases.give(std::move(canvas));
    });
}

template <class T>
void render_as(const Request& request, Pool& pool) {
    Survey survey(request);
    pool.run(survey.rows_of_tiles(), 0, 0.05, [&](int ty) { survey.measure(ty); });
    pool.run(survey.rows_of_tiles(), 0.05, 0.05, [&](int ty) { survey.find_rims(ty); });
    Samples<T> samples(request, survey);
    pool.run(survey.rows_of_tiles(), 0.05, 0.05, [&](int ty) { samples.clean(ty); });
    Tiles tiles(request.width, request.height);
    std::vector<Level> levels(1);  // levels[0] stays empty: the picture itself
    levels.reserve(kMaxLevels);
    levels.emplace_back(1, (request.width + 1) / 2, (request.height + 1) / 2);
    for (int l = 1; survey.largest() >= kMoveUp[l]; ++l)
        levels.emplace_back(l + 1, (levels[l].width + 1) / 2, (levels[l].height + 1) / 2);
    const int top = static_cast<int>(levels.size()) - 1;

    Sparks sparks(request.width, request.height);
    Downsample<T> downsample(request, survey, samples, levels[1], top > 1 ? &levels[2] : nullptr, tiles,
                     sparks);
    pool.run(tiles.down, 0.1, 0.3, [&](int ty) { downsample.tile_row(ty); });
    sparks.bin(*request.aperture);
    for (int l = 1; l < top; ++l)
        pool.run(blocks_down(levels[l + 1]), 0.3, 0.35,
                 [&, l](int block) { move_up(levels[l], levels[l + 1], l, block); });
    for (int l = top; l > 1; --l) scatter_level(request, levels[l], l < top ? &levels[l + 1] : nullptr, l, pool);

    std::unique_ptr<Fill<T>> fill;
    if (tiles.any(kHasFront)) {
        fill = std::make_unique<Fill<T>>(request, survey, samples, tiles);
        fill->run(pool, 0.45, 0.5);
    }

    const Scatter scatter(request, levels[1], top > 1 ? &levels[2] : nullptr, 1);
    const Compose<T> compose(request, survey, samples, tiles, sparks, levels[1], scatter, fill.get());
    Scratches<ComposeScratch> scratches;
    pool.run(tiles.down, 0.5, 1, [&](int ty) {
        auto scratch = scratches.take([&] { return compose.scratch(); });
        compose.row(ty, *scratch);
        scratches.give(std::move(scratch));
    });
}

void render(const Request& request, Pool& pool) {
    switch (request.type) {
        case PixelType::u8: return render_as<std::uint8_t>(request, pool);
        case PixelType::u16: return render_as<std::uint16_t>(request, pool);
        case PixelType::f32: return render_as<float>(request, pool);
    }
}

}  // namespace defocus::DEFOCUS_ISA
