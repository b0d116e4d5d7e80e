#include "eval/predict/damage_kind.h"

#include <algorithm>
#include <vector>

#include "eval/predict/site_size.h"

namespace nf {
namespace {

std::string text_at(const Json& entry, const char* key) {
  const auto found = entry.find(key);
  return found != entry.end() && found->is_string() ? found->get<std::string>() : "";
}

/// The rule of `channel_scale`, written as a word or as {word: {...}}.
std::string scale_of(const Json& entry) {
  const auto found = entry.find("channel_scale");
  if (found == entry.end()) return "";
  if (found->is_object() && !found->empty()) return found->begin().key();
  return found->is_string() && *found != "none" ? found->get<std::string>() : "";
}

std::string kind_of(const Json& entry) {
  if (entry.contains("checkpoint")) return "checkpoint";
  if (entry.contains("noise")) {
    RowKey alone;
    alone.entries = Json::array({entry});
    return is_sized_noise(alone) ? "noise" : text_at(entry, "noise");
  }
  const std::string method = text_at(entry, "method"), scale = scale_of(entry);
  return scale.empty() || method == "gptq" ? method : scale;
}

}  // namespace

std::string damage_kind(const RowKey& key) {
  const auto twin = key.vars.find("twin");
  if (twin != key.vars.end() && twin->is_string() && *twin != "") return "twin";
  std::vector<std::string> kinds;
  for (const Json& entry : key.entries) {
    const std::string kind = kind_of(entry);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  }
  std::string joined;
  for (const std::string& kind : kinds) joined += (joined.empty() ? "" : "+") + kind;
  return joined;
}

}  // namespace nf
