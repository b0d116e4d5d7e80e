#include "eval/records/trial_choice.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/output/csv.h"
#include "eval/output/short_list.h"
#include "eval/records/point_values.h"
#include "eval/records/row_key.h"

namespace nf {
namespace {

bool matches(const std::string& pattern, const std::string& text) {
  // A name may itself hold letters that mean something in a pattern.
  return pattern == text || ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

/// "r=0.1", for each variable of the sweep point and the design; "twin=" of a trial that has twins.
std::vector<std::string> variable_texts(const RowKey& trial) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : trial.vars.items())
    texts.push_back(fmt::format("{}={}", printable(name), printable(csv_value(value))));
  return texts;
}

/// Whether each part of "VAR=VALUE,VAR=VALUE" (or with blanks between them) is a variable's,
/// patterns in their names too.
bool match_parts(const std::string& parts, const std::vector<std::string>& variables) {
  for (std::size_t begin = 0; begin <= parts.size();) {
    const std::size_t end = std::min(parts.find_first_of(", ", begin), parts.size());
    const std::string part = parts.substr(begin, end - begin);
    if (part.find('=') == std::string::npos ||
        std::none_of(variables.begin(), variables.end(),
                     [&part](const std::string& variable) { return matches(part, variable); }))
      return false;
    begin = end + 1;
  }
  return true;
}

/// The same of values as `compare` takes them: several with commas between, or as a file writes
/// them.
bool match_values(const std::string& parts, const RowKey& trial) {
  std::vector<std::string> variables;
  for (const auto& [name, value] : trial.vars.items()) variables.push_back(name);
  const std::optional<PointValues> point =
      variables.empty() ? std::nullopt : split_point_values(parts, variables);
  if (!point || !point->twice.empty()) return false;
  return std::all_of(point->values.begin(), point->values.end(), [&trial](const auto& wanted) {
    const auto found = trial.vars.find(wanted.first);
    return found != trial.vars.end() && means_value(wanted.second, *found);
  });
}

bool matches_as_written(const std::string& pattern, const RowKey& trial) {
  if (matches(pattern, trial.name) || matches(pattern, condition_text(trial))) return true;
  for (std::size_t at = pattern.find_first_of(": "); at != std::string::npos;
       at = pattern.find_first_of(": ", at + 1))
    if (matches(pattern.substr(0, at), trial.name) &&
        (match_parts(pattern.substr(at + 1), variable_texts(trial)) ||
         match_values(pattern.substr(at + 1), trial)))
      return true;
  return false;
}

/// "noise r=0.1 (3 seeds)" is what a table calls the point.
bool matches(const std::string& pattern, const RowKey& trial) {
  const std::string bare = without_notes(pattern);
  return matches_as_written(pattern, trial) || (bare != pattern && matches_as_written(bare, trial));
}

/// The trials' names, each once, or the printed names of those that are called `name`.
std::vector<std::string> known_names(const std::vector<RowKey>& trials, const std::string& name) {
  std::vector<std::string> names;
  for (const RowKey& trial : trials) {
    if (!name.empty() && trial.name != name) continue;
    std::string text = name.empty() ? printable(trial.name) : condition_text(trial);
    if (std::find(names.begin(), names.end(), text) == names.end())
      names.push_back(std::move(text));
  }
  return names;
}

/// "; did you mean 'w4'?", or the names that hold the pattern's letters, or those that there are.
std::string near_names(const std::string& pattern, const std::vector<std::string>& names) {
  std::string letters = pattern.substr(0, pattern.find_first_of(": "));
  std::erase_if(letters, [](char c) { return c == '*' || c == '?'; });
  const std::string meant = did_you_mean(letters, names);
  if (!meant.empty()) return meant;
  std::vector<std::string> near;
  for (const std::string& name : names)
    if (!letters.empty() && (name.find(letters) != std::string::npos ||
                             (name.size() > 1 && letters.find(name) != std::string::npos)))
      near.push_back(name);
  return near.empty() ? "; known: " + short_list(names, ", ", "trials")
                      : "; near: " + short_list(near, ", ", "trials");
}

/// The advice for a pattern that matches nothing: the points of the trial that it begins with, else
/// names of trials.
std::string advice(const std::string& pattern, const std::vector<RowKey>& trials) {
  const std::vector<std::string> names = known_names(trials, {});
  if (names.empty()) return ": the experiment has no trials";
  for (const std::string& name : names)
    if (pattern.starts_with(name + ":") || pattern.starts_with(name + " ")) {
      const std::vector<std::string> points = known_names(trials, name);
      constexpr std::size_t kMostTold = 3;
      std::string text = fmt::format("; '{}' has ", name);
      for (std::size_t i = 0; i < std::min(points.size(), kMostTold); ++i)
        text += fmt::format("{}'{}'", i == 0 ? "" : ", ", points[i]);
      return points.size() > kMostTold ? text + fmt::format(", ... ({} points)", points.size())
                                       : text;
    }
  const std::string near = near_names(pattern, names);
  return pattern.find(',') == std::string::npos
             ? near
             : near + "; of several patterns each has a --trials of its own";
}

}  // namespace

bool TrialChoice::holds(const std::string& name, const Json& vars) const {
  if (is_all()) return true;
  const RowKey trial{.id = {}, .name = name, .vars = vars};
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&trial](const std::string& pattern) { return matches(pattern, trial); });
}

void TrialChoice::check(const std::vector<RowKey>& trials) const {
  for (const std::string& pattern : patterns_) {
    const bool is_found =
        std::any_of(trials.begin(), trials.end(),
                    [&pattern](const RowKey& trial) { return matches(pattern, trial); });
    if (is_found) continue;
    if (pattern == "baseline")
      throw ConfigError("--trials baseline: the untouched model always runs; name other trials");
    throw ConfigError(fmt::format("--trials {}: matches no trial{}", printable(pattern),
                                  advice(pattern, trials)));
  }
}

}  // namespace nf
