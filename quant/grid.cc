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

class SymmetricUniformGrid final : public Grid {
 public:
  explicit SymmetricUniformGrid(float last) : last_(last) {}

  void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
           VectorView zero) const override {
    for (std::size_t i = 0; i < lowest.size(); ++i) {
      scale[i] = scale_of(magnitude(lowest[i], highest[i]), last_);
      zero[i] = 0.0f;
    }
  }
  Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    return grid_kernels().uniform(x.data(), length(x), scales, -last_, last_, out.data());
  }
  void step(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = scales.scale[scales.each ? i : 0];
  }

 private:
  float last_;
};

class AsymmetricUniformGrid final : public Grid {
 public:
  explicit AsymmetricUniformGrid(float last) : last_(last) {}

  void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
           VectorView zero) const override {
    for (std::size_t i = 0; i < lowest.size(); ++i) {
      scale[i] = scale_of(highest[i] - lowest[i], last_);
      const float place = 0.0f - std::nearbyint(lowest[i] / scale[i]);
      zero[i] = std::min(std::max(place, 0.0f), last_);
    }
  }
  Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    return grid_kernels().uniform(x.data(), length(x), scales, 0.0f, last_, out.data());
  }
  void step(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = scales.scale[scales.each ? i : 0];
  }

 private:
  float last_;
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
  if (symmetric) return std::make_unique<SymmetricUniformGrid>(last_symmetric);
  return std::make_unique<AsymmetricUniformGrid>(levels - 1);
}

}  // namespace nf
