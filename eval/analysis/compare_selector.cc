#include "eval/analysis/compare_selector.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/output/csv.h"
#include "eval/output/short_list.h"
#include "eval/output/table.h"
#include "eval/records/point_values.h"

namespace nf {
namespace {

void add_new(const std::string& text, std::vector<std::string>& texts) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

/// The longest name that the text begins with, followed by a separator.
std::string name_before_values(const std::string& text, const std::vector<std::string>& names) {
  std::string longest;
  for (const std::string& name : names)
    if (text.size() > name.size() && text.starts_with(name) &&
        (text[name.size()] == ':' || text[name.size()] == ' ') && name.size() > longest.size())
      longest = name;
  return longest;
}

/// "bits=3,g=64" by variable; whole: the selector, for messages.
std::map<std::string, std::string> split_values(const std::string& text, const std::string& whole,
                                                const std::vector<std::string>& variables) {
  const std::optional<PointValues> point = split_point_values(text, variables);
  if (!point)
    throw ConfigError(fmt::format("{}: expected NAME:VARIABLE=VALUE,VARIABLE=VALUE", whole));
  if (!point->twice.empty())
    throw ConfigError(
        fmt::format("{}: variable '{}' is there twice", whole, printable(point->twice)));
  return point->values;
}

std::vector<std::string> variables_of(const std::string& trial, const std::vector<RowKey>& keys) {
  std::vector<std::string> variables;
  for (const RowKey& key : keys)
    if (key.name == trial)
      for (const auto& [name, value] : key.vars.items()) add_new(name, variables);
  return variables;
}

/// "w4*:bits=3" in two: the pattern of names and ":bits=3", its values.
struct NamePattern {
  std::string names, values;
  std::vector<std::string> matched{};
};

/// The names that the pattern, or what stands in it before values, matches; none where it is none.
NamePattern match_names(const std::string& text, const std::vector<std::string>& names) {
  for (std::size_t end = text.size(); end != std::string::npos;
       end = end == 0 ? std::string::npos : text.find_last_of(": ", end - 1)) {
    NamePattern pattern{.names = text.substr(0, end), .values = text.substr(end)};
    if (pattern.names.find_first_of("*?[") == std::string::npos) return {};
    for (const std::string& name : names)
      if (::fnmatch(pattern.names.c_str(), name.c_str(), 0) == 0) pattern.matched.push_back(name);
    if (!pattern.matched.empty()) return pattern;
  }
  return {};
}

bool is_same(const TrialSelector& a, const TrialSelector& b) {
  return a.name == b.name && a.values == b.values;
}

/// The trials of a pattern, each narrowed by the values behind it where it has such points.
std::vector<TrialSelector> parse_pattern(const NamePattern& pattern,
                                         const std::vector<RowKey>& keys) {
  std::vector<TrialSelector> selectors;
  std::string first_error;
  for (const std::string& name : pattern.matched) {
    try {
      selectors.push_back(parse_trial_selector(name + pattern.values, keys));
    } catch (const ConfigError& error) {
      if (first_error.empty()) first_error = error.what();
    }
  }
  if (selectors.empty()) throw ConfigError(first_error);
  return selectors;
}

std::vector<std::string> values_of(const std::string& trial, const std::string& variable,
                                   const std::vector<RowKey>& keys) {
  std::vector<std::string> values;
  for (const RowKey& key : keys)
    if (key.name == trial && key.vars.contains(variable))
      add_new(printable(csv_value(key.vars.at(variable))), values);
  return values;
}

/// Whether each of several values of a variable, "4,5", is one of a point: one that is not is a
/// mistake, which the others would hide.
bool selects_each_choice(const TrialSelector& selector, const std::vector<RowKey>& keys) {
  return std::all_of(selector.values.begin(), selector.values.end(), [&](const auto& wanted) {
    std::vector<Json> values;
    for (const RowKey& key : keys)
      if (key.name == selector.name && key.vars.contains(wanted.first))
        values.push_back(key.vars.at(wanted.first));
    const auto is_any = [&values](const std::string& text) {
      return std::any_of(values.begin(), values.end(),
                         [&text](const Json& value) { return means_value(text, value); });
    };
    if (std::any_of(values.begin(), values.end(), [&](const Json& value) {
          return csv_value(value) == wanted.second;  // a text with commas
        }))
      return true;
    const std::vector<std::string> choices = value_choices(wanted.second);
    return std::all_of(choices.begin(), choices.end(), is_any);
  });
}

}  // namespace

bool TrialSelector::selects(const RowKey& key) const {
  if (key.name != name) return false;
  return std::all_of(values.begin(), values.end(), [&key](const auto& wanted) {
    const auto found = key.vars.find(wanted.first);
    return found != key.vars.end() && means_value(wanted.second, *found);
  });
}

bool is_selected(const std::vector<TrialSelector>& selectors, const RowKey& key) {
  return std::any_of(selectors.begin(), selectors.end(),
                     [&key](const TrialSelector& selector) { return selector.selects(key); });
}

std::vector<std::string> trial_names(const std::vector<RowKey>& keys) {
  std::vector<std::string> names;
  for (const RowKey& key : keys)
    if (key.name != "baseline" && !is_floor(key)) add_new(key.name, names);
  return names;
}

TrialSelector parse_trial_selector(const std::string& given, const std::vector<RowKey>& keys) {
  const std::vector<std::string> names = trial_names(keys);
  if (given == "baseline")
    throw ConfigError("baseline: statistics.csv compares every trial with it; name other trials");
  if (std::find(names.begin(), names.end(), given) != names.end())
    return {.text = given, .name = given};
  const std::string text = without_notes(given);
  TrialSelector selector{.text = given, .name = text};
  if (std::find(names.begin(), names.end(), text) != names.end()) return selector;
  if (text == kFloorName)
    throw ConfigError("floor: is no trial but column kl_floor of results.csv; name trials");
  selector.name = name_before_values(text, names);
  if (selector.name.empty()) {
    const std::string name = text.substr(0, text.find(':'));
    throw ConfigError(fmt::format("{}: the folder has no trial of that name{}", printable(text),
                                  suggestion(name, names)));
  }
  const std::string values = text.substr(selector.name.size() + 1);
  const std::vector<std::string> variables = variables_of(selector.name, keys);
  const auto selects_something = [&] {
    return std::any_of(keys.begin(), keys.end(),
                       [&selector](const RowKey& key) { return selector.selects(key); });
  };
  // A value may hold what looks like a variable: "noise=gaussian l2=0.1".
  selector.values = split_values(values, printable(text), variables);
  if (selects_something() && selects_each_choice(selector, keys)) return selector;
  selector.values = split_values(values, printable(text), {});
  for (const auto& [name, value] : selector.values)
    if (std::find(variables.begin(), variables.end(), name) == variables.end())
      throw ConfigError(fmt::format(
          "{}: trial '{}' has no variable '{}'{}", printable(text), printable(selector.name),
          printable(name), variables.empty() ? ", it is no sweep" : suggestion(name, variables)));
  if (!selects_something() || !selects_each_choice(selector, keys)) {
    std::vector<std::string> known;
    for (const auto& [name, value] : selector.values)
      known.push_back(fmt::format(
          "{} is {}", name, short_list(values_of(selector.name, name, keys), ", ", "points")));
    throw ConfigError(fmt::format("{}: trial '{}' has no such point; {}", printable(text),
                                  printable(selector.name), fmt::join(known, "; ")));
  }
  return selector;
}

std::vector<TrialSelector> parse_trial_selectors(const std::vector<std::string>& given,
                                                 const std::vector<RowKey>& keys) {
  const std::vector<std::string> names = trial_names(keys);
  std::vector<TrialSelector> selectors;
  for (const std::string& text : given) {
    const bool is_name = std::find(names.begin(), names.end(), text) != names.end();
    const NamePattern pattern = is_name ? NamePattern{} : match_names(text, names);
    if (pattern.matched.empty()) {
      selectors.push_back(parse_trial_selector(text, keys));
      continue;
    }
    for (TrialSelector& one : parse_pattern(pattern, keys))
      if (std::none_of(selectors.begin(), selectors.end(),
                       [&one](const TrialSelector& before) { return is_same(before, one); }))
        selectors.push_back(std::move(one));
  }
  return selectors;
}

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("_-+=.,:/%@").find(c) != std::string_view::npos;
  });
  if (plain) return text;
  std::string word = "'";
  for (const char c : printable(text)) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string list_trials(const std::vector<RowKey>& keys) {
  const std::vector<std::string> names = trial_names(keys);
  Index width = 0;
  for (const std::string& name : names) width = std::max(width, display_width(shell_word(name)));
  std::string text;
  for (const std::string& name : names) {
    std::vector<std::string> notes;
    for (const std::string& variable : variables_of(name, keys))
      notes.push_back(fmt::format("{}={}", printable(variable),
                                  short_list(values_of(name, variable, keys), "|", "points")));
    std::vector<std::string> seeds;
    for (const RowKey& key : keys)
      if (key.name == name && key.seed) add_new(std::to_string(*key.seed), seeds);
    if (seeds.size() > 1) notes.push_back(fmt::format("({} seeds)", seeds.size()));
    const std::string word = shell_word(name);
    text += "  " + word;
    if (!notes.empty())
      text += std::string(static_cast<std::size_t>(width - display_width(word)) + 2, ' ') +
              fmt::format("{}", fmt::join(notes, "  "));
    text += '\n';
  }
  return text;
}

}  // namespace nf
