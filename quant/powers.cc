#include "quant/powers.h"

#include "core/base/check.h"
#include "quant/grid_kernels.h"

namespace nf {

std::vector<float> powers(ConstVectorView x, double p) {
  NF_CHECK(p >= 0.0, "power {}", p);
  if (p == 0.0) return std::vector<float>(x.size(), 1.0f);
  std::vector<float> result(x.begin(), x.end());
  if (p != 1.0) grid_kernels().compand(x.data(), static_cast<Index>(x.size()), p, result.data());
  return result;
}

}  // namespace nf
