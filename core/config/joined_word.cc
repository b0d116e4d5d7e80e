#include "core/config/joined_word.h"

#include "core/config/scalar.h"

namespace nf {
namespace {

bool is_number(const Json& schema) {
  const Json type = schema.value("type", Json());
  return type == "number" || type == "integer";
}

/// The key of a parameter that is a mapping of one number.
std::optional<std::string> number_key(const FieldDoc& parameter) {
  const Json keys = parameter.schema.value("properties", Json::object());
  if (keys.size() != 1 || !is_number(keys.front())) return std::nullopt;
  return keys.begin().key();
}

/// A mapping of one key where the word stands.
ConfigNode mapping_at(const ConfigNode& word, const std::string& key, const ConfigNode& value) {
  return ConfigNode::mapping({{key, word.place(), value}}, word.place()).with_path(word.path());
}

}  // namespace

std::optional<ConfigNode> joined_mapping(const ConfigNode& word, const FieldDoc& parameter) {
  const std::string& name = parameter.name;
  if (name.empty() || !word.text().starts_with(name)) return std::nullopt;
  const std::string rest = word.text().substr(name.size());
  const ConfigNode number = ConfigNode::scalar(rest, false, word.place());
  for (const Choice& choice : parameter.choices)
    if (rest == "-" + choice.name)
      return mapping_at(word, name, ConfigNode::scalar(choice.name, false, word.place()));
  if (!parse_number(rest)) return std::nullopt;
  if (is_number(parameter.schema)) return mapping_at(word, name, number);
  const std::optional<std::string> key = number_key(parameter);
  return key ? std::optional(mapping_at(word, name, mapping_at(word, *key, number))) : std::nullopt;
}

Json joined_schema(const FieldDoc& parameter) {
  if (parameter.name.empty()) return {};
  if (is_number(parameter.schema) || number_key(parameter))
    return {
        {"type", "string"},
        {"pattern", "^" + parameter.name + R"(-?([0-9]+\.?|[0-9]*\.[0-9]+)([eE][-+]?[0-9]+)?$)"}};
  Json words = Json::array();
  for (const Choice& choice : parameter.choices)
    words.push_back(parameter.name + "-" + choice.name);
  return words.empty() ? Json() : Json{{"enum", words}};
}

}  // namespace nf
