#include "perturb/noise_entry.h"

namespace nf {

std::optional<QuantizerEntry> ConfigValue<QuantizerEntry>::read(const ConfigNode& node,
                                                                ConfigErrors& errors) {
  if (node.is_mapping()) return QuantizerEntry{node};
  add_unreadable(node, "a quantizer", "write {grid: ..., bits: ..., granularity: ...}", errors);
  return std::nullopt;
}

FieldSpec noise_name_field(const std::string& example) {
  return {.summary = "kind of noise", .example = example};
}

FieldSpec scope_field() {
  return {
      .summary = "values that are worked on together; tensor, or token on inputs, when left out",
      .example = "channel"};
}

Unit resolve_scope(const std::optional<Unit>& scope, Unit fallback, const ConfigNode& entry,
                   SiteTensor tensor, ConfigErrors& errors) {
  const Unit unit = scope.value_or(fallback);
  if (const auto problem = unit_problem(unit, tensor, UnitUse::noise))
    errors.add(*entry.find("scope"), *problem);
  return unit;
}

}  // namespace nf
