#include "eval/experiment/shorthand_text.h"

#include <algorithm>
#include <cctype>
#include <sstream>

#include "core/config/scalar.h"

namespace nf {

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> parts;
  for (std::string part; stream >> part;) parts.push_back(part);
  return parts;
}

bool is_same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

bool is_number_word(const std::string& text) {
  return parse_number(text).has_value() || (text.starts_with("${") && text.ends_with('}'));
}

std::optional<std::string> number_behind(const std::string& word, const std::string& name) {
  if (!word.starts_with(name)) return std::nullopt;
  const std::string number = word.substr(name.size());
  return is_number_word(number) ? std::optional(number) : std::nullopt;
}

ConfigNode shorthand_node(const Json& value, const ConfigPlace& place) {
  if (value.is_string()) return ConfigNode::scalar(value.get<std::string>(), false, place);
  if (value.is_array()) {
    std::vector<ConfigNode> items;
    for (const Json& item : value) items.push_back(shorthand_node(item, place));
    return ConfigNode::sequence(std::move(items), place);
  }
  if (!value.is_object()) return ConfigNode::scalar(value.dump(), false, place);
  std::vector<ConfigEntry> entries;
  for (const auto& [key, part] : value.items())
    entries.push_back({key, place, shorthand_node(part, place)});
  return ConfigNode::mapping(std::move(entries), place);
}

ConfigNode shorthand_entry(const std::string& tensor, const Json& keys, const ConfigNode& text,
                           const Json& sites) {
  Json json = {{"sites", {{"tensor", tensor}}}};
  json["sites"].update(sites);
  json.update(keys);
  return shorthand_node(json, text.place()).with_path(text.path());
}

}  // namespace nf
