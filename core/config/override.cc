#include "core/config/override.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/byte_text.h"
#include "core/base/printable.h"
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

/// A step of a key: `a`, `[0]` or `"a.b"`.
struct Step {
  enum class Kind { plain, bracket, quoted } kind = Kind::plain;
  std::string text;
  std::string_view rest;  ///< of the key behind it, without the '.' between them
};

/// True where a key may begin with a quoted step there: an apostrophe within a word is none.
bool opens_quotes(std::string_view key, std::size_t at) {
  return (key[at] == '"' || key[at] == '\'') &&
         (at == 0 || key[at - 1] == '.' || key[at - 1] == '[');
}

/// Where the quotes close that open at `at`; npos: nowhere.
std::size_t closing_quote(std::string_view key, std::size_t at) {
  return key.find(key[at], at + 1);
}

/// The key behind a step that ends at `end`.
std::string_view behind(std::string_view key, std::size_t end, const ConfigPlace& option) {
  const std::string_view rest = key.substr(std::min(end, key.size()));
  if (rest == ".") fail(option, "a step of the key is empty; write it like trials.0.seed");
  return rest.substr(rest.starts_with('.') ? 1 : 0);
}

Step first_step(std::string_view key, const ConfigPlace& option) {
  const bool in_bracket = key.starts_with('[');
  const std::size_t begin = in_bracket ? 1 : 0;
  Step step;
  std::size_t end = begin;
  if (begin < key.size() && opens_quotes(key, begin)) {
    end = closing_quote(key, begin);
    if (end == std::string_view::npos) fail(option, "a quote is not closed");
    step.kind = Step::Kind::quoted;
    step.text = key.substr(begin + 1, end - begin - 1);
    ++end;
  } else {
    end = std::min(key.find_first_of(in_bracket ? "]" : ".[", begin), key.size());
    if (in_bracket) step.kind = Step::Kind::bracket;
    step.text = key.substr(begin, end - begin);
  }
  if (in_bracket) ++end;  // the ']'
  if (step.text.empty()) fail(option, "a step of the key is empty; write it like trials.0.seed");
  step.rest = behind(key, end, option);
  return step;
}

/// Throws ConfigError where a key does not consist of steps.
void check_key(std::string_view key, const ConfigPlace& option) {
  do {
    key = first_step(key, option).rest;
  } while (!key.empty());
}

std::string where_in_tree(const ConfigNode& node) {
  return node.path().empty() ? "the top level" : fmt::format("'{}'", node.path());
}

ConfigNode replaced(const ConfigNode& node, std::string_view key, const ConfigNode& value);

/// The names of a list's items, by item; empty: it has none.
std::vector<std::string> item_names(const std::vector<ConfigNode>& items) {
  std::vector<std::string> names;
  for (const ConfigNode& item : items) {
    const std::optional<ConfigNode> name =
        item.is_mapping() ? item.find("name") : std::optional<ConfigNode>();
    names.push_back(name && name->is_scalar() ? name->text() : "");
  }
  return names;
}

/// The name that a key begins with, whole: names may have dots, and the longest is meant.
std::string longest_name(std::string_view key, const std::vector<std::string>& names) {
  std::string longest;
  for (const std::string& name : names)
    if (name.size() > longest.size() && key.starts_with(name) &&
        (key.size() == name.size() || key[name.size()] == '.' || key[name.size()] == '['))
      longest = name;
  return longest;
}

/// "its items are 0 to 2; did you mean 'w4'?"
std::string known_items(const std::vector<std::string>& names, const std::string& wanted) {
  if (names.empty()) return "it is empty";
  std::vector<std::string> known;
  std::copy_if(names.begin(), names.end(), std::back_inserter(known),
               [](const std::string& name) { return !name.empty(); });
  return fmt::format("its items are 0 to {}{}", names.size() - 1,
                     known.empty() ? "" : suggestion(wanted, known));
}

/// The item that a step means, by its number or its name, and what is left of the key behind it.
std::pair<std::size_t, std::string_view> find_item(const ConfigNode& list, std::string_view key,
                                                   const ConfigPlace& option) {
  Step step = first_step(key, option);
  const std::vector<std::string> names = item_names(list.items());
  std::optional<Index> number =
      step.kind == Step::Kind::quoted ? std::nullopt : parse_integer(step.text);
  if (number && (*number < 0 || *number >= std::ssize(names))) number.reset();
  if (step.kind == Step::Kind::plain) {
    if (const std::string name = longest_name(key, names); !name.empty()) {
      if (name != step.text) number.reset();  // the number was the name's beginning
      step.text = name;
      step.rest = behind(key, name.size(), option);
    }
  }
  const auto has_name = [&](const std::string& name) { return name == step.text; };
  const auto named = step.kind == Step::Kind::bracket && number
                         ? names.end()
                         : std::find_if(names.begin(), names.end(), has_name);
  if (named == names.end()) {
    if (number) return {static_cast<std::size_t>(*number), step.rest};
    fail(option, fmt::format("{} is a list and has no item '{}'; {}", where_in_tree(list),
                             step.text, known_items(names, step.text)));
  }
  const Index found = named - names.begin();
  if (number && *number != found)
    fail(option,
         fmt::format("'{0}' is the number of one item of {1} and the name of another; write "
                     "{2}[{0}] for the number, {2}.\"{0}\" for the name",
                     step.text, where_in_tree(list), list.path()));
  if (const auto twin = std::find_if(named + 1, names.end(), has_name); twin != names.end())
    fail(option, fmt::format("items {} and {} of {} are both called '{}'; say which by its number, "
                             "or give one another name",
                             found, twin - names.begin(), where_in_tree(list), step.text));
  return {static_cast<std::size_t>(found), step.rest};
}

ConfigNode replaced_item(const ConfigNode& list, std::string_view key, const ConfigNode& value) {
  const auto [number, rest] = find_item(list, key, value.place());
  std::vector<ConfigNode> items = list.items();
  items[number] = replaced(items[number], rest, value);
  return ConfigNode::sequence(std::move(items), list.place());
}

ConfigNode replaced_entry(const ConfigNode& mapping, std::string_view key,
                          const ConfigNode& value) {
  const Step step = first_step(key, value.place());
  std::vector<ConfigEntry> entries = mapping.entries();
  std::vector<std::string> known;
  for (ConfigEntry& entry : entries) {
    known.push_back(entry.key);
    if (entry.key != step.text) continue;
    entry.value = replaced(entry.value, step.rest, value);
    return ConfigNode::mapping(std::move(entries), mapping.place());
  }
  if (!step.rest.empty()) {
    fail(value.place(), fmt::format("{} has no key '{}'{}", where_in_tree(mapping), step.text,
                                    suggestion(step.text, known)));
  }
  entries.push_back({step.text, value.place(), value});
  return ConfigNode::mapping(std::move(entries), mapping.place());
}

/// `node` with `value` put where `key` leads.
ConfigNode replaced(const ConfigNode& node, std::string_view key, const ConfigNode& value) {
  if (key.empty()) return value;
  if (node.is_sequence()) return replaced_item(node, key, value);
  if (node.is_mapping()) return replaced_entry(node, key, value);
  fail(value.place(),
       fmt::format("{} is {}; there is nothing to set in it", where_in_tree(node), describe(node)));
}

/// Where the key of KEY=VALUE ends: the first '=' outside of quotes; npos: nowhere.
std::size_t key_end(const std::string& assignment) {
  for (std::size_t at = 0; at < assignment.size(); ++at) {
    if (assignment[at] == '=') return at;
    if (!opens_quotes(assignment, at)) continue;
    const std::size_t end = closing_quote(assignment, at);
    if (end != std::string::npos) at = end;
  }
  return std::string::npos;
}

}  // namespace

ConfigNode with_override(const ConfigNode& root, const std::string& key, const std::string& value,
                         const std::string& directory) {
  const std::string name = fmt::format("--set {}", key);
  const ConfigPlace option = {.source = fmt::format("{}={}", name, printable(value)),
                              .directory = directory};
  check_key(key, option);
  if (value.find_first_not_of(" \t\n") == std::string::npos) {
    fail(option, "the value is missing; write \"\" for an empty text");
  }
  ConfigErrors errors;
  // In a list of one, the value is read by the rules of flow style, and null is a value like any
  // other.
  const ConfigNode list = parse_yaml(fmt::format("[{}]", value), name, errors);
  errors.throw_if_any();
  if (list.items().size() != 1) fail(option, "several values; write a list as [a, b]");
  return replaced(root, key, list.items().front().relocated(option)).with_path(root.path());
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
  const std::size_t equals = key_end(assignment);
  if (equals == std::string::npos) {
    throw ConfigError(fmt::format("--set {}: write it as KEY=VALUE", assignment));
  }
  return with_override(root, assignment.substr(0, equals), assignment.substr(equals + 1),
                       directory);
}

}  // namespace nf
