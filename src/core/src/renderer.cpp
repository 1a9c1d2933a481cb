#include "defocus/renderer.hpp"

#include "kernels.hpp"

#if defined(DEFOCUS_HAS_AVX2)
#include <cpuid.h>
#endif

namespace defocus {

bool has_avx2() {
#if defined(DEFOCUS_HAS_AVX2)
    unsigned a = 0, b = 0, c = 0, d = 0;   // Clang 14 does not know "f16c" by name
    return __builtin_cpu_supports("avx2") && __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) != 0;
#else
    return false;
#endif
}

Renderer::Renderer(const Options& options)
    : pool_(options.threads > 0 ? options.threads : default_threads(), {}, options.shuffle),
      fast_(!options.portable && has_avx2()) {}

void Renderer::render(const Request& request, const Monitor& monitor) {
    const std::lock_guard guard(busy_);
    pool_.watch(monitor);
#if defined(DEFOCUS_HAS_AVX2)
    if (fast_) return avx2::render(request, pool_);
#endif
    portable::render(request, pool_);
}

}  // namespace defocus
