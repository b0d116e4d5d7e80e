#pragma once

#include "core/config/config_value.h"
#include "quant/grid_kernels.h"

namespace nf {

/// What `grid:` says: which levels a quantizer rounds to.
struct GridSpec {
  enum class Kind { uniform, power };

  Kind kind = Kind::uniform;
  /// Of `power`: values are companded with sign(x)·|x|^power before they are rounded. kCubeRoot
  /// when only `power` is written.
  double power = kCubeRoot;

  friend bool operator==(const GridSpec&, const GridSpec&) = default;
};

/// Powers outside are refused: nearer to 0 all levels but 0 crowd at the maximum and |x|^(1/p)
/// leaves the range of f32; above, nearly all values round to 0.
inline constexpr double kLowestPower = 0.05;
inline constexpr double kHighestPower = 4.0;

/// `uniform`, `power` or `{power: p}`.
template <>
struct ConfigValue<GridSpec> {
  static std::optional<GridSpec> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const GridSpec& grid);
  static std::string type();
  static Json schema();
};

}  // namespace nf
