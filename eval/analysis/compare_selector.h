#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// Lines of one trial as a command names them: NAME, or NAME:VAR=VALUE,VAR=VALUE for the points of
/// its sweep that have these values, each as tables have it (g64) or as an experiment file does
/// ({group: 64}). "NAME VAR=VALUE VAR=VALUE (3 seeds)", as tables label lines, is the same.
struct TrialSelector {
  std::string text;  ///< as given
  std::string name;
  std::map<std::string, std::string> values{};  ///< by variable, as given

  bool selects(const RowKey& key) const;
};

/// Whether one of them selects it.
bool is_selected(const std::vector<TrialSelector>& selectors, const RowKey& key);

/// The names of all trials but the baseline, in order of first appearance.
std::vector<std::string> trial_names(const std::vector<RowKey>& keys);

/// keys: the rows of the folder. A whole name comes before a shorter one with values behind it.
/// Throws ConfigError "TEXT: ..." where there is no such trial, variable or point, with a
/// suggestion.
TrialSelector parse_trial_selector(const std::string& given, const std::vector<RowKey>& keys);

/// The same for all words of a command line, in their order. A name may be a pattern, in which `*`
/// stands for any text, `?` for one letter and `[ab]` for one of these: it means every trial of
/// such a name, in order of first appearance, of which those are passed over that lack the
/// variables or the point behind it, and those that stand in the words before. A trial whose name
/// is the pattern itself is meant alone. Throws ConfigError where a pattern means nothing.
std::vector<TrialSelector> parse_trial_selectors(const std::vector<std::string>& given,
                                                 const std::vector<RowKey>& keys);

/// A word of the command line, in quotes where a shell would take it apart.
std::string shell_word(const std::string& text);

/// The trials of a folder that can be compared: one line each, as the command line takes it, with
/// its seeds and the values of its variables, the first few where there are many.
std::string list_trials(const std::vector<RowKey>& keys);

}  // namespace nf
