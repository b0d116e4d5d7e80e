#pragma once

#include <optional>

#include "core/config/field_table.h"
#include "perturb/unit.h"
#include "quant/adaptive_axis.h"

namespace nf {

/// {adaptive: g}: per matrix {group: g} or {group: g, axis: in}, whichever has the smaller error on
/// the calibration inputs (AdaDim, 2309.15531, equation 1).
struct AdaptiveGroups {
  Index group = 64;
  ErrorAt error_at = ErrorAt::block;

  static FieldTable<AdaptiveGroups> fields();
  friend bool operator==(const AdaptiveGroups&, const AdaptiveGroups&) = default;
};

/// {auto: {...}}: per matrix the coarsest of the groups from which halving gains little
/// (FineQuant, 2308.09723).
struct AutoGroupsConfig {
  Index coarsest = 256;
  double loss = 0.01;  ///< halved while the relative error falls by more than this part of it

  static FieldTable<AutoGroupsConfig> fields();
  friend bool operator==(const AutoGroupsConfig&, const AutoGroupsConfig&) = default;
};

/// Value of a quantizer's `granularity:`: a unit, or a rule that chooses one for each matrix. At
/// most one of the rules is there; the unit has no meaning then.
struct Granularity {
  Unit unit{};
  std::optional<AdaptiveGroups> adaptive{};
  std::optional<AutoGroupsConfig> automatic{};

  bool is_unit() const { return !adaptive && !automatic; }
  friend bool operator==(const Granularity&, const Granularity&) = default;
};

/// A unit as it is written, {adaptive: g, error_at: block | site} or {auto: {coarsest, loss}}.
template <>
struct ConfigValue<Granularity> {
  static std::optional<Granularity> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const Granularity& granularity);
  static std::string type();
  static Json schema();
};

}  // namespace nf
