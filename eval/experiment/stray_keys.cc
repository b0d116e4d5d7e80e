#include "eval/experiment/stray_keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/suggest.h"
#include "core/config/yaml_writer.h"
#include "eval/experiment/entry.h"
#include "quant/quantizer_config.h"

namespace nf {
namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_field(const std::vector<FieldDoc>& fields, const std::string& name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&name](const FieldDoc& field) { return field.name == name; });
}

/// Keys of every entry, whatever its kind.
Names entry_names() {
  Names names = entry_fields().names();
  for (const FieldDoc& field : dose_fields(false))
    if (field.name != "strength") names.push_back(field.name);
  return names;
}

/// Whether some noise or quantizer has the key.
bool has_kind_key(const Kinds& kinds, const std::string& key) {
  static const Names of_quantizers = fields_of<QuantizerConfig>().names();
  if (key == "noise" || contains(of_quantizers, key)) return true;
  const auto is_own = [&key](const auto& kind) { return has_field(kind.fields, key); };
  return std::any_of(kinds.noises.kinds().begin(), kinds.noises.kinds().end(), is_own) ||
         std::any_of(kinds.quantizers.methods().begin(), kinds.quantizers.methods().end(), is_own);
}

}  // namespace

StrayKeys find_stray_keys(const ConfigNode& entry, const Kinds& kinds, ConfigErrors& errors) {
  // A sweep reads thousands of entries.
  static const Names of_sites = fields_of<SiteSelector>().names(), of_entry = entry_names();
  StrayKeys stray;
  const std::optional<ConfigNode> written = entry.find("sites");
  Json sites = written && written->is_mapping() ? to_json(*written) : Json::object();
  std::optional<ConfigEntry> first;
  for (const ConfigEntry& key : entry.entries()) {
    if (contains(of_entry, key.key) || has_kind_key(kinds, key.key)) continue;
    const std::string meant = nearest_name(key.key, of_entry);
    if (contains(of_sites, key.key) && !sites.contains(key.key)) {
      sites[key.key] = to_json(key.value);
      if (!first) first = key;
    } else if (!meant.empty() && !entry.find(meant)) {
      errors.add(key.key_place, entry.path(),
                 fmt::format("unknown key '{}'; did you mean '{}'?", key.key, meant));
      stray.are_sites = stray.are_sites || meant == "sites";
    } else {
      continue;
    }
    stray.keys.push_back(key.key);
  }
  if (!first) return stray;
  if (!sites.contains("tensor")) sites["tensor"] = "weight";
  errors.add(first->key_place, entry.path(),
             fmt::format("'{}' says where the entry acts; write sites: {}", first->key,
                         to_flow_yaml(sites)));
  stray.are_sites = true;
  return stray;
}

}  // namespace nf
