#include <algorithm>
#include <cmath>

#include "quant/grid_spec.h"

namespace nf {
namespace {

/// Levels at equal distances, b = bits. Width of a cell: scale.
///   symmetric, q = 2^(b−1) − 1:
///     scale = max(max|x|/q, 1e-10)
///     x̂ = clamp(round(x/scale), −q, q)·scale
///   symmetric with levels: full (GPTQ's own code with sym, 2210.17323):
///     scale = max(2·max|x|/(2^b − 1), 1e-10)
///     x̂ = clamp(round(x/scale), −q − 1, q)·scale
///   asymmetric, q = 2^b − 1 (arXiv 2309.15531, as its authors' code does it):
///     scale = max((max − min)/q, 1e-10), zero = clamp(−round(min/scale), 0, q)
///     x̂ = (clamp(round(x/scale) + zero, 0, q) − zero)·scale
///     The range is not extended to contain 0: values all far on one side of it saturate.
class UniformGrid final : public Grid {
 public:
  UniformGrid(Index bits, bool symmetric, Levels levels = Levels::balanced)
      : symmetric_(symmetric),
        last_(symmetric ? last_symmetric_level(bits) : last_level(bits)),
        first_(!symmetric               ? 0.0f
               : levels == Levels::full ? -last_ - 1.0f
                                        : -last_),
        steps_(levels == Levels::full ? last_level(bits) / 2.0f : last_) {}

  bool is_symmetric() const override { return symmetric_; }
  void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
           VectorView zero) const override {
    for (std::size_t i = 0; i < lowest.size(); ++i) {
      const float extent =
          symmetric_ ? largest_magnitude(lowest[i], highest[i]) : highest[i] - lowest[i];
      scale[i] = grid_scale(extent, steps_);
      zero[i] = symmetric_ ? 0.0f : zero_point(lowest[i], scale[i]);
    }
  }
  Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    return grid_kernels().uniform(x.data(), static_cast<Index>(x.size()), scales, first_, last_,
                                  out.data());
  }
  void step(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = scales.scale[scales.each ? i : 0];
  }
  void around(ConstVectorView x, const UnitScales& scales, VectorView lower,
              VectorView upper) const override {
    check_lengths(x, scales, lower);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float scale = scales.scale[scales.each ? i : 0],
                  zero = scales.zero[scales.each ? i : 0];
      const auto level = [&](float k) { return (clamped(k) - zero) * scale; };
      const float nearest = clamped(std::nearbyint(x[i] / scale) + zero);
      const float next = x[i] < level(nearest) ? -1.0f : x[i] > level(nearest) ? 1.0f : 0.0f;
      lower[i] = level(std::min(nearest, nearest + next));
      upper[i] = level(std::max(nearest, nearest + next));
    }
  }

 private:
  /// The level within those that there are; a NaN stays.
  float clamped(float k) const { return k < first_ ? first_ : k > last_ ? last_ : k; }
  /// 2^bits − 1
  static float last_level(Index bits) { return static_cast<float>((Index{1} << bits) - 1); }
  /// The number of the level that stands for 0.
  float zero_point(float lowest, float scale) const {
    const float place = 0.0f - std::nearbyint(lowest / scale);
    return std::min(std::max(place, 0.0f), last_);
  }

  bool symmetric_;
  float last_, first_;  ///< levels are the integers of [first, last]
  float steps_;         ///< scales that the range is long, or max|x| where it is symmetric
};

}  // namespace

void register_uniform(GridTable& grids) {
  const auto make = [](Index bits, bool symmetric) {
    return std::make_unique<const UniformGrid>(bits, symmetric);
  };
  const auto make_full = [](Index bits) {
    return std::make_unique<const UniformGrid>(bits, true, Levels::full);
  };
  grids.add({.name = "uniform",
             .summary = "levels at equal distances",
             .plain = GridSpec{.config = "uniform", .make = make, .make_full = make_full}});
}

}  // namespace nf
