#include "quant/grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/check.h"

namespace nf {
namespace {

Index length(ConstVectorView v) { return static_cast<Index>(v.size()); }

void check_lengths(ConstVectorView x, const UnitScales& scales, VectorView out) {
  NF_CHECK(x.size() == out.size(), "{} values into {}", x.size(), out.size());
  NF_CHECK(scales.scale != nullptr && scales.zero != nullptr, "no scales");
}

/// extent/count, not below the smallest scale; NaN for a NaN or infinite extent.
float scale_of(float extent, float count) {
  if (!(extent <= std::numeric_limits<float>::max()))
    return std::numeric_limits<float>::quiet_NaN();
  return std::max(extent / count, kSmallestScale);
}

/// Both ends at the same distance from 0. An empty range (a unit of NaNs only) is infinite.
float magnitude(float lowest, float highest) { return std::max(-lowest, highest); }

class UniformGrid final : public Grid {
 public:
  UniformGrid(float last, bool symmetric)
      : symmetric_(symmetric), first_(symmetric ? -last : 0.0f), last_(last) {}

  void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
           VectorView zero) const override {
    for (std::size_t i = 0; i < lowest.size(); ++i) {
      const float extent = symmetric_ ? magnitude(lowest[i], highest[i]) : highest[i] - lowest[i];
      scale[i] = scale_of(extent, last_);
      zero[i] = symmetric_ ? 0.0f : zero_point(lowest[i], scale[i]);
    }
  }
  Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    return grid_kernels().uniform(x.data(), length(x), scales, first_, last_, out.data());
  }
  void step(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = scales.scale[scales.each ? i : 0];
  }

 private:
  /// The number of the level that stands for 0.
  float zero_point(float lowest, float scale) const {
    const float place = 0.0f - std::nearbyint(lowest / scale);
    return std::min(std::max(place, 0.0f), last_);
  }

  bool symmetric_;
  float first_, last_;  ///< levels are the integers of [first, last]
};

class PowerGrid final : public Grid {
 public:
  PowerGrid(float last, double power) : last_(last), power_(power) {}

  void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
           VectorView zero) const override {
    // Companding is monotone, also after its rounding, so the largest |y| is that of the largest
    // |x|.
    for (std::size_t i = 0; i < lowest.size(); ++i) zero[i] = magnitude(lowest[i], highest[i]);
    grid_kernels().compand(zero.data(), length(zero), power_, scale.data());
    for (std::size_t i = 0; i < scale.size(); ++i) {
      // An infinity may have a finite root in f32 after all; the unit must not look sound.
      scale[i] = scale_of(std::isfinite(zero[i]) ? scale[i] : zero[i], last_);
      zero[i] = 0.0f;
    }
  }
  Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    return grid_kernels().power(x.data(), length(x), scales, last_, power_, out.data());
  }
  void step(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    grid_kernels().power_step(x.data(), length(x), scales, last_, power_, out.data());
  }

 private:
  float last_;
  double power_;
};

}  // namespace

std::unique_ptr<const Grid> make_grid(const GridSpec& spec, Index bits, bool symmetric) {
  NF_CHECK(bits >= kFewestBits && bits <= kMostBits, "{} bits", bits);
  const float levels = static_cast<float>(Index{1} << bits);
  const float last_symmetric = levels / 2 - 1;
  if (spec.kind == GridSpec::Kind::power) {
    NF_CHECK(symmetric, "the power grid is symmetric");
    NF_CHECK(spec.power >= kLowestPower && spec.power <= kHighestPower, "power {}", spec.power);
    return std::make_unique<PowerGrid>(last_symmetric, spec.power);
  }
  return std::make_unique<UniformGrid>(symmetric ? last_symmetric : levels - 1, symmetric);
}

}  // namespace nf
