#include "eval/records/trial_choice.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "eval/output/csv.h"
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

/// Whether each part of "VAR=VALUE,VAR=VALUE" (or with blanks between them) is a variable's.
bool match_variables(const std::string& parts, const std::vector<std::string>& variables) {
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

bool matches(const std::string& pattern, const RowKey& trial) {
  if (matches(pattern, trial.name) || matches(pattern, condition_text(trial))) return true;
  for (std::size_t at = pattern.find_first_of(": "); at != std::string::npos;
       at = pattern.find_first_of(": ", at + 1))
    if (matches(pattern.substr(0, at), trial.name) &&
        match_variables(pattern.substr(at + 1), variable_texts(trial)))
      return true;
  return false;
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
  if (pattern.find(',') != std::string::npos)
    return suggestion(pattern, names) + "; of several patterns each has a --trials of its own";
  return suggestion(pattern, names);
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
