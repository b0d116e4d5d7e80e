#include "perturb/noise_entry.h"

namespace nf {

std::optional<ReferredEntry> ConfigValue<ReferredEntry>::read(const ConfigNode& node,
                                                              ConfigErrors& errors) {
  if (node.is_mapping() || node.is_scalar()) return ReferredEntry{node};
  add_unreadable(node, "a quantizer or a noise",
                 "write {grid: ..., bits: ..., granularity: ...}, or W4 g64, or gaussian l2=0.1",
                 errors);
  return std::nullopt;
}

std::optional<QuantizerEntry> ConfigValue<QuantizerEntry>::read(const ConfigNode& node,
                                                                ConfigErrors& errors) {
  if (node.is_mapping() || node.is_scalar()) return QuantizerEntry{{node}};
  add_unreadable(node, "a quantizer", "write {grid: ..., bits: ..., granularity: ...}, or W4 g64",
                 errors);
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

const std::vector<OtherKey>& noise_other_keys() {
  static const std::vector<OtherKey> keys = [] {
    std::vector<OtherKey> all;
    for (const char* key : {"sigma", "std", "scale", "amount", "level", "relative_l2"})
      all.push_back({key, "strength: {relative_l2: 0.1}, or sigma_abs for an absolute size"});
    for (const char* key : {"snr", "snr_db"}) all.push_back({key, "strength: {snr_db: 20}"});
    for (const char* key : {"bits", "symmetric", "method"})
      all.push_back({key, "grid: instead of noise: for a quantizer"});
    all.push_back({"granularity", "scope, or grid: instead of noise: for a quantizer"});
    return all;
  }();
  return keys;
}

Unit resolve_scope(const std::optional<Unit>& scope, Unit fallback, const ConfigNode& entry,
                   SiteTensor tensor, ConfigErrors& errors) {
  const Unit unit = scope.value_or(fallback);
  if (const auto problem = unit_problem(unit, tensor, UnitUse::noise))
    errors.add(*entry.find("scope"), *problem);
  return unit;
}

}  // namespace nf
