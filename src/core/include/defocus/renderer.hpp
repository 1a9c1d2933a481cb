// The library's face: a renderer that owns its threads and its memory and renders frame after frame.
//
//     defocus::Aperture aperture(shape);
//     defocus::Renderer renderer({2});
//     renderer.render(request);        // see request.hpp: plain pointers and sizes
#pragma once

#include <atomic>

#include "defocus/pool.hpp"
#include "defocus/request.hpp"

namespace defocus {

// Whether this processor takes the fast path.
bool has_avx2();

class Renderer {
public:
    struct Options {
        int threads = 0;          // 0: every processor that this process may use
        bool portable = false;    // the path for any processor, even where a faster one is there
        unsigned shuffle = 0;     // deal out pieces of work in an order of this seed: for tests
        bool soil = false;        // fill memory with NaN before it is used again: for tests
    };

    explicit Renderer(const Options& options);
    ~Renderer();
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;

    // Render one picture. Its result depends neither on the options nor on what was rendered before.
    // One at a time: a second caller waits; several renderers may work at once. In a forked process,
    // which has none of the threads, it makes itself anew. Throws BadRadius, or what the monitor
    // throws; the renderer can be used again.
    void render(const Request& request, const Monitor& monitor = {});

private:
    struct Means;

    Means& means();

    Options options_;
    std::atomic<Means*> means_;
};

}  // namespace defocus
