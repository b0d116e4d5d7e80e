#pragma once

#include <optional>
#include <string>

#include "perturb/noise_registry.h"
#include "perturb/unit.h"

namespace nf {

/// An entry that a noise refers to, as it stands in YAML: a mapping or a shorthand, which only the
/// builder given from above understands.
struct ReferredEntry {
  ConfigNode node;
};
/// The same where only a quantizer makes sense.
struct QuantizerEntry : ReferredEntry {};

template <>
struct ConfigValue<ReferredEntry> {
  static std::optional<ReferredEntry> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const ReferredEntry& entry) { return to_json(entry.node); }
  static std::string type() { return "quantizer | noise"; }
  static Json schema() {
    return {{"anyOf", Json::array({{{"type", "object"}}, {{"type", "string"}}})}};
  }
};
template <>
struct ConfigValue<QuantizerEntry> {
  static std::optional<QuantizerEntry> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(const QuantizerEntry& entry) { return to_json(entry.node); }
  static std::string type() { return "quantizer"; }
  static Json schema() { return ConfigValue<ReferredEntry>::schema(); }
};

/// Field specs that several kinds share.
FieldSpec noise_name_field(const std::string& example);
FieldSpec scope_field();

/// Keys of quantizers, and those by which others know the size of a noise.
const std::vector<OtherKey>& noise_other_keys();

/// The scope written in `entry`, or the default; adds an error when this tensor has no such unit.
Unit resolve_scope(const std::optional<Unit>& scope, Unit fallback, const ConfigNode& entry,
                   SiteTensor tensor, ConfigErrors& errors);

}  // namespace nf
