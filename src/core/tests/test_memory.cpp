#include <cmath>
#include <cstdint>
#include <cstring>

#include "check.hpp"
#include "memory.hpp"

using defocus::Memory;

TEST("memory: a block that was given back is taken again, by those whom it fits") {
    Memory memory(false);
    const Memory::Block large = memory.take(1 << 20);
    memory.give(large);
    const Memory::Block small = memory.take(100);
    CHECK(small.data != large.data);   // most of it would lie idle
    const Memory::Block again = memory.take((1 << 20) - 100);
    CHECK(again.data == large.data && again.capacity == large.capacity);
    memory.give(small);
    memory.give(again);
}

TEST("memory: soiled, it is never what it was") {
    Memory memory(true);
    for (int round = 0; round < 2; ++round) {
        const Memory::Block block = memory.take(4096);
        float first;
        std::memcpy(&first, block.data, sizeof first);
        CHECK(std::isnan(first));
        std::memset(block.data, 0, block.capacity);
        memory.give(block);
    }
}

TEST("memory: between frames all of a modest frame is kept, and nothing of a large one") {
    constexpr std::size_t kModest = std::size_t{1} << 20;
    Memory memory(false);
    const auto given = [&](std::size_t bytes) { memory.give(memory.take(bytes)); };
    // A used block is larger than what is asked for here, a fresh one is not.
    const auto is_kept = [&] {
        const Memory::Block block = memory.take(kModest - 64);
        memory.give(block);
        return block.capacity == kModest;
    };
    given(kModest);
    memory.settle();
    CHECK(is_kept());
    given(Memory::kKept);
    memory.settle();
    CHECK(!is_kept());
}

TEST("memory: blocks are aligned, nothing is no block") {
    Memory memory(false);
    for (const std::size_t bytes : {1, 65, 5 << 20}) {
        const Memory::Block block = memory.take(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(block.data) % 64 == 0 && block.capacity >= bytes);
        memory.give(block);
    }
    CHECK(memory.take(0).data == nullptr);
}
