#include "eval/output/value_label.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "core/config/yaml_reader.h"
#include "eval/output/csv.h"

namespace nf {
namespace {

/// A mapping of one key whose word is not the key itself.
struct KeyWord {
  const char* key;
  const char* before;  ///< the value
  const char* behind;
};
constexpr KeyWord kKeyWords[] = {{"group", "g", ""},
                                 {"relative_l2", "l2=", ""},
                                 {"snr_db", "snr=", "dB"},
                                 {"sigma_abs", "rms=", ""}};

std::string one_key_label(const std::string& key, const Json& value) {
  for (const KeyWord& word : kKeyWords)
    if (key == word.key) return word.before + csv_value(value) + word.behind;
  return key + csv_value(value);
}

}  // namespace

std::string value_label(const Json& value) {
  std::vector<std::string> parts;
  if (value.is_array()) {
    for (const Json& item : value) parts.push_back(csv_value(item));
    return fmt::format("{}", fmt::join(parts, "+"));
  }
  if (value.size() == 1 && value.begin()->is_number())
    return one_key_label(value.begin().key(), *value.begin());
  if (value.size() == 2 && value.contains("group") && value.contains("axis"))
    return (value["axis"] == "in" ? "per-ic" : "g") + csv_value(value["group"]);
  for (const auto& [key, part] : value.items())
    parts.push_back(fmt::format("{}: {}", key, csv_value(part)));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

Json written_value(const std::string& text) {
  try {
    ConfigErrors errors;
    const ConfigNode list = parse_yaml("[" + text + "]", text, errors);
    return errors.empty() && list.items().size() == 1 ? to_json(list.items().front()) : Json();
  } catch (const ConfigError&) {
    return {};
  }
}

}  // namespace nf
