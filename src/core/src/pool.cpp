#include "defocus/pool.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace defocus {

namespace {
using Clock = std::chrono::steady_clock;
constexpr auto kReportEvery = std::chrono::milliseconds(20);
}  // namespace

struct Pool::State {
    Monitor monitor;
    unsigned shuffle = 0;
    std::vector<int> order;   // of the pieces, if they are shuffled
    std::vector<std::thread> workers;
    std::mutex lock;
    std::condition_variable wake, idle;
    const std::function<void(int)>* work = nullptr;
    int count = 0;
    int running = 0;          // workers inside the current round
    unsigned round = 0;         // number of the current round
    bool quit = false;
    std::atomic<int> next{0};
    std::exception_ptr failure;
    Clock::time_point reported = Clock::now();

    int piece(int i) const { return order.empty() ? i : order[static_cast<std::size_t>(i)]; }

    void fail() {
        const std::lock_guard guard(lock);
        if (!failure) failure = std::current_exception();
        next = count;
    }

    void labour() {
        unsigned seen = 0;
        std::unique_lock guard(lock);
        for (;;) {
            wake.wait(guard, [&] { return quit || round != seen; });
            if (quit) return;
            seen = round;
            if (work == nullptr) continue;  // came late, the round is over
            ++running;
            const auto* mine = work;
            guard.unlock();
            try {
                for (int i; (i = next.fetch_add(1)) < count;) (*mine)(piece(i));
            } catch (...) {
                fail();
            }
            guard.lock();
            if (--running == 0) idle.notify_all();
        }
    }
};

Pool::Pool(int threads, Monitor monitor, unsigned shuffle) : state_(new State) {
    state_->monitor = std::move(monitor);
    state_->shuffle = shuffle;
    try {
        for (int i = 1; i < threads; ++i) state_->workers.emplace_back([s = state_] { s->labour(); });
    } catch (const std::system_error&) {
        // The system gives no more threads: the ones there are do the work.
    }
}

Pool::~Pool() {
    {
        const std::lock_guard guard(state_->lock);
        state_->quit = true;
    }
    state_->wake.notify_all();
    for (std::thread& worker : state_->workers) worker.join();
    delete state_;
}

void Pool::watch(Monitor monitor) {
    state_->monitor = std::move(monitor);
    state_->reported = Clock::now();
}

void Pool::run(int count, double begin, double end, const std::function<void(int)>& work) {
    State& s = *state_;
    {
        const std::lock_guard guard(s.lock);
        if (s.shuffle != 0) {
            s.order.resize(static_cast<std::size_t>(count));
            std::iota(s.order.begin(), s.order.end(), 0);
            std::shuffle(s.order.begin(), s.order.end(), std::mt19937(s.shuffle));
        }
        s.work = &work;
        s.count = count;
        s.next = 0;
        s.failure = nullptr;
        ++s.round;
    }
    s.wake.notify_all();
    try {
        for (int i; (i = s.next.fetch_add(1)) < count;) {
            work(s.piece(i));
            if (s.monitor && Clock::now() - s.reported >= kReportEvery) {
                s.monitor(begin + (end - begin) * (i + 1) / count);
                s.reported = Clock::now();
            }
        }
        if (s.monitor) s.monitor(end);
    } catch (...) {
        s.fail();
    }
    std::unique_lock guard(s.lock);
    s.work = nullptr;
    s.idle.wait(guard, [&] { return s.running == 0; });
    if (s.failure) std::rethrow_exception(s.failure);
}

int default_threads() {
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
#endif
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace defocus
