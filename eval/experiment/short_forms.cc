#include "eval/experiment/short_forms.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/yaml_writer.h"
#include "eval/experiment/referred.h"
#include "eval/experiment/shorthand.h"
#include "perturb/relation.h"

namespace nf {
namespace {

void remember(const std::string& text, const std::vector<ConfigNode>& entries, ShortForms& forms) {
  Shorthand met{.text = text, .entries = {}};
  for (const ConfigNode& entry : entries) met.entries.push_back(to_json(entry));
  if (std::find(forms.shorthands.begin(), forms.shorthands.end(), met) == forms.shorthands.end())
    forms.shorthands.push_back(std::move(met));
}

/// Remembers the shorthands of what an entry on one tensor refers to. Their mistakes come up where
/// they are read.
void remember_referred(const ConfigNode& entry, SiteTensor tensor, const Kinds& kinds,
                       ShortForms& forms) {
  for (const ConfigNode& referred : referred_by(entry)) {
    std::optional<ConfigNode> config = referred;
    if (referred.is_scalar()) {
      ConfigErrors later;
      config = expand_referred(referred, tensor, kinds, later);
      if (config) remember(referred.text(), {*config}, forms);
    }
    if (config) remember_referred(*config, tensor, kinds, forms);
  }
}

/// The same, of an entry with its sites.
void remember_referred(const ConfigNode& entry, const Kinds& kinds, ShortForms& forms) {
  const std::optional<ConfigNode> sites = entry.find("sites");
  const std::optional<ConfigNode> tensor = sites ? sites->find("tensor") : std::nullopt;
  if (!tensor) return;
  remember_referred(entry, tensor->text() == "weight" ? SiteTensor::weight : SiteTensor::input,
                    kinds, forms);
}

/// A scalar below that names a relation by the name it had.
std::optional<ConfigNode> find_renamed(const ConfigNode& node) {
  for (const ConfigEntry& entry : node.entries()) {
    const ConfigNode& value = entry.value;
    if (entry.key == "relation" && value.is_scalar() && relation_name(value.text()) != value.text())
      return value;
    if (std::optional<ConfigNode> found = find_renamed(value)) return found;
  }
  return std::nullopt;
}

/// The entry once for each of the tensors of its sites.
std::vector<ConfigNode> split_tensors(const ConfigNode& entry, ConfigErrors& errors) {
  const std::optional<ConfigNode> sites = entry.find("sites");
  const std::optional<ConfigNode> tensor = sites ? sites->find("tensor") : std::nullopt;
  if (!tensor || !tensor->is_sequence()) return {entry};
  std::vector<ConfigNode> split;
  std::vector<std::string> seen;
  for (const ConfigNode& one : tensor->items()) {
    if (std::find(seen.begin(), seen.end(), one.text()) != seen.end())
      errors.add(one, fmt::format("'{}' stands here twice", one.text()));
    seen.push_back(one.text());
    std::vector<ConfigEntry> of_sites = sites->entries(), entries = entry.entries();
    for (ConfigEntry& key : of_sites)
      if (key.key == "tensor") key.value = one;
    for (ConfigEntry& key : entries)
      if (key.key == "sites") key.value = ConfigNode::mapping(of_sites, sites->place());
    split.push_back(ConfigNode::mapping(std::move(entries), entry.place()).with_path(entry.path()));
  }
  if (split.empty()) errors.add(*tensor, "needs at least one tensor");
  return split;
}

}  // namespace

std::vector<Defaults::Filled> written_out(const ConfigNode& item, const Variables& variables,
                                          const Kinds& kinds, ShortForms& forms,
                                          ConfigErrors& errors) {
  std::vector<ConfigNode> entries = {item};
  if (item.is_scalar()) {
    std::optional<std::vector<ConfigNode>> expanded = expand_shorthand(item, kinds, errors);
    if (!expanded) return {};
    entries = std::move(*expanded);
    remember(item.text(), entries, forms);
  }
  std::vector<Defaults::Filled> result;
  for (const ConfigNode& entry : entries) {
    const Defaults::Filled filled = forms.defaults.fill_tensor(entry, variables);
    for (const ConfigNode& one : split_tensors(filled.entry, errors)) {
      remember_referred(one, kinds, forms);
      result.push_back({one, filled.taken});
    }
  }
  return result;
}

void warn_of_renamed(const ConfigNode& entry, ShortForms& forms) {
  const std::optional<ConfigNode> found = find_renamed(entry);
  if (!found || !forms.renamed.insert(found->text()).second) return;
  forms.warnings.push_back(fmt::format("{}: '{}' is called '{}' now; it stays the same trial",
                                       found->where(), found->text(),
                                       relation_name(found->text())));
}

std::string shorthand_text(const std::vector<Shorthand>& shorthands) {
  std::string text;
  for (const Shorthand& shorthand : shorthands) {
    text += fmt::format("# {} stands for\n", shorthand.text);
    for (const Json& entry : shorthand.entries)
      text += fmt::format("#   {}\n", to_flow_yaml(entry));
  }
  return text;
}

}  // namespace nf
