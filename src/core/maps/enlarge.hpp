// The last pass of defocus.refine: from the working size to the photo's.
#pragma once

#include "defocus/pool.hpp"
#include "sampler.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// layers: value, least, most, trust; model: value ≈ model · (r, g, b, 1). Where trust is above
// zero the value moves to the model's, kept within its bounds.
template <class T>
void enlarge_fitted(const WorkingMap<1>& layers, const WorkingMap<1>& model, const T* photo, float unit,
                    int width, int height, float* out, Pool& pool) {
    pool.run(bands(height), 0, 1, [&](int band) {
        MapRow<1> layer(layers), fit(model);
        const int end = std::min(height, (band + 1) * kBandRows);
        for (int y = band * kBandRows; y < end; ++y) {
            layer.move_to(y);
            float* target = out + std::size_t(y) * width;
            for (int x = 0; x < width; ++x) target[x] = layer.first_at(x);
            const T* row = photo + std::size_t(y) * width * 3;
            bool has_fit = false;
            layer.spans(
                [&](int begin, int end) {
                    if (!has_fit) fit.move_to(y);
                    has_fit = true;
                    for (int x = begin; x < end; ++x) {
                        const f32x4 here = layer.at(x);
                        if (!(here[3] > 0)) continue;
                        const float fitted = sum(fit.at(x) * colour_at(row + 3 * std::size_t(x), unit));
                        target[x] += here[3] * (std::min(std::max(fitted, here[1]), here[2]) - target[x]);
                    }
                },
                3);
        }
    });
}

}  // namespace defocus::DEFOCUS_ISA::maps
