#include "defocus/renderer.hpp"

#include <mutex>

#include "kernels.hpp"
#include "memory.hpp"
#include "process.hpp"

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

// What a renderer works with, in the process that made it.
struct Renderer::Means {
    explicit Means(const Options& options)
        : pool(options.threads > 0 ? options.threads : default_threads(), {}, options.shuffle),
          memory(options.soil) {}

    const ProcessId process = this_process();
    std::mutex busy;
    Pool pool;
    Memory memory;
};

Renderer::Renderer(const Options& options) : options_(options), means_(new Means(options)) {}

Renderer::~Renderer() {
    Means* mine = means_;
    if (mine->process == this_process()) delete mine;   // else its threads are not here to be waited for
}

// After a fork the old means are left as they are: their lock may be held by a thread that is gone.
Renderer::Means& Renderer::means() {
    Means* current = means_;
    if (current->process == this_process()) return *current;
    Means* anew = new Means(options_);
    if (means_.compare_exchange_strong(current, anew)) return *anew;
    delete anew;   // another thread was faster
    return *current;
}

void Renderer::render(const Request& request, const Monitor& monitor) {
    // After each frame, however it ends: nobody is told any more, and memory is kept within bounds.
    struct Frame {
        Means& with;
        std::lock_guard<std::mutex> guard{with.busy};

        ~Frame() {
            with.pool.watch({});
            with.memory.settle();
        }
    };
    const Frame frame{means()};
    frame.with.pool.watch(monitor);
#if defined(DEFOCUS_HAS_AVX2)
    if (!options_.portable && has_avx2()) return avx2::render(request, frame.with.pool, frame.with.memory);
#endif
    portable::render(request, frame.with.pool, frame.with.memory);
}

}  // namespace defocus
