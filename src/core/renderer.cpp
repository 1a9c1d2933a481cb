#include "renderer.hpp"

namespace defocus {

bool has_avx2() {
#if defined(DEFOCUS_HAS_AVX2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c");
#else
    return false;
#endif
}

Renderer::Renderer(const Options& options)
    : pool_(options.threads > 0 ? options.threads : default_threads(), {}, options.shuffle),
      fast_(!options.portable && has_avx2()) {}

void Renderer::render(const Job& job, const Monitor& monitor) {
    const std::lock_guard guard(busy_);
    pool_.watch(monitor);
#if defined(DEFOCUS_HAS_AVX2)
    if (fast_) return avx2::render(job, pool_);
#endif
    portable::render(job, pool_);
}

}  // namespace defocus
