#include "core/config/override.h"

#include <fmt/format.h>

#include <span>
#include <utility>
#include <vector>

#include "core/base/byte_text.h"
#include "core/base/suggest.h"
#include "core/base/utf8.h"
#include "core/config/config_errors.h"
#include "core/config/scalar.h"
#include "core/config/yaml_reader.h"

namespace nf {
namespace {

[[noreturn]] void fail(const ConfigPlace& option, const std::string& cause) {
  throw ConfigError(fmt::format("{}: {}", option.str(), cause));
}

/// "a.b[0].c" or "a.b.0.c" as its steps a, b, 0, c.
std::vector<std::string> split_key(const std::string& key, const ConfigPlace& option) {
  std::vector<std::string> steps(1);
  for (const char c : key) {
    if (c == '.' || c == '[') {
      steps.emplace_back();
    } else if (c != ']') {
      steps.back() += c;
    }
  }
  for (const std::string& step : steps) {
    if (step.empty()) fail(option, "a step of the key is empty; write it like trials.0.seed");
  }
  return steps;
}

std::string where_in_tree(const ConfigNode& node) {
  return node.path().empty() ? "the top level" : fmt::format("'{}'", node.path());
}

ConfigNode replaced(const ConfigNode& node, std::span<const std::string> steps,
                    const ConfigNode& value);

ConfigNode replaced_item(const ConfigNode& list, std::span<const std::string> steps,
                         const ConfigNode& value) {
  std::vector<ConfigNode> items = list.items();
  const std::optional<Index> index = parse_integer(steps[0]);
  if (!index || *index < 0 || *index >= static_cast<Index>(items.size())) {
    const std::string known =
        items.empty() ? "it is empty" : fmt::format("its items are 0 to {}", items.size() - 1);
    fail(value.place(), fmt::format("{} is a list and has no item '{}'; {}", where_in_tree(list),
                                    steps[0], known));
  }
  ConfigNode& item = items[static_cast<std::size_t>(*index)];
  item = replaced(item, steps.subspan(1), value);
  return ConfigNode::sequence(std::move(items), list.place());
}

ConfigNode replaced_entry(const ConfigNode& mapping, std::span<const std::string> steps,
                          const ConfigNode& value) {
  std::vector<ConfigEntry> entries = mapping.entries();
  std::vector<std::string> known;
  for (ConfigEntry& entry : entries) {
    known.push_back(entry.key);
    if (entry.key != steps[0]) continue;
    entry.value = replaced(entry.value, steps.subspan(1), value);
    return ConfigNode::mapping(std::move(entries), mapping.place());
  }
  if (steps.size() > 1) {
    fail(value.place(), fmt::format("{} has no key '{}'{}", where_in_tree(mapping), steps[0],
                                    suggestion(steps[0], known)));
  }
  entries.push_back({steps[0], value.place(), value});
  return ConfigNode::mapping(std::move(entries), mapping.place());
}

/// `node` with `value` put where `steps` lead.
ConfigNode replaced(const ConfigNode& node, std::span<const std::string> steps,
                    const ConfigNode& value) {
  if (steps.empty()) return value;
  if (node.is_sequence()) return replaced_item(node, steps, value);
  if (node.is_mapping()) return replaced_entry(node, steps, value);
  fail(value.place(),
       fmt::format("{} is {}; there is nothing to set in it", where_in_tree(node), describe(node)));
}

}  // namespace

ConfigNode with_override(const ConfigNode& root, const std::string& key, const std::string& value,
                         const std::string& directory) {
  const ConfigPlace option = {.source = fmt::format("--set {}", key), .directory = directory};
  const std::vector<std::string> steps = split_key(key, option);
  if (value.find_first_not_of(" \t\n") == std::string::npos) {
    fail(option, "the value is missing; write \"\" for an empty text");
  }
  ConfigErrors errors;
  // In a list of one, the value is read by the rules of flow style, and null is a value like any
  // other.
  const ConfigNode list = parse_yaml(fmt::format("[{}]", value), option.source, errors);
  errors.throw_if_any();
  if (list.items().size() != 1) fail(option, "several values; write a list as [a, b]");
  return replaced(root, steps, list.items().front().relocated(option)).with_path(root.path());
}

ConfigNode with_override(const ConfigNode& root, const std::string& assignment) {
  return with_earlier_override(root, assignment, {});
}

ConfigNode with_earlier_override(const ConfigNode& root, const std::string& assignment,
                                 const std::string& directory) {
  if (const std::optional<Index> bad = find_invalid_utf8(assignment)) {
    throw ConfigError(fmt::format("--set {}: byte {} does not belong to UTF-8 text",
                                  byte_text(assignment), *bad + 1));
  }
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos) {
    throw ConfigError(fmt::format("--set {}: write it as KEY=VALUE", assignment));
  }
  return with_override(root, assignment.substr(0, equals), assignment.substr(equals + 1),
                       directory);
}

}  // namespace nf
