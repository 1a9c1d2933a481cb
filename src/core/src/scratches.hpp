// What one thread at a time works in.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "isa.hpp"

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

}  // namespace defocus::DEFOCUS_ISA
