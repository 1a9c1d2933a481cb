// Workers, and how a render reports and stops.
#pragma once

#include <functional>

namespace defocus {

// Called from the thread that renders, between pieces of work; throws to stop the render.
using Monitor = std::function<void(double done)>;

// Runs independent pieces of work on a number of threads, the calling one included.
class Pool {
public:
    // With `shuffle` the pieces are begun in an order of this seed instead of their own: no result may
    // depend on it, and tests see to that.
    Pool(int threads, Monitor monitor, unsigned shuffle = 0);
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    // Whom the next runs tell of their progress. Not while one runs.
    void watch(Monitor monitor);

    // Call work(i) for every i in 0..count−1, in any order, and wait for all. The monitor hears of
    // progress from `begin` to `end`. The first exception of the work or of the monitor is thrown
    // here, once no worker runs any more.
    void run(int count, double begin, double end, const std::function<void(int)>& work);

private:
    struct State;
    State* state_;
};

// What the machine offers this process (at least 1).
int default_threads();

}  // namespace defocus
