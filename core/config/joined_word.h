#pragma once

#include <optional>
#include <string>

#include "core/config/kind_table.h"
#include "core/config/yaml_writer.h"

namespace nf {

/// {name: parameter} of a word that joins a kind's name and its parameter, as tables print it:
/// {power: 0.5} of power0.5, {rank: up} of rank-up, {smoothquant: {alpha: 0.5}} of smoothquant0.5,
/// whose parameter is a mapping of one number. It stands where the word does; nullopt where the
/// word is none of these.
std::optional<ConfigNode> joined_mapping(const ConfigNode& word, const FieldDoc& parameter);

/// JSON Schema of the words of that parameter; null: it has none.
Json joined_schema(const FieldDoc& parameter);

/// What the table reads, and joined words. A name that needs a parameter is told with an example.
template <typename Value>
std::optional<Value> read_kind_or_joined(const KindTable<Value>& table, const ConfigNode& node,
                                         ConfigErrors& errors) {
  if (!node.is_scalar()) return table.read(node, errors);
  for (const Kind<Value>& kind : table.kinds()) {
    if (!kind.has_parameter()) continue;
    if (const std::optional<ConfigNode> mapping = joined_mapping(node, kind.parameter))
      return kind.read(*mapping, errors);
    if (node.text() != kind.name || kind.plain) continue;
    errors.add(node, fmt::format("{0} needs a value; write {{{0}: {1}}}", kind.name,
                                 to_flow_yaml(kind.parameter.example)));
    return std::nullopt;
  }
  return table.read(node, errors);
}

/// The schema of a table's values with the joined words behind.
template <typename Value>
Json with_joined_words(Json schema, const KindTable<Value>& table) {
  for (const Kind<Value>& kind : table.kinds())
    if (Json words = joined_schema(kind.parameter); !words.is_null())
      schema["anyOf"].push_back(std::move(words));
  return schema;
}

/// The form of a table's values that takes joined words too.
template <typename Value>
ConfigForm<Value> joined_form(const KindTable<Value>& (*table)()) {
  ConfigForm<Value> form = form_of<Value>();
  form.read = [table](const ConfigNode& node, ConfigErrors& errors) {
    return read_kind_or_joined(table(), node, errors);
  };
  form.schema = with_joined_words(std::move(form.schema), table());
  return form;
}

}  // namespace nf
