#include "quant/grid.h"

#include <algorithm>
#include <limits>

#include "core/base/check.h"

namespace nf {

float grid_scale(float extent, float count) {
  if (!(extent <= std::numeric_limits<float>::max()))
    return std::numeric_limits<float>::quiet_NaN();
  return std::max(extent / count, kSmallestScale);
}

float largest_magnitude(float lowest, float highest) { return std::max(-lowest, highest); }

float last_symmetric_level(Index bits) { return static_cast<float>((Index{1} << (bits - 1)) - 1); }

void check_lengths(ConstVectorView x, const UnitScales& scales, ConstVectorView out) {
  NF_CHECK(x.size() == out.size(), "{} values into {}", x.size(), out.size());
  NF_CHECK(scales.scale != nullptr && scales.zero != nullptr, "no scales");
}

}  // namespace nf
