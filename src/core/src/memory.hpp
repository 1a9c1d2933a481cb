// Memory that a renderer keeps from frame to frame.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace defocus {

// Blocks of memory by size. Fresh ones cost nothing until they are touched; used ones hold what was in
// them, so that nobody may count on zeros. Any thread may take and give.
class Memory {
public:
    struct Block {
        void* data = nullptr;
        std::size_t capacity = 0;   // bytes
    };

    // With `soil` every block is filled with NaN before it is taken, for tests: whoever reads what he has
    // not written shows.
    explicit Memory(bool soil) : soil_(soil) {}
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    // At least so many bytes, aligned to 64.
    Block take(std::size_t bytes);
    void give(Block block);

    // After a frame: all goes back to the system if it is more than kKept bytes, which those of a frame of
    // 12 megapixels are not. (Rendering a larger one takes so long that fresh memory does not show.)
    void settle();
    static constexpr std::size_t kKept = std::size_t{176} << 20;

private:
    Block reused(std::size_t bytes);

    bool soil_;
    std::mutex lock_;
    std::vector<Block> idle_;   // by capacity
};

}  // namespace defocus
