// Islands of the front sample: what nothing holds to the subject is no hair of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "isa.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// Rows of a picture as runs of pixels, joined to the runs that touch them (corners too).
class RunGroups {
public:
    struct Run {
        int y, begin, end;
        bool held;
    };

    void add(Run run) {
        runs_.push_back(run);
        parent_.push_back(int(parent_.size()));
    }

    // Call once for every row, in order, after its runs were added.
    void end_row() {
        const int count = int(runs_.size());
        int above = before_;
        for (int i = row_; i < count; ++i) {
            while (above < row_ && runs_[above].end < runs_[i].begin) ++above;
            for (int j = above; j < row_ && runs_[j].begin <= runs_[i].end; ++j) join(i, j);
        }
        before_ = row_;
        row_ = count;
    }

    // call use(run) with every run of a group in which nothing is held
    template <class Use>
    void loose(Use&& use) {
        std::vector<char> held(runs_.size());
        for (int i = 0; i < int(runs_.size()); ++i) held[root(i)] |= runs_[i].held;
        for (int i = 0; i < int(runs_.size()); ++i)
            if (!held[root(i)]) use(runs_[i]);
    }

    // call use(runs) with the runs of every group of fewer pixels than that, in rows from left to right
    template <class Use>
    void each_smaller(long long pixels, Use&& use) {
        const int count = int(runs_.size());
        std::vector<long long> area(count);
        for (int i = 0; i < count; ++i) area[root(i)] += runs_[i].end - runs_[i].begin;
        std::vector<int> order;
        for (int i = 0; i < count; ++i)
            if (area[root(i)] < pixels) order.push_back(i);
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return root(a) < root(b); });
        std::vector<Run> group;
        for (std::size_t k = 0; k < order.size(); ++k) {
            group.push_back(runs_[order[k]]);
            if (k + 1 < order.size() && root(order[k + 1]) == root(order[k])) continue;
            use(group);
            group.clear();
        }
    }

private:
    int root(int i) {
        while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
        return i;
    }

    void join(int i, int j) {
        const int a = root(i), b = root(j);
        parent_[std::max(a, b)] = std::min(a, b);
    }

    std::vector<Run> runs_;
    std::vector<int> parent_;
    int before_ = 0, row_ = 0;  // first runs of the last row that was ended, and of the one after it
};

}  // namespace defocus::DEFOCUS_ISA::maps
