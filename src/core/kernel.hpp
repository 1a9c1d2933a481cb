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
#include "fill.hpp"
#include "job.hpp"
#include "pyramid.hpp"
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

template <class T>
void render_as(const Job& job, Pool& pool) {
    Survey survey(job);
    pool.run(survey.rows_of_tiles(), 0, 0.05, [&](int ty) { survey.measure(ty); });
    pool.run(survey.rows_of_tiles(), 0.05, 0.05, [&](int ty) { survey.find_rims(ty); });
    Samples<T> samples(job, survey);
    pool.run(survey.rows_of_tiles(), 0.05, 0.05, [&](int ty) { samples.clean(ty); });
    Tiles tiles(job.width, job.height);
    std::vector<Level> levels(1);  // levels[0] stays empty: the picture itself
    levels.reserve(kMaxLevels);
    levels.emplace_back((job.width + 1) / 2, (job.height + 1) / 2);
    for (int l = 1; survey.largest() >= kMoveUp[l]; ++l)
        levels.emplace_back((levels[l].width + 1) / 2, (levels[l].height + 1) / 2);
    const int top = static_cast<int>(levels.size()) - 1;

    Sparks sparks(job.width, job.height);
    Gather<T> gather(job, survey, samples, levels[1], top > 1 ? &levels[2] : nullptr, tiles,
                     sparks);
    pool.run(tiles.down, 0.05, 0.15, [&](int ty) { gather.tile_row(ty); });
    sparks.bin(*job.aperture);

    for (int l = 1; l < top; ++l)
        pool.run(levels[l + 1].height, 0.15, 0.2,
                 [&, l](int y) { move_up(levels[l], levels[l + 1], l, y); });

    for (int l = top; l >= 1; --l) {
        Scatter scatter(job, levels[l], l < top ? &levels[l + 1] : nullptr, l, tiles);
        Scratches<Canvas> canvases;
        const double begin = l == 1 ? 0.4 : 0.2, end = l == 1 ? 0.65 : 0.4;
        pool.run(scatter.pieces(), begin, end, [&](int i) {
            auto canvas = canvases.take([&] { return std::make_unique<Canvas>(scatter.canvas()); });
            scatter.piece(i, *canvas);
            canvases.give(std::move(canvas));
        });
    }

    std::unique_ptr<Fill<T>> fill;
    if (tiles.any(kHasFront)) {
        fill = std::make_unique<Fill<T>>(job, survey, samples, tiles);
        fill->run(pool, 0.65, 0.7);
    }

    const Compose<T> compose(job, survey, samples, tiles, sparks, levels[1], fill.get());
    Scratches<ComposeScratch> scratches;
    pool.run(compose.pieces(), 0.7, 1, [&](int i) {
        auto scratch =
            scratches.take([&] { return std::make_unique<ComposeScratch>(job, compose.margin()); });
        compose.piece(i, *scratch);
        scratches.give(std::move(scratch));
    });
}

void render(const Job& job, Pool& pool) {
    switch (job.type) {
        case PixelType::u8: return render_as<std::uint8_t>(job, pool);
        case PixelType::u16: return render_as<std::uint16_t>(job, pool);
        case PixelType::f32: return render_as<float>(job, pool);
    }
}

}  // namespace defocus::DEFOCUS_ISA
