// Memory that costs nothing until it is touched.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "isa.hpp"

namespace defocus::DEFOCUS_ISA {

// An array that starts as zeros, without the cost of writing them: pages come from the system as
// they are first used, so that buffers for what a picture does not contain stay free.
template <class T>
class Buffer {
public:
    Buffer() = default;

    explicit Buffer(std::size_t count) : size_(count) {
        if (count == 0) return;
#if defined(__linux__)
        if (mapped()) {
            void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED) throw std::bad_alloc();
            madvise(memory, bytes(), MADV_HUGEPAGE);  // fewer page faults; harmless when refused
            data_ = static_cast<T*>(memory);
            return;
        }
#endif
        data_ = static_cast<T*>(std::calloc(count, sizeof(T)));
        if (data_ == nullptr) throw std::bad_alloc();
    }

    ~Buffer() { release(); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    Buffer(Buffer&& other) noexcept : data_(other.data_), size_(other.size_) {
        other.data_ = nullptr;
        other.size_ = 0;
    }
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }

    T* data() const { return data_; }
    std::size_t size() const { return size_; }

private:
    std::size_t bytes() const { return size_ * sizeof(T); }

    // What would not fill huge pages is better taken from memory that the process has already.
    bool mapped() const { return bytes() >= std::size_t{4} << 20; }

    void release() {
        if (data_ == nullptr) return;
#if defined(__linux__)
        if (mapped()) {
            munmap(data_, bytes());
            return;
        }
#endif
        std::free(data_);
    }

    T* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace defocus::DEFOCUS_ISA
