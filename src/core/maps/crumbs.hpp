// The last look at a matte: nothing small stays sharp alone where all around it is blurred, and
// nothing small is blurred alone inside what is sharp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "defocus/pool.hpp"
#include "islands.hpp"
#include "sampler.hpp"
#include "soften.hpp"

namespace defocus::DEFOCUS_ISA::maps {

// The focal plane, and what counts as a crumb.
struct CrumbRules {
    float focus, gain_px, half_band;  // disparity of the plane, pixels of blur per unit, half the band that is sharp
    float sharp_px, blurred_px;       // radius of what is sharp, and of what is blurred beyond doubt
    float held;                       // weight of the subject from which on nothing is a crumb
    int crumb_px, hole_px;            // smaller patches, in pixels, are crumbs and holes

    float radius_px(float disparity) const {
        const float off = disparity - focus;
        return gain_px * (off - std::min(std::max(off, -half_band), half_band));
    }
};

template <class T>
class Crumbs {
public:
    Crumbs(const CrumbRules& rules, int width, int height, const MatteOut<T>& out)
        : rules_(rules), width_(width), height_(height), out_(out) {}

    void sweep(Pool& pool) {
        std::vector<Runs> sharp(bands(height_)), blurred(bands(height_));
        pool.run(bands(height_), 0, 1, [&](int band) {
            std::vector<std::uint8_t> looks(width_);
            const int end = std::min(height_, (band + 1) * kBandRows);
            for (int y = band * kBandRows; y < end; ++y) {
                look_at(y, looks.data());
                add_runs(looks.data(), kSharp, y, sharp[band]);
                add_runs(looks.data(), kBlurred, y, blurred[band]);
            }
        });
        std::vector<Runs> crumbs;
        grouped(sharp).each_smaller(rules_.crumb_px, [&](const Runs& patch) {
            if (!is_held(patch)) crumbs.push_back(patch);
        });
        // A crumb that is gone may have been the sharp half of another one's rim.
        for (std::size_t before = crumbs.size() + 1; crumbs.size() < before;) {
            before = crumbs.size();
            const auto sunk = [&](const Runs& patch) { return sink(patch); };
            crumbs.erase(std::remove_if(crumbs.begin(), crumbs.end(), sunk), crumbs.end());
        }
        grouped(blurred).each_smaller(rules_.hole_px, [&](const Runs& patch) { fill(patch); });
    }

private:
    static constexpr float kSeen = 0.25f, kHalf = 0.5f, kSolid = 0.9f;  // shares of light that is sharp
    static constexpr int kRimPx = 3, kHoleRimPx = 2;
    static constexpr std::uint8_t kSharp = 1, kBlurred = 2;  // a pixel may be both

    // What each pixel of a row is.
    void look_at(int y, std::uint8_t* looks) const {
        const std::size_t row = std::size_t(y) * width_;
        const CrumbRules rules = rules_;  // by value: the stores below cannot change it
        for (int x = 0; x < width_; ++x)
            looks[x] = std::abs(rules.radius_px(out_.disparity[row + x])) < rules.sharp_px ? kSharp : kBlurred;
        const std::uint8_t* alpha = out_.alpha + row;
        for (int x = 0; x < width_; ++x) {
            if (alpha[x] == 255) continue;
            const float share = sharp_share(row + x);
            looks[x] = std::uint8_t((share > kSeen ? kSharp : 0) | (share < kHalf ? kBlurred : 0));
        }
    }

    void add_runs(const std::uint8_t* looks, std::uint8_t what, int y, Runs& runs) const {
        for (int x = 0; x < width_;) {
            while (x < width_ && !(looks[x] & what)) ++x;
            const int begin = x;
            while (x < width_ && (looks[x] & what)) ++x;
            if (begin < x) runs.push_back({y, begin, x, false});
        }
    }

    bool is_held(const Runs& patch) const {
        if (!out_.held) return false;
        for (const RunGroups::Run& run : patch) {
            const float* weight = out_.held + std::size_t(run.y) * width_;
            for (int x = run.begin; x < run.end; ++x)
                if (weight[x] > rules_.held) return true;
        }
        return false;
    }

    float blur(float disparity) const { return std::abs(rules_.radius_px(disparity)); }

    float sharp_share(std::size_t i) const {
        const float alpha = float(out_.alpha[i]) / 255;
        float share = blur(out_.disparity[i]) < rules_.sharp_px ? alpha : 0;
        if (alpha < 1 && blur(out_.background_disparity[i]) < rules_.sharp_px) share += 1 - alpha;
        return share;
    }

    // Of the sample that weighs most.
    float seen_disparity(std::size_t i) const {
        return out_.alpha[i] >= 128 ? out_.disparity[i] : out_.background_disparity[i];
    }

    // call use(i) with every pixel within so many of a patch's, along rows and columns, but its own
    template <class Use>
    void around(const Runs& patch, int reach, Use&& use) {
        int left = width_, right = 0;
        for (const RunGroups::Run& run : patch)
            left = std::min(left, run.begin), right = std::max(right, run.end);
        left = std::max(left - reach, 0), right = std::min(right + reach, width_);
        const int top = std::max(patch.front().y - reach, 0);
        const int bottom = std::min(patch.back().y + reach + 1, height_);
        const int wide = right - left;
        near_.assign(std::size_t(wide) * (bottom - top), 0);
        for (const RunGroups::Run& run : patch)
            for (int y = std::max(run.y - reach, top); y < std::min(run.y + reach + 1, bottom); ++y)
                for (int x = std::max(run.begin - reach, left); x < std::min(run.end + reach, right); ++x)
                    near_[std::size_t(y - top) * wide + x - left] |= 1;
        for (const RunGroups::Run& run : patch)
            for (int x = run.begin; x < run.end; ++x) near_[std::size_t(run.y - top) * wide + x - left] = 0;
        for (int y = top; y < bottom; ++y)
            for (int x = left; x < right; ++x)
                if (near_[std::size_t(y - top) * wide + x - left]) use(std::size_t(y) * width_ + x);
    }

    bool sink(const Runs& patch) {
        // Before or behind the plane, whichever more of the rim is.
        double sums[2] = {};
        int counts[2] = {}, total = 0;
        around(patch, kRimPx, [&](std::size_t i) {
            const float disparity = seen_disparity(i), radius = rules_.radius_px(disparity);
            ++total;
            if (std::abs(radius) > rules_.blurred_px) sums[radius > 0] += disparity, ++counts[radius > 0];
        });
        if (2 * (counts[0] + counts[1]) <= total) return false;
        const int side = counts[1] > counts[0];
        become(patch, float(sums[side] / counts[side]));
        return true;
    }

    void fill(const Runs& patch) {
        double sum = 0, sharp = 0;
        int count = 0, total = 0;
        around(patch, kHoleRimPx, [&](std::size_t i) {
            ++total;
            sharp += sharp_share(i);
            if (out_.alpha[i] >= 128 && blur(out_.disparity[i]) < rules_.sharp_px) sum += out_.disparity[i], ++count;
        });
        if (count > 0 && sharp > kSolid * total) become(patch, float(sum / count));
    }

    // The photo as it is, at one disparity.
    void become(const Runs& patch, float disparity) {
        for (const RunGroups::Run& run : patch)
            for (int x = run.begin; x < run.end; ++x) {
                const std::size_t i = std::size_t(run.y) * width_ + x;
                for (int k = 0; k < 3; ++k) out_.foreground[3 * i + k] = out_.photo[3 * i + k];
                out_.alpha[i] = 255;
                out_.disparity[i] = disparity;
            }
    }

    const CrumbRules& rules_;
    int width_, height_;
    const MatteOut<T>& out_;
    std::vector<std::uint8_t> near_;
};

}  // namespace defocus::DEFOCUS_ISA::maps
