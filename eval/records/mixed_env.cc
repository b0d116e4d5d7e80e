#include "eval/records/mixed_env.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/printable.h"
#include "eval/records/model_identity.h"

namespace nf {
namespace {

/// The value of an env under a key, as messages show it; "unknown" where it has none.
std::string value_of(const Json& env, const std::string& key) {
  const auto found = env.find(key);
  if (found == env.end()) return "unknown";
  return printable(found->is_string() ? found->get<std::string>() : found->dump());
}

}  // namespace

void note_other_envs(const std::vector<Record>& records, const Json& env, Json& about) {
  Json others = Json::array();
  const auto is_known = [&](const Json& other) {
    return same_env(env, other) || std::any_of(others.begin(), others.end(), [&](const Json& one) {
             return same_env(one, other);
           });
  };
  const Json* last = &env;  // most records have the env of the one before
  for (const Record& record : records) {
    if (record.env.empty() || record.env == *last) continue;
    last = &record.env;
    if (!is_known(record.env)) others.push_back(record.env);
  }
  if (others.empty())
    about.erase(kOtherEnvs);
  else
    about[kOtherEnvs] = std::move(others);
}

std::string mixed_env_text(const RunManifest& manifest) {
  const auto others = manifest.about.find(kOtherEnvs);
  if (others == manifest.about.end() || !others->is_array() || others->empty()) return "";
  // The first key that says something to people: a hash says only that they differ.
  std::string key = kEnvProducts;
  for (const char* telling : {"products_bf16", "numerics", "gemm", "isa"})
    for (const Json& other : *others)
      if (value_of(other, telling) != value_of(manifest.env, telling)) key = telling;
  std::vector<std::string> values = {value_of(manifest.env, key)};
  for (const Json& other : *others) values.push_back(value_of(other, key));
  return fmt::format(
      "mixed: records of machines whose matrix products differ in their last bits ({} {})", key,
      fmt::join(values, " and "));
}

}  // namespace nf
