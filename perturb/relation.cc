#include "perturb/relation.h"

#include "core/config/joined_word.h"

namespace nf {
namespace {

/// A relation that has been given another name.
struct Renamed {
  const char* was;
  const char* is;
};
constexpr Renamed kRenamed[] = {{"inverse", "reflected"}};

}  // namespace

const RelationTable& relations() {
  static const RelationTable table = [] {
    RelationTable relations("relation");
    register_builtin_relations(relations);
    return relations;
  }();
  return table;
}

std::string relation_name(const std::string& word) {
  for (const Renamed& name : kRenamed)
    if (word == name.was) return name.is;
  return word;
}

Json with_first_relation_names(Json config) {
  if (!config.is_structured()) return config;
  for (auto& [key, value] : config.items()) {
    value = with_first_relation_names(std::move(value));
    if (key != "relation") continue;
    for (const Renamed& name : kRenamed)
      if (value == name.is) value = name.was;
  }
  return config;
}

std::optional<Relation> ConfigValue<Relation>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_scalar() && relation_name(node.text()) != node.text())
    return relations().plain(relation_name(node.text()));
  return read_kind_or_joined(relations(), node, errors);
}

Json ConfigValue<Relation>::schema() {
  Json schema = with_joined_words(relations().schema(), relations());
  for (const Renamed& name : kRenamed)
    schema["anyOf"].push_back(
        {{"const", name.was}, {"description", fmt::format("the former name of {}", name.is)}});
  return schema;
}

}  // namespace nf
