#include "core/config/substitute.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <utility>
#include <vector>

#include "core/base/suggest.h"

namespace nf {
namespace {

/// A text cut at its references: pieces of plain text and, after each but the last, a variable's
/// name.
struct Template {
  std::vector<std::string> texts;  ///< one more than names
  std::vector<std::string> names;

  bool is_one_reference() const {
    return names.size() == 1 && texts.front().empty() && texts.back().empty();
  }
};

Template split(const std::string& text) {
  Template result;
  std::size_t from = 0;
  for (;;) {
    const std::size_t open = text.find("${", from);
    const std::size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) break;
    result.texts.push_back(text.substr(from, open - from));
    result.names.push_back(text.substr(open + 2, close - open - 2));
    from = close + 1;
  }
  result.texts.push_back(text.substr(from));
  return result;
}

/// The same tree with `change` applied to every scalar.
ConfigNode map_scalars(const ConfigNode& node,
                       const std::function<ConfigNode(const ConfigNode&)>& change) {
  switch (node.kind()) {
    case ConfigNode::Kind::null:
      return node;
    case ConfigNode::Kind::scalar:
      return change(node);
    case ConfigNode::Kind::sequence: {
      std::vector<ConfigNode> items = node.items();
      for (ConfigNode& item : items) item = map_scalars(item, change);
      return ConfigNode::sequence(std::move(items), node.place());
    }
    case ConfigNode::Kind::mapping:
      break;
  }
  std::vector<ConfigEntry> entries = node.entries();
  for (ConfigEntry& entry : entries) entry.value = map_scalars(entry.value, change);
  return ConfigNode::mapping(std::move(entries), node.place());
}

std::string unknown_variable(const std::string& name, const Variables& variables) {
  const std::string begin = fmt::format("\"${{{}}}\" stands for a variable, but ", name);
  if (variables.empty())
    return fmt::format("{}none is defined here; sweep: {{{}: [...]}} in the trial defines it",
                       begin, name);
  std::vector<std::string> names;
  for (const auto& [known, value] : variables) names.push_back(known);
  return fmt::format("{}only {} {} defined here{}", begin, fmt::join(names, ", "),
                     names.size() == 1 ? "is" : "are", did_you_mean(name, names));
}

/// One scalar with its references replaced; unchanged after an error.
ConfigNode substitute_scalar(const ConfigNode& node, const Variables& variables,
                             ConfigErrors& errors) {
  const Template parts = split(node.text());
  if (parts.names.empty()) return node;
  std::string text = parts.texts.front();
  for (std::size_t i = 0; i < parts.names.size(); ++i) {
    const std::string& name = parts.names[i];
    const auto variable = variables.find(name);
    if (variable == variables.end()) {
      errors.add(node, unknown_variable(name, variables));
      errors.mute(node);
      return node;
    }
    const ConfigNode& value = variable->second;
    if (parts.is_one_reference()) return value.relocated(node.place());
    if (!value.is_scalar()) {
      errors.add(node, fmt::format("variable '{}' is {} and cannot stand inside a text", name,
                                   describe(value)));
      return node;
    }
    text += value.text() + parts.texts[i + 1];
  }
  return ConfigNode::scalar(std::move(text), node.is_quoted(), node.place());
}

}  // namespace

ConfigNode substitute(const ConfigNode& node, const Variables& variables, ConfigErrors& errors) {
  return map_scalars(
             node,
             [&](const ConfigNode& scalar) { return substitute_scalar(scalar, variables, errors); })
      .with_path(node.path());
}

std::set<std::string> collect_variables(const ConfigNode& node) {
  std::set<std::string> names;
  map_scalars(node, [&](const ConfigNode& scalar) {
    for (std::string& name : split(scalar.text()).names) names.insert(std::move(name));
    return scalar;
  });
  return names;
}

}  // namespace nf
