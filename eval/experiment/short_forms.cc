#include "eval/experiment/short_forms.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config/yaml_writer.h"
#include "eval/experiment/shorthand.h"

namespace nf {
namespace {

void remember(const std::string& text, const std::vector<ConfigNode>& entries, ShortForms& forms) {
  Shorthand met{.text = text, .entries = {}};
  for (const ConfigNode& entry : entries) met.entries.push_back(to_json(entry));
  if (std::find(forms.shorthands.begin(), forms.shorthands.end(), met) == forms.shorthands.end())
    forms.shorthands.push_back(std::move(met));
}

/// Remembers the quantizers of an entry on one tensor. Their mistakes come up where they are read.
void remember_quantizers(const ConfigNode& entry, ShortForms& forms) {
  const std::optional<ConfigNode> sites = entry.find("sites"), strength = entry.find("strength");
  const std::optional<ConfigNode> tensor = sites ? sites->find("tensor") : std::nullopt;
  if (!tensor) return;
  for (const std::optional<ConfigNode>& quantizer :
       {strength ? strength->find("match") : std::nullopt, entry.find("reference")}) {
    if (!quantizer || !quantizer->is_scalar()) continue;
    ConfigErrors later;
    const std::optional<ConfigNode> config = expand_quantizer(
        *quantizer, tensor->text() == "weight" ? SiteTensor::weight : SiteTensor::input, later);
    if (config) remember(quantizer->text(), {*config}, forms);
  }
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
      remember_quantizers(one, forms);
      result.push_back({one, filled.taken});
    }
  }
  return result;
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
