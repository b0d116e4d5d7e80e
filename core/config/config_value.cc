#include "core/config/config_value.h"

#include <algorithm>

#include "core/config/scalar.h"

namespace nf {
namespace {

/// A hint for a number that cannot be read although it looks like one.
std::string number_hint(const ConfigNode& node, bool integer) {
  const std::string& text = node.text();
  if (node.is_quoted()) return parse_number(text) ? "remove the quotes" : "";
  if (integer && parse_number(text)) return "only whole numbers of up to 64 bits fit here";
  const std::size_t first_nonzero = text.find_first_not_of("+-0");
  if (first_nonzero != std::string::npos && first_nonzero > 0 &&
      parse_number(text.substr(first_nonzero))) {
    return "write it without leading zeros";
  }
  return "";
}

/// Whether it is "7" or "4-6": flow style leaves that of a list of layers, split at its commas.
bool is_bare_number_or_span(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return parse_integer(text).has_value();
  return parse_integer(text.substr(0, dash)) && parse_integer(text.substr(dash + 1));
}

/// The items of a list that flow style has split, beginning with the value of entries[first]: the
/// entries after it that are bare numbers without values. One item when nothing was split.
std::vector<std::string> split_list(const std::vector<ConfigEntry>& entries, std::size_t first) {
  std::vector<std::string> items = {entries[first].value.text()};
  for (std::size_t i = first + 1; i < entries.size(); ++i) {
    if (!entries[i].value.is_null() || !is_bare_number_or_span(entries[i].key)) break;
    items.push_back(entries[i].key);
  }
  return items;
}

/// "write {kl: 0.05} or {delta_nll: ...}": a number that stands alone goes with the first key.
std::string form_hint(const ConfigNode& node, const std::vector<std::string>& names) {
  const bool is_number =
      node.is_scalar() && !node.is_quoted() && parse_number(node.text()).has_value();
  std::string hint = "write ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) hint += i + 1 < names.size() ? ", " : " or ";
    hint += fmt::format("{{{}: {}}}", names[i], i == 0 && is_number ? node.text() : "...");
  }
  return hint;
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

/// A hint for a text that is or resembles a reference to a variable, "${r}".
std::string variable_hint(std::string_view text) {
  if (text.find("${") != std::string_view::npos)
    return "variables have values in the entries of a trial alone";
  std::string_view name = text;
  if (name.starts_with('$')) name.remove_prefix(1);
  if (name.starts_with('{') && name.ends_with('}')) name = name.substr(1, name.size() - 2);
  if (name.size() == text.size() || !is_name(name)) return "";
  return fmt::format("a variable is written \"${{{}}}\"", name);
}

std::string unknown_key_hint(const ConfigEntry& entry, const std::vector<std::string>& names,
                             const std::vector<OtherKey>& others) {
  if (entry.value.is_null() && entry.key.find(':') != std::string::npos)
    return "; a space is missing after the ':'";
  for (const OtherKey& other : others)
    if (other.key == entry.key) return "; write " + other.instead;
  const std::string meant = did_you_mean(entry.key, names);
  return meant.empty() ? suggestion(entry.key, names) : meant;
}

std::vector<std::string> names_of(const std::vector<Choice>& words) {
  std::vector<std::string> names;
  for (const Choice& word : words) names.push_back(word.name);
  return names;
}

}  // namespace

void add_unreadable(const ConfigNode& node, std::string_view wanted, std::string_view hint,
                    ConfigErrors& errors) {
  const std::string all_hints = hint.empty() ? variable_hint(node.text()) : std::string(hint);
  errors.add(node, fmt::format("cannot read {} as {}{}{}", describe(node), wanted,
                               all_hints.empty() ? "" : "; ", all_hints));
}

std::string choice_suggestion(std::string_view name, const std::vector<Choice>& known) {
  const std::string variable = variable_hint(name);
  if (!variable.empty()) return "; " + variable;
  std::string meant = did_you_mean(name, names_of(known));
  if (!meant.empty() || known.empty()) return meant;
  std::vector<std::string> words;
  for (const Choice& word : known)
    words.push_back(word.summary.empty() ? word.name
                                         : fmt::format("{} ({})", word.name, word.summary));
  return fmt::format("; known: {}", fmt::join(words, ", "));
}

std::optional<double> ConfigValue<double>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_scalar() && !node.is_quoted()) {
    if (const auto value = parse_number(node.text())) return value;
  }
  add_unreadable(node, "a number", number_hint(node, false), errors);
  return std::nullopt;
}

std::optional<Index> ConfigValue<Index>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_scalar() && !node.is_quoted()) {
    if (const auto value = parse_integer(node.text())) return value;
  }
  add_unreadable(node, "an integer", number_hint(node, true), errors);
  return std::nullopt;
}

std::optional<bool> ConfigValue<bool>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_scalar() && !node.is_quoted()) {
    if (const auto value = parse_bool(node.text())) return value;
  }
  const std::optional<bool> meant = meant_bool(node.text());
  add_unreadable(node, "true or false", meant ? fmt::format("write {}", *meant) : "", errors);
  return std::nullopt;
}

std::optional<std::string> ConfigValue<std::string>::read(const ConfigNode& node,
                                                          ConfigErrors& errors) {
  if (node.is_scalar()) return node.text();
  add_unreadable(node, "text", "", errors);
  return std::nullopt;
}

std::optional<std::size_t> read_word(const ConfigNode& node, const std::vector<Choice>& words,
                                     ConfigErrors& errors) {
  if (!node.is_scalar()) {
    add_unreadable(node, words_type(words), "", errors);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < words.size(); ++i)
    if (node.text() == words[i].name) return i;
  errors.add(node, fmt::format("unknown value {}{}", describe(node),
                               choice_suggestion(node.text(), words)));
  return std::nullopt;
}

std::string words_type(const std::vector<Choice>& words) {
  return fmt::format("{}", fmt::join(names_of(words), " | "));
}

Json words_schema(const std::vector<Choice>& words) {
  Json forms = Json::array();
  for (const Choice& word : words)
    forms.push_back({{"const", word.name}, {"description", word.summary}});
  return {{"oneOf", std::move(forms)}};
}

std::optional<ConfigEntry> read_single_key(const ConfigNode& node,
                                           const std::vector<std::string>& names,
                                           ConfigErrors& errors) {
  if (!node.is_mapping()) {
    add_unreadable(node, "a mapping", form_hint(node, names), errors);
    return std::nullopt;
  }
  const Index before = errors.count();
  check_unknown_keys(node, names, errors);
  if (errors.count() != before) return std::nullopt;
  const std::vector<ConfigEntry> entries = node.entries();
  if (entries.size() != 1) {
    errors.add(node, fmt::format("needs exactly one of: {}", fmt::join(names, ", ")));
    return std::nullopt;
  }
  return entries.front();
}

void check_unknown_keys(const ConfigNode& node, const std::vector<std::string>& names,
                        ConfigErrors& errors, const std::vector<OtherKey>& others) {
  if (!node.is_mapping()) {
    add_unreadable(node, "a mapping", "", errors);
    return;
  }
  const std::vector<ConfigEntry> entries = node.entries();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string& key = entries[i].key;
    if (std::find(names.begin(), names.end(), key) == names.end())
      errors.add(
          entries[i].key_place, node.path(),
          fmt::format("unknown key '{}'{}", key, unknown_key_hint(entries[i], names, others)));
    if (!entries[i].value.is_scalar()) continue;
    const std::vector<std::string> items = split_list(entries, i);
    if (items.size() == 1) continue;
    errors.add(entries[i + 1].key_place, node.path(),
               fmt::format("unknown key '{}'; a list in flow style needs brackets: [{}], or "
                           "quotes: \"{}\"",
                           items[1], fmt::join(items, ", "), fmt::join(items, ",")));
    i += items.size() - 1;
  }
}

}  // namespace nf
