// An array in a renderer's memory.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "isa.hpp"
#include "memory.hpp"

namespace defocus::DEFOCUS_ISA {

// What is in it at first may be anything.
template <class T>
class Buffer {
public:
    static_assert(std::is_trivially_destructible_v<T>);

    Buffer() = default;
    Buffer(Memory& memory, std::size_t count)
        : memory_(&memory), block_(memory.take(count * sizeof(T))), size_(count) {}
    ~Buffer() {
        if (memory_ != nullptr) memory_->give(block_);
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    Buffer(Buffer&& other) noexcept { swap(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        swap(other);
        return *this;
    }

    T* data() const { return static_cast<T*>(block_.data); }
    std::size_t size() const { return size_; }

private:
    void swap(Buffer& other) {
        std::swap(memory_, other.memory_);
        std::swap(block_, other.block_);
        std::swap(size_, other.size_);
    }

    Memory* memory_ = nullptr;
    Memory::Block block_;
    std::size_t size_ = 0;
};

}  // namespace defocus::DEFOCUS_ISA
