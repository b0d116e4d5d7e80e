#include "core/config/field_table.h"

#include "core/config/yaml_writer.h"

namespace nf {

std::string mapping_type(const std::vector<FieldDoc>& docs) {
  std::vector<std::string> parts;
  for (const FieldDoc& doc : docs) parts.push_back(fmt::format("{}: {}", doc.name, doc.type));
  return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

std::string mapping_hint(const std::vector<std::pair<FieldDoc, bool>>& parts,
                         const ConfigNode& node) {
  if (parts.empty()) return {};
  std::vector<std::string> texts;
  for (const auto& [doc, is_node] : parts)
    texts.push_back(
        fmt::format("{}: {}", doc.name, to_flow_yaml(is_node ? to_json(node) : doc.example)));
  return fmt::format("write {{{}}}", fmt::join(texts, ", "));
}

Json object_schema(const std::vector<FieldDoc>& docs) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const FieldDoc& doc : docs) {
    properties[doc.name] = doc.schema;
    if (doc.required) required.push_back(doc.name);
  }
  Json schema = {{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

Json allow_variables(Json schema) {
  if (schema.contains("properties")) {
    for (auto& [key, property] : schema["properties"].items()) {
      property = allow_variables(std::move(property));
    }
  }
  if (schema.contains("items")) schema["items"] = allow_variables(std::move(schema["items"]));
  if (schema.contains("anyOf")) {
    for (Json& form : schema["anyOf"]) form = allow_variables(std::move(form));
  }
  const Json type = schema.contains("type") ? schema["type"] : Json();
  if (type != "number" && type != "integer" && type != "boolean" && !schema.contains("oneOf")) {
    return schema;
  }
  // The texts that editors show stay outside, next to the choice between value and variable.
  Json result = Json::object();
  for (const char* key : {"description", "default"}) {
    if (!schema.contains(key)) continue;
    result[key] = std::move(schema[key]);
    schema.erase(key);
  }
  const Json variable = {{"type", "string"}, {"pattern", "^\\$\\{[^}]+\\}$"}};
  result["anyOf"] = Json::array({std::move(schema), variable});
  return result;
}

}  // namespace nf
