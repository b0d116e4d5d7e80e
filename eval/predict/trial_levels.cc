#include "eval/predict/trial_levels.h"

#include <functional>
#include <optional>

#include "core/base/check.h"
#include "eval/records/site_place.h"

namespace nf {
namespace {

std::string variable(const RowKey& key, const std::string& name) {
  const auto found = key.vars.find(name);
  if (found == key.vars.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string place(const RowKey& key, const std::string& factor) {
  if (!key.design.kind.empty() && key.design.kind != "each") return "";
  if (std::string own = variable(key, factor); !own.empty()) return own;
  // A level names no tensor: "layers.3.q_proj".
  const SitePlace place = site_place(variable(key, "site") + ".weight");
  return factor == "layer" ? place.layer : place.role;
}

/// The word of a key that is a name, or a mapping of one name: {"awq": {...}}.
std::string word(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_object() && !found->empty() ? found->begin().key() : "";
}

std::string noise_family(const Json& entry) { return word(entry, "noise"); }

std::string method(const Json& entry) {
  if (!entry.contains("grid")) return "";
  const std::string made = word(entry, "method"), scale = word(entry, "channel_scale");
  return (made.empty() ? "rtn" : made) + (scale.empty() || scale == "none" ? "" : " " + scale);
}

/// The level that all entries have; empty where they do not.
std::string common(const RowKey& key, const std::function<std::string(const Json&)>& of) {
  std::optional<std::string> level;
  for (const Json& entry : key.entries) {
    const std::string own = of(entry);
    if (level && *level != own) return "";
    level = own;
  }
  return level.value_or("");
}

}  // namespace

std::string trial_level(const RowKey& key, const std::string& factor) {
  if (factor == "layer" || factor == "role") return place(key, factor);
  if (factor == "noise_family") return common(key, noise_family);
  if (factor == "method") return common(key, method);
  NF_CHECK(factor == "model", "no factor {}", factor);
  return key.model;
}

}  // namespace nf
