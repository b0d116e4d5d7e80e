#include "eval/experiment/sweep.h"

#include <algorithm>
#include <set>

#include "core/base/printable.h"
#include "core/config/scalar.h"
#include "core/config/substitute.h"
#include "core/config/yaml_writer.h"
#include "eval/metrics/columns.h"

namespace nf {
namespace {

using Reserved = std::vector<std::pair<std::string, std::string>>;

/// "; write [4]" for a value alone, and the ends of a list for a span.
std::string list_hint(const ConfigNode& value) {
  if (!value.is_scalar()) return {};
  const std::string& text = value.text();
  const std::size_t dash = text.find('-', 1);
  if (dash != std::string::npos) {
    const std::optional<Index> first = parse_integer(text.substr(0, dash));
    const std::optional<Index> last = parse_integer(text.substr(dash + 1));
    if (first && last) return fmt::format("; write [{}, ..., {}]", *first, *last);
  }
  return fmt::format("; write {}", to_flow_yaml(Json::array({to_json(value)})));
}

/// The kinds of characters in a name that a command could not give: `compare` splits there.
bool is_selectable(const std::string& name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '=' || c == '\x7f';
  });
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Fixed columns that no variable may be called like.
struct FixedColumns {
  std::vector<std::string> of_results, of_all;
};

void check_variable_name(const ConfigEntry& variable, const FixedColumns& columns,
                         const Reserved& reserved, ConfigErrors& errors) {
  if (!is_selectable(variable.key))
    errors.add(
        variable.key_place, variable.value.path(),
        fmt::format("a variable cannot be called '{}': `noisefloor compare` selects points as "
                    "NAME:VARIABLE=VALUE,VARIABLE=VALUE, so its name has no blank, ',' or '='",
                    printable(variable.key)));
  if (contains(columns.of_all, variable.key)) {
    errors.add(
        variable.key_place, variable.value.path(),
        fmt::format(
            "a variable cannot be called '{}', which is a column of {}", variable.key,
            contains(columns.of_results, variable.key) ? "results.csv" : "a run's other files"));
    return;
  }
  for (const auto& [column, key] : reserved)
    if (variable.key == column)
      errors.add(variable.key_place, variable.value.path(),
                 fmt::format("a variable cannot be called '{}', which is the column of '{}'",
                             column, key));
}

void add_equal(const ConfigNode& at, const std::string& what, ConfigErrors& errors) {
  errors.add(at, fmt::format("{} stands here twice: both would be the same trial, counted twice; "
                             "'repeat' gives a trial more seeds",
                             what));
}

/// Refuses values of a variable that are equal: 3 and 3.0 are.
void check_values_differ(const ConfigNode& sweep, ConfigErrors& errors) {
  for (const ConfigEntry& variable : sweep.entries()) {
    std::set<Json> known;
    for (const ConfigNode& value : variable.value.items())
      if (const Json json = to_json(value); !known.insert(json).second)
        add_equal(value, fmt::format("the value {}", to_flow_yaml(json)), errors);
  }
}

/// Refuses steps of a zip that are equal in all variables.
void check_steps_differ(const std::vector<SweepPoint>& steps, ConfigErrors& errors) {
  std::set<Json> known;
  for (const SweepPoint& step : steps) {
    Json values = Json::array();
    for (const auto& [name, value] : step) values.push_back(to_json(value));
    if (!known.insert(values).second)
      add_equal(step.front().second, "the step " + point_text(step), errors);
  }
}

/// Every combination of the variables' values, the last variable fastest.
std::vector<SweepPoint> cartesian(const ConfigNode& sweep) {
  std::vector<SweepPoint> points = {{}};
  for (const ConfigEntry& variable : sweep.entries()) {
    std::vector<SweepPoint> longer;
    for (const SweepPoint& point : points) {
      for (const ConfigNode& value : variable.value.items()) {
        longer.push_back(point);
        longer.back().emplace_back(variable.key, value);
      }
    }
    points = std::move(longer);
  }
  return points;
}

/// The variables' first values, then their second ones, and so on.
std::vector<SweepPoint> in_step(const ConfigNode& zip, ConfigErrors& errors) {
  std::vector<SweepPoint> points;
  for (const ConfigEntry& variable : zip.entries()) {
    const std::vector<ConfigNode> values = variable.value.items();
    if (points.empty()) points.resize(values.size());
    if (points.size() != values.size()) {
      errors.add(variable.value, fmt::format("has {} values, the variables before it have {}",
                                             values.size(), points.size()));
      return {};
    }
    for (std::size_t i = 0; i < values.size(); ++i) points[i].emplace_back(variable.key, values[i]);
  }
  return points;
}

}  // namespace

std::string point_text(const SweepPoint& point) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : point)
    parts.push_back(printable(name) + '=' + to_flow_yaml(to_json(value)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::optional<VariableLists> ConfigValue<VariableLists>::read(const ConfigNode& node,
                                                              ConfigErrors& errors) {
  const Index before = errors.count();
  if (node.entries().empty()) add_unreadable(node, "a mapping of variables to lists", "", errors);
  for (const ConfigEntry& variable : node.entries())
    if (variable.value.items().empty())
      errors.add(variable.value,
                 fmt::format("needs a list of at least one value{}", list_hint(variable.value)));
  if (errors.count() != before) return std::nullopt;
  return VariableLists{node};
}

std::vector<SweepPoint> sweep_points(const std::optional<VariableLists>& sweep,
                                     const std::optional<VariableLists>& zip,
                                     const Reserved& reserved, const MetricRegistry& metrics,
                                     ConfigErrors& errors) {
  FixedColumns columns;
  if (sweep || zip) columns = {results_columns(metrics, {}, {}), reserved_columns(metrics)};
  for (const std::optional<VariableLists>& variables : {sweep, zip})
    if (variables)
      for (const ConfigEntry& variable : variables->node.entries())
        check_variable_name(variable, columns, reserved, errors);
  if (sweep) check_values_differ(sweep->node, errors);
  std::vector<SweepPoint> points = {{}};
  if (sweep) points = cartesian(sweep->node);
  if (!zip) return points;
  for (const ConfigEntry& variable : zip->node.entries())
    if (sweep && sweep->node.find(variable.key))
      errors.add(variable.key_place, variable.value.path(),
                 fmt::format("variable '{}' stands in sweep already", variable.key));
  const std::vector<SweepPoint> steps = in_step(zip->node, errors);
  check_steps_differ(steps, errors);
  std::vector<SweepPoint> both;
  for (const SweepPoint& point : points) {
    for (const SweepPoint& step : steps) {
      both.push_back(point);
      both.back().insert(both.back().end(), step.begin(), step.end());
    }
  }
  return both;
}

void check_variables_used(const std::optional<VariableLists>& variables, const ConfigNode& entries,
                          ConfigErrors& errors) {
  if (!variables) return;
  const std::set<std::string> used = collect_variables(entries);
  for (const ConfigEntry& variable : variables->node.entries())
    if (!used.contains(variable.key))
      errors.add(variable.value, fmt::format("variable '{0}' is never used; write \"${{{0}}}\" "
                                             "where its value goes",
                                             variable.key));
}

}  // namespace nf
