#pragma once

#include <optional>

#include "core/config/config_value.h"
#include "perturb/noise_registry.h"

namespace nf {

/// The size of a noise in each unit, as written in YAML.
struct Strength {
  enum class Kind { relative_l2, snr_db, sigma_abs, match };
  Kind kind = Kind::relative_l2;
  double value = 0.0;               ///< in the unit of the name; not of `match`
  std::optional<ConfigNode> match;  ///< the quantizer or noise whose error is matched
};

/// {relative_l2: r}: ‖δ‖ = r·‖x‖. {snr_db: s}: r = 10^(−s/20). {sigma_abs: s}: root mean square of
/// δ. {match: quantizer or noise}: ‖δ‖ of that one.
template <>
struct ConfigValue<Strength> {
  static std::optional<Strength> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const Strength& strength);
  static std::string type();
  static Json schema();
};

/// A strength ready for use: the L2 norm that δ shall have in a unit.
class StrengthRule {
 public:
  /// `matched`: the built distortion of `match`, null for the others.
  StrengthRule(const Strength& strength, DistortionPtr matched);

  /// Whether δ is 0, whatever x is.
  bool is_zero() const;
  /// The distortion whose error is needed, or null.
  const Distortion* matched() const { return matched_.get(); }
  /// The rule with the form of matched() that needs no statistics; none: there is none.
  std::optional<StrengthRule> without_inputs(SiteTensor tensor) const;
  /// Target of ‖δ‖ in a unit of n values; 0 where ‖x‖ is. matched_norm: ‖δ‖ of matched() in the
  /// unit.
  double norm(double x_norm, double matched_norm, Index n) const;
  Json config() const;

 private:
  Strength strength_;
  DistortionPtr matched_;
  double relative_l2_ = 0.0;
};

}  // namespace nf
