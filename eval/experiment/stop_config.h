#pragma once

#include "core/config/field_table.h"

namespace nf {

/// `stop:`: a trial ends early, once the 95 % interval of its KL is that narrow.
struct StopConfig {
  double kl_halfwidth = 0.0;
  Index min_blocks = 8;  ///< evaluation blocks (windows or documents) seen before that

  static FieldTable<StopConfig> fields();
};

/// `stop:` of a trial: settings of its own, or `none` where the experiment's shall not hold.
struct TrialStop {
  std::optional<StopConfig> config;
};
template <>
struct ConfigValue<TrialStop> {
  static std::optional<TrialStop> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const TrialStop& stop);
  static std::string type() { return ConfigValue<StopConfig>::type() + " | none"; }
  static Json schema();
};

}  // namespace nf
