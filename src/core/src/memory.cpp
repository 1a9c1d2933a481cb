#include "memory.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace defocus {
namespace {

constexpr std::size_t kAlignment = 64;
#if defined(__linux__)
// From here on huge pages, which fault less often; what would not fill them is better taken from
// memory that the process has already.
constexpr std::size_t kMapped = std::size_t{4} << 20;
#endif

void* fresh(std::size_t bytes) {
#if defined(__linux__)
    if (bytes >= kMapped) {
        void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        madvise(memory, bytes, MADV_HUGEPAGE);   // harmless when refused
        return memory;
    }
#endif
    return ::operator new(bytes, std::align_val_t{kAlignment});
}

void release(Memory::Block block) {
#if defined(__linux__)
    if (block.capacity >= kMapped) {
        munmap(block.data, block.capacity);
        return;
    }
#endif
    ::operator delete(block.data, std::align_val_t{kAlignment});
}

bool is_smaller(const Memory::Block& a, const Memory::Block& b) { return a.capacity < b.capacity; }

}  // namespace

Memory::~Memory() {
    for (const Block& block : idle_) release(block);
}

Memory::Block Memory::take(std::size_t bytes) {
    if (bytes == 0) return {};
    Block block = reused(bytes);
    if (block.data == nullptr) block = {fresh(bytes), bytes};
    if (soil_) std::memset(block.data, 0xff, block.capacity);
    return block;
}

// The smallest idle block that is large enough, unless half of it would lie idle again.
Memory::Block Memory::reused(std::size_t bytes) {
    const std::lock_guard guard(lock_);
    const auto found = std::lower_bound(idle_.begin(), idle_.end(), Block{nullptr, bytes}, is_smaller);
    if (found == idle_.end() || found->capacity / 2 > bytes) return {};
    const Block block = *found;
    idle_.erase(found);
    return block;
}

void Memory::give(Block block) {
    if (block.data == nullptr) return;
    const std::lock_guard guard(lock_);
    idle_.insert(std::upper_bound(idle_.begin(), idle_.end(), block, is_smaller), block);
}

void Memory::settle() {
    const std::lock_guard guard(lock_);
    std::size_t kept = 0;
    for (const Block& block : idle_) kept += block.capacity;
    if (kept <= kKept) return;
    for (const Block& block : idle_) release(block);
    idle_.clear();
}

}  // namespace defocus
