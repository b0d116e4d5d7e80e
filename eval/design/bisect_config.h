#pragma once

#include "core/config/field_table.h"

namespace nf {

/// The metric that a search brings to its target, against the untouched model on `data:`.
enum class BisectMetric { kl, delta_nll };
template <>
struct EnumNames<BisectMetric> {
  static constexpr EnumName<BisectMetric> table[] = {
      {BisectMetric::kl, "kl", "mean KL(baseline‖trial) [nats]"},
      {BisectMetric::delta_nll, "delta_nll", "mean nll of the trial - that of the baseline [nats]"},
  };
};

/// `{kl: 0.05}` or `{delta_nll: 0.05}`; greater than 0.
struct BisectTarget {
  BisectMetric metric = BisectMetric::kl;
  double value = 0.0;
};
template <>
struct ConfigValue<BisectTarget> {
  static std::optional<BisectTarget> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const BisectTarget& target);
  static std::string type() { return "{kl: number} | {delta_nll: number}"; }
  static Json schema();
};

/// `[lowest, highest]`, 0 < lowest < highest.
struct BisectRange {
  double lowest = 0.0, highest = 0.0;
};
template <>
struct ConfigValue<BisectRange> {
  static std::optional<BisectRange> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const BisectRange& range) { return Json::array({range.lowest, range.highest}); }
  static std::string type() { return "[number, number]"; }
  static Json schema();
};

/// `bisect:` of a trial: the search for the value of "${bisect}" at which the metric reaches its
/// target.
struct BisectConfig {
  BisectRange range;
  BisectTarget target;
  double rel_tolerance = 0.05;
  Index max_steps = 12;

  static FieldTable<BisectConfig> fields();
};

}  // namespace nf
