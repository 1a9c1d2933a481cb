#include <atomic>
#include <stdexcept>
#include <vector>

#include "check.hpp"
#include "defocus/pool.hpp"

using defocus::Pool;

TEST("pool: every piece is done once, in any order, by any number of threads") {
    for (const int threads : {1, 2, 5}) {
        for (const unsigned shuffle : {0u, 1u, 99u}) {
            Pool pool(threads, {}, shuffle);
            for (const int count : {0, 1, 3, 100}) {
                std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
                pool.run(count, 0, 1, [&](int i) { ++done[static_cast<std::size_t>(i)]; });
                for (const auto& d : done) CHECK(d == 1);
            }
        }
    }
}

TEST("pool: shuffled pieces are begun in another order") {
    std::vector<int> order;
    Pool pool(1, {}, 7);
    pool.run(20, 0, 1, [&](int i) { order.push_back(i); });
    CHECK(order.size() == 20);
    CHECK(order.front() != 0 || order[1] != 1 || order[2] != 2);
}

TEST("pool: the first exception comes out, and the pool can be used again") {
    Pool pool(3, {});
    for (int round = 0; round < 20; ++round) {
        bool thrown = false;
        try {
            pool.run(50, 0, 1, [](int i) {
                if (i == 17) throw std::runtime_error("seventeen");
            });
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        CHECK(thrown);
        std::atomic<int> sum{0};
        pool.run(10, 0, 1, [&](int i) { sum += i; });
        CHECK(sum == 45);
    }
}

TEST("pool: the monitor hears rising progress up to the end, and may stop the work") {
    std::vector<double> heard;
    Pool pool(2, [&](double done) { heard.push_back(done); });
    pool.run(8, 0.25, 0.5, [](int) {});
    CHECK(!heard.empty() && heard.back() == 0.5);
    for (std::size_t k = 1; k < heard.size(); ++k) CHECK(heard[k] >= heard[k - 1]);
    pool.watch([](double) { throw std::runtime_error("stop"); });
    bool stopped = false;
    try {
        pool.run(8, 0, 1, [](int) {});
    } catch (const std::runtime_error&) {
        stopped = true;
    }
    CHECK(stopped);
}
