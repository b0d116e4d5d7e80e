#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/config/config_value.h"
#include "eval/metrics/metric_registry.h"

namespace nf {

/// Variables of a sweep, each with its list of values, as written.
struct VariableLists {
  ConfigNode node;
};
template <>
struct ConfigValue<VariableLists> {
  static std::optional<VariableLists> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const VariableLists& lists) { return to_json(lists.node); }
  static std::string type() { return "{name: [value, ...], ...}"; }
  static Json schema() {
    return {{"type", "object"}, {"additionalProperties", {{"type", "array"}, {"minItems", 1}}}};
  }
};

/// One value for each variable of a sweep.
using SweepPoint = std::vector<std::pair<std::string, ConfigNode>>;
/// "bits=3, grid=uniform"
std::string point_text(const SweepPoint& point);

/// sweep (cartesian, the last variable fastest) × zip (in step). `reserved`: columns that the
/// trial's design makes, each with the key that makes it; no variable may have their names, nor
/// that of a column of results, of which `metrics` are some. Equal values of a variable in `sweep`,
/// and equal steps of `zip`, are mistakes. Mistakes go to `errors`.
std::vector<SweepPoint> sweep_points(
    const std::optional<VariableLists>& sweep, const std::optional<VariableLists>& zip,
    const std::vector<std::pair<std::string, std::string>>& reserved, const MetricRegistry& metrics,
    ConfigErrors& errors);

/// Checks that every variable is used somewhere in `entries`: one that is not would repeat the same
/// condition under other names.
void check_variables_used(const std::optional<VariableLists>& variables, const ConfigNode& entries,
                          ConfigErrors& errors);

}  // namespace nf
