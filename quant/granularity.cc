#include "quant/granularity.h"

#include "core/config/scalar.h"

namespace nf {
namespace {

/// {auto: {...}}
struct AutoForm {
  AutoGroupsConfig config;

  static FieldTable<AutoForm> fields() {
    FieldTable<AutoForm> table;
    table.required("auto", &AutoForm::config,
                   {.summary = "groups that each matrix chooses", .example = Json::object()});
    return table;
  }
};

constexpr const char* kAdaptiveWords[] = {"adadim", "adaptive"};

/// {adaptive: 64} of adadim64, the shorthand's word, and of adaptive64, as tables print it.
std::optional<ConfigNode> adaptive_of(const ConfigNode& node) {
  if (!node.is_scalar()) return std::nullopt;
  for (const std::string word : kAdaptiveWords) {
    if (!node.text().starts_with(word)) continue;
    const std::string group = node.text().substr(word.size());
    if (!parse_integer(group)) continue;
    return ConfigNode::mapping(
               {{"adaptive", node.place(), ConfigNode::scalar(group, false, node.place())}},
               node.place())
        .with_path(node.path());
  }
  return std::nullopt;
}

}  // namespace

FieldTable<AdaptiveGroups> AdaptiveGroups::fields() {
  FieldTable<AdaptiveGroups> table;
  table.required("adaptive", &AdaptiveGroups::group,
                 {.summary = "values in a group", .range = at_least(1), .example = 64});
  table.optional("error_at", &AdaptiveGroups::error_at,
                 {.summary = "the output at which the two directions are compared"});
  return table;
}

FieldTable<AutoGroupsConfig> AutoGroupsConfig::fields() {
  FieldTable<AutoGroupsConfig> table;
  table.optional("coarsest", &AutoGroupsConfig::coarsest,
                 {.summary = "values in a group to begin with", .range = at_least(16)});
  table.optional("loss", &AutoGroupsConfig::loss,
                 {.summary = "halved, down to 16, while the relative error falls by more than this "
                             "part of it",
                  .range = between(0, 1)});
  return table;
}

std::optional<Granularity> ConfigValue<Granularity>::read(const ConfigNode& node,
                                                          ConfigErrors& errors) {
  const Index before = errors.count();
  Granularity granularity;
  if (node.is_mapping() && node.find("adaptive")) {
    granularity.adaptive = fields_of<AdaptiveGroups>().read(node, errors);
  } else if (node.is_mapping() && node.find("auto")) {
    granularity.automatic = fields_of<AutoForm>().read(node, errors).config;
  } else if (const std::optional<ConfigNode> mapping = adaptive_of(node)) {
    granularity.adaptive = fields_of<AdaptiveGroups>().read(*mapping, errors);
  } else {
    const std::optional<Unit> unit = ConfigValue<Unit>::read(node, errors);
    if (unit) granularity.unit = *unit;
  }
  return errors.count() == before ? std::optional(granularity) : std::nullopt;
}

Json ConfigValue<Granularity>::write(const Granularity& granularity) {
  if (granularity.adaptive) return fields_of<AdaptiveGroups>().write(*granularity.adaptive);
  if (granularity.automatic)
    return {{"auto", fields_of<AutoGroupsConfig>().write(*granularity.automatic)}};
  return ConfigValue<Unit>::write(granularity.unit);
}

std::string ConfigValue<Granularity>::type() {
  return ConfigValue<Unit>::type() +
         " | {adaptive: integer, error_at: block | site} | {auto: {coarsest: integer, loss: "
         "number}}";
}

Json ConfigValue<Granularity>::schema() {
  Json forms = ConfigValue<Unit>::schema();
  forms["anyOf"].push_back(fields_of<AdaptiveGroups>().schema());
  forms["anyOf"].push_back(fields_of<AutoForm>().schema());
  std::string words;
  for (const char* word : kAdaptiveWords) words += (words.empty() ? "" : "|") + std::string(word);
  forms["anyOf"].push_back({{"type", "string"}, {"pattern", "^(" + words + ")[1-9][0-9]*$"}});
  return forms;
}

}  // namespace nf
