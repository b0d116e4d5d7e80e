#include "quant/smoothquant_scale.h"

#include <algorithm>

#include "core/base/check.h"
#include "quant/powers.h"

namespace nf {
namespace {

/// Of a scale, and of what is in its denominator.
constexpr float kSmallest = 1e-5f;

}  // namespace

std::vector<float> smoothquant_scale(const InputStatistics& inputs, double alpha) {
  NF_CHECK(alpha >= 0.0 && alpha <= 1.0, "alpha {}", alpha);
  std::vector<float> weight = inputs.max_abs_weight;
  for (float& w : weight) w = std::max(w, kSmallest);
  std::vector<float> scale = powers(inputs.max_abs, alpha);
  const std::vector<float> below = powers(weight, 1.0 - alpha);
  NF_CHECK(scale.size() == below.size(), "ranges of {} inputs, weight ranges of {}", scale.size(),
           below.size());
  for (std::size_t j = 0; j < scale.size(); ++j)
    scale[j] = std::max(scale[j] / below[j], kSmallest);
  return scale;
}

}  // namespace nf
