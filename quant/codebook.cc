#include "quant/codebook.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/check.h"

namespace nf {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float middle(float a, float b) {
  return static_cast<float>((static_cast<double>(a) + static_cast<double>(b)) / 2.0);
}

}  // namespace

Codebook::Codebook(std::vector<float> levels)
    : levels_(std::move(levels)), first_(-kInfinity), last_(kInfinity) {
  NF_CHECK(!levels_.empty(), "no levels");
  for (std::size_t k = 0; k + 1 < levels_.size(); ++k) {
    NF_CHECK(levels_[k] < levels_[k + 1], "level {} before {}", levels_[k], levels_[k + 1]);
    middles_.push_back(middle(levels_[k], levels_[k + 1]));
  }
  if (middles_.empty()) return;
  first_ = levels_.front() - (middles_.front() - levels_.front());
  last_ = levels_.back() + (levels_.back() - middles_.back());
}

std::size_t Codebook::level_of(float v) const {
  return static_cast<std::size_t>(std::lower_bound(middles_.begin(), middles_.end(), v) -
                                  middles_.begin());
}

float Codebook::round(float v) const { return std::isnan(v) ? v : levels_[level_of(v)]; }

std::pair<float, float> Codebook::around(float v) const {
  if (std::isnan(v)) return {v, v};
  const auto upper = std::lower_bound(levels_.begin(), levels_.end(), v);
  if (upper == levels_.end()) return {levels_.back(), levels_.back()};
  const bool is_level = *upper == v || upper == levels_.begin();
  return {is_level ? *upper : *(upper - 1), *upper};
}

float Codebook::step(float v) const {
  if (middles_.empty()) return 0.0f;
  const std::size_t k = level_of(v);
  return (k == middles_.size() ? last_ : middles_[k]) - (k == 0 ? first_ : middles_[k - 1]);
}

}  // namespace nf
