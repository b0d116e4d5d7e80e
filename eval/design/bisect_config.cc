#include "eval/design/bisect_config.h"

#include "core/config/scalar.h"

namespace nf {
namespace {

std::vector<std::string> metric_names() {
  std::vector<std::string> names;
  for (const EnumName<BisectMetric>& metric : EnumNames<BisectMetric>::table)
    names.emplace_back(metric.name);
  return names;
}

}  // namespace

std::optional<BisectTarget> ConfigValue<BisectTarget>::read(const ConfigNode& node,
                                                            ConfigErrors& errors) {
  const std::optional<ConfigEntry> entry = read_single_key(node, metric_names(), errors);
  if (!entry) return std::nullopt;
  const std::optional<double> value = ConfigValue<double>::read(entry->value, errors);
  if (!value || !check_range(above(0), entry->value, errors)) return std::nullopt;
  for (const EnumName<BisectMetric>& metric : EnumNames<BisectMetric>::table)
    if (entry->key == metric.name) return BisectTarget{metric.value, *value};
  NF_CHECK(false, "target '{}'", entry->key);
}

Json ConfigValue<BisectTarget>::write(const BisectTarget& target) {
  return {{enum_name(target.metric), target.value}};
}

Json ConfigValue<BisectTarget>::schema() {
  Json forms = Json::array();
  for (const EnumName<BisectMetric>& metric : EnumNames<BisectMetric>::table) {
    Json value = ConfigValue<double>::schema();
    add_range_to_schema(above(0), value);
    value["description"] = metric.summary;
    forms.push_back({{"type", "object"},
                     {"properties", {{metric.name, std::move(value)}}},
                     {"required", Json::array({metric.name})},
                     {"additionalProperties", false}});
  }
  return {{"anyOf", std::move(forms)}};
}

std::optional<BisectRange> ConfigValue<BisectRange>::read(const ConfigNode& node,
                                                          ConfigErrors& errors) {
  const std::vector<ConfigNode> ends = node.items();
  if (ends.size() != 2) {
    add_unreadable(node, "a range [lowest, highest]", "", errors);
    return std::nullopt;
  }
  const std::optional<double> lowest = ConfigValue<double>::read(ends[0], errors);
  const std::optional<double> highest = ConfigValue<double>::read(ends[1], errors);
  if (!lowest || !highest || !check_range(above(0), node, errors)) return std::nullopt;
  if (*lowest < *highest) return BisectRange{*lowest, *highest};
  errors.add(node, *lowest > *highest
                       ? fmt::format("is reversed; write [{}, {}]", *highest, *lowest)
                       : "has two equal ends: there is nothing to search");
  return std::nullopt;
}

Json ConfigValue<BisectRange>::schema() {
  Json number = ConfigValue<double>::schema();
  add_range_to_schema(above(0), number);
  return {{"type", "array"}, {"items", std::move(number)}, {"minItems", 2}, {"maxItems", 2}};
}

FieldTable<BisectConfig> BisectConfig::fields() {
  FieldTable<BisectConfig> table;
  table.required("range", &BisectConfig::range,
                 {.summary = "where the value may lie, greater than 0; searched on a log scale",
                  .example = Json::array({0.001, 1})});
  table.required("target", &BisectConfig::target,
                 {.summary = "what the metric shall be, greater than 0",
                  .unit = "nats",
                  .example = {{"kl", 0.05}}});
  table.optional("rel_tolerance", &BisectConfig::rel_tolerance,
                 {.summary = "near enough: |metric - target| at most this share of the target",
                  .unit = "ratio",
                  .range = between(0, 1).excluding_min().excluding_max()});
  table.optional(
      "max_steps", &BisectConfig::max_steps,
      {.summary = "most values that are tried", .unit = "values", .range = between(1, 100)});
  return table;
}

}  // namespace nf
