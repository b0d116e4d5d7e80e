#include <cmath>

#include "core/base/check.h"
#include "quant/grid_spec.h"

namespace nf {
namespace {

/// Powers outside are refused: nearer to 0 all levels but 0 crowd at the maximum and |x|^(1/p)
/// leaves the range of f32; above, nearly all values round to 0.
constexpr double kLowestPower = 0.05;
constexpr double kHighestPower = 4.0;

/// Levels at equal distances on |x|^p (arXiv 2403.06408; the formula is our reading), symmetric
/// only, q = 2^(b−1) − 1, b = bits:
///     y = sign(x)·|x|^p, scale = max(max|y|/q, 1e-10), k = clamp(round(y/scale), −q, q)
///     x̂ = sign(k)·(|k|·scale)^(1/p); for p = 1/3 that is t·t·t, t = k·scale
///   The 4-bit levels over the maximum, p = 1/3: 0, .0029, .0233, .0787, .187, .364, .630, 1.
///   Width of the cell of level k: from ((k − ½)·scale)^(1/p) to ((k + ½)·scale)^(1/p), signs kept;
///   for p = 1/3 that is scale³·(3k² + ¼).
class PowerGrid final : public Grid {
 public:
  PowerGrid(Index bits, double power) : last_(last_symmetric_level(bits)), power_(power) {
    NF_CHECK(power >= kLowestPower && power <= kHighestPower, "power {}", power);
  }

  bool is_symmetric() const override { return true; }
  void fit(ConstVectorView lowest, ConstVectorView highest, VectorView scale,
           VectorView zero) const override {
    // Companding is monotone, also after its rounding, so the largest |y| is that of the largest
    // |x|.
    for (std::size_t i = 0; i < lowest.size(); ++i)
      zero[i] = largest_magnitude(lowest[i], highest[i]);
    grid_kernels().compand(zero.data(), static_cast<Index>(zero.size()), power_, scale.data());
    for (std::size_t i = 0; i < scale.size(); ++i) {
      // An infinity may have a finite root in f32 after all; the unit must not look sound.
      scale[i] = grid_scale(std::isfinite(zero[i]) ? scale[i] : zero[i], last_);
      zero[i] = 0.0f;
    }
  }
  Index quantize(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    return grid_kernels().power(x.data(), static_cast<Index>(x.size()), scales, last_, power_,
                                out.data());
  }
  void step(ConstVectorView x, const UnitScales& scales, VectorView out) const override {
    check_lengths(x, scales, out);
    grid_kernels().power_step(x.data(), static_cast<Index>(x.size()), scales, last_, power_,
                              out.data());
  }
  void around(ConstVectorView x, const UnitScales& scales, VectorView lower,
              VectorView upper) const override {
    check_lengths(x, scales, lower);
    const auto n = static_cast<Index>(x.size());
    grid_kernels().compand(x.data(), n, power_, lower.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float y = lower[i], scale = scales.scale[scales.each ? i : 0];
      const float nearest = clamped(std::nearbyint(y / scale));
      const float next = y < nearest * scale ? -1.0f : y > nearest * scale ? 1.0f : 0.0f;
      lower[i] = clamped(std::min(nearest, nearest + next)) * scale;
      upper[i] = clamped(std::max(nearest, nearest + next)) * scale;
    }
    expand(lower);
    expand(upper);
  }

 private:
  /// The level within those that there are; a NaN stays.
  float clamped(float k) const { return k < -last_ ? -last_ : k > last_ ? last_ : k; }
  /// t ← sign(t)·|t|^(1/p), as quantize() has it.
  void expand(VectorView t) const {
    if (power_ != kCubeRoot)
      return grid_kernels().compand(t.data(), static_cast<Index>(t.size()), 1.0 / power_, t.data());
    for (float& v : t) v = v * v * v;
  }

  float last_;
  double power_;
};

GridSpec power_spec(double power) {
  GridSpec spec;
  spec.config = power == kCubeRoot ? Json("power") : Json({{"power", power}});
  spec.make = [power](Index bits, bool) { return std::make_unique<const PowerGrid>(bits, power); };
  spec.symmetric_only = true;
  return spec;
}

}  // namespace

void register_power(GridTable& grids) {
  Kind<GridSpec> kind{
      .name = "power",
      .summary =
          "levels at equal distances on the cube root: denser at small values; cube-root for short",
      .plain = power_spec(kCubeRoot)};
  kind.take_parameter<double>({.summary = "levels at equal distances on |x|^p",
                               .range = between(kLowestPower, kHighestPower),
                               .example = 0.5},
                              power_spec);
  grids.add(std::move(kind));
}

}  // namespace nf
