// The cells of one side of one level. Only blocks of them that hold something take memory: a sharp
// subject, or what lies behind a far background's own level, leaves most of a level empty.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "buffer.hpp"
#include "simd.hpp"
#include "survey.hpp"

namespace defocus::DEFOCUS_ISA {

constexpr int kSegment = kTile / 2;   // cells of a row that are live or not together

class Cells {
public:
    static constexpr int kBlockRows = kTile / 4;   // one row of tiles owns its blocks up to level 2

    // The cells of a segment: light · weight and weight, averaged over the cell's pixels, and the
    // radius of those with weight, absolute, in pixels.
    struct Segment {
        f16x4* cell;
        float* radius;
    };

    Cells() = default;
    Cells(Memory& memory, int width, int height)
        : across_((width + kSegment - 1) / kSegment),
          index_(static_cast<std::size_t>(across_) * ((height + kBlockRows - 1) / kBlockRows), 0),
          blocks_(memory, index_.size() + 1), live_(static_cast<std::size_t>(across_) * height, 0), live_rows_(height, 0) {}

    int segments() const { return across_; }

    // Whether a row, or a segment of it, holds anything.
    bool live(int y) const { return live_rows_[y] != 0; }
    bool live(int y, int segment) const { return live_[flag(y, segment)] != 0; }

    // A segment to be filled, which is live from now on, and empty if it was not. Two threads must not share a row of blocks.
    Segment make(int y, int segment) {
        std::uint32_t& block = index_[at(y, segment)];
        if (block == 0) block = used_->fetch_add(1, std::memory_order_relaxed);
        const Segment made = row(block, y);
        if (std::uint8_t& live = live_[flag(y, segment)]; live == 0) {
            std::fill_n(made.cell, kSegment, 0);
            std::fill_n(made.radius, kSegment, 0.0f);
            live = live_rows_[y] = 1;
        }
        return made;
    }

    // A live segment.
    Segment find(int y, int segment) const { return row(index_[at(y, segment)], y); }

    // Everything in a segment has moved elsewhere.
    void clear(int y, int segment) { live_[flag(y, segment)] = 0; }
    void clear(int y) { live_rows_[y] = 0; }

private:
    struct Block {
        f16x4 cell[kBlockRows][kSegment];
        float radius[kBlockRows][kSegment];
    };

    std::size_t at(int y, int segment) const { return static_cast<std::size_t>(y / kBlockRows) * across_ + segment; }
    std::size_t flag(int y, int segment) const { return static_cast<std::size_t>(y) * across_ + segment; }
    Segment row(std::uint32_t block, int y) const {
        Block& b = blocks_.data()[block];
        return {b.cell[y % kBlockRows], b.radius[y % kBlockRows]};
    }

    int across_ = 0;
    std::vector<std::uint32_t> index_;   // of blocks in the order of their first use; 0 is none
    std::unique_ptr<std::atomic<std::uint32_t>> used_ = std::make_unique<std::atomic<std::uint32_t>>(1);
    Buffer<Block> blocks_;
    std::vector<std::uint8_t> live_, live_rows_;
};

}  // namespace defocus::DEFOCUS_ISA
