// The library's face: a renderer that owns its threads and renders picture after picture.
//
//     defocus::Aperture aperture(shape);
//     defocus::Renderer renderer(2);
//     renderer.render(request);            // see request.hpp: plain pointers and sizes
#pragma once

#include <mutex>

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
    };

    explicit Renderer(const Options& options);

    // Render one picture. Its result does not depend on the options. One at a time: a second caller
    // waits. Throws BadRadius, or what the monitor throws; the renderer can be used again.
    void render(const Request& request, const Monitor& monitor = {});

private:
    std::mutex busy_;
    Pool pool_;
    bool fast_;
};

}  // namespace defocus
