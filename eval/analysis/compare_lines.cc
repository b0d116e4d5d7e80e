#include "eval/analysis/compare_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/printable.h"
#include "eval/design/search_key.h"
#include "eval/output/csv.h"
#include "eval/output/short_list.h"

namespace nf {
namespace {

/// Whether lines pair only where they have the same value of a variable. The value that a search
/// finds is no condition that two trials could have in common.
bool is_matched(const std::string& variable, const TrialSelector& against,
                const TrialSelector& trial) {
  if (variable == kSearchVariable) return false;
  const bool first = against.values.contains(variable), second = trial.values.contains(variable);
  return against.name == trial.name ? !(first || second) : !(first && second);
}

std::string row_text(const RowKey& key) {
  return condition_text(key) + (key.seed ? fmt::format(" (seed {})", *key.seed) : "");
}

/// "16 of 57 windows"; empty where all are there.
std::string of_all(Index count, Index of, const char* what) {
  return count < of ? fmt::format("{} of {} {}", count, of, what) : "";
}

/// Rows of which one and the same is to be told.
struct RowRemarks {
  std::vector<std::pair<std::string, std::vector<std::string>>> rows{};  ///< by what is told

  void add(const RowKey& key, const std::string& remark) {
    auto known = std::find_if(rows.begin(), rows.end(),
                              [&remark](const auto& entry) { return entry.first == remark; });
    if (known == rows.end()) known = rows.insert(rows.end(), {remark, {}});
    known->second.push_back(row_text(key));
  }
  std::vector<std::string> lines(const std::string& model) const {
    std::vector<std::string> lines;
    for (const auto& [remark, texts] : rows)
      lines.push_back(
          fmt::format("{}: {}: {}", printable(model), short_list(texts, ", ", "rows"), remark));
    return lines;
  }
};

std::string what_has_run(const ResultRow& row, Index windows, Index questions) {
  std::string text = row.stop ? "" : of_all(row.text.windows, windows, "windows");
  const std::string asked = of_all(std::ssize(row.questions), questions, "questions");
  text += (text.empty() || asked.empty() ? "" : " and ") + asked;
  return text.empty() ? "" : text + " have run";
}

bool is_equal(const ResultRow& first, const ResultRow& second) {
  std::map<Index, const WindowSums*> windows;
  for (const WindowSums& window : first.windows) windows[window.window] = &window;
  for (const WindowSums& window : second.windows) {
    const auto found = windows.find(window.window);
    if (found == windows.end()) continue;
    if (window.sums != found->second->sums) return false;
  }
  std::map<std::pair<std::string, Index>, const QuestionSums*> questions;
  for (const QuestionSums& question : first.questions)
    questions[{question.task, question.question}] = &question;
  for (const QuestionSums& question : second.questions) {
    const auto found = questions.find({question.task, question.question});
    if (found == questions.end()) continue;
    if (question.correct != found->second->correct || question.parts != found->second->parts)
      return false;
  }
  return true;
}

}  // namespace

bool is_match(const RowKey& against, const RowKey& trial, const TrialSelector& first,
              const TrialSelector& second) {
  for (const auto& [variable, value] : trial.vars.items()) {
    const auto other = against.vars.find(variable);
    if (other != against.vars.end() && is_matched(variable, first, second) && *other != value)
      return false;
  }
  const bool values_are_meant =
      first.values.contains(kSearchVariable) && second.values.contains(kSearchVariable);
  return !against.search || !trial.search || values_are_meant || against.seed == trial.seed;
}

std::vector<ComparedLines> find_compared_lines(const ModelLines& model,
                                               const std::vector<TrialSelector>& selectors,
                                               std::vector<std::string>& remarks) {
  const TrialSelector& first = selectors.front();
  std::vector<ComparedLines> pairs;
  std::set<std::pair<const ResultLine*, const ResultLine*>> known;
  for (auto second = selectors.begin() + 1; second != selectors.end(); ++second) {
    const bool self_is_meant = second->text == first.text;
    std::vector<std::string> alone;
    for (const ResultLine& trial : model.lines) {
      if (!second->selects(trial.key())) continue;
      bool has_partner = false;
      for (const ResultLine& against : model.lines) {
        if (!first.selects(against.key()) || !is_match(against.key(), trial.key(), first, *second))
          continue;
        has_partner = true;
        if (&against == &trial && !self_is_meant) continue;
        if (known.emplace(&against, &trial).second) pairs.push_back({&against, &trial});
      }
      if (!has_partner) alone.push_back(condition_text(trial.key()));
    }
    if (!alone.empty())
      remarks.push_back(fmt::format("{}: {}: nothing of {} to compare {} with",
                                    printable(model.model), short_list(alone, ", ", "points"),
                                    printable(first.text), alone.size() == 1 ? "it" : "them"));
  }
  return pairs;
}

std::vector<ComparedLines> find_all_pairs(const ModelLines& model,
                                          const std::vector<TrialSelector>& selectors) {
  std::vector<const ResultLine*> selected;
  for (const TrialSelector& selector : selectors)
    for (const ResultLine& line : model.lines)
      if (selector.selects(line.key()) &&
          std::find(selected.begin(), selected.end(), &line) == selected.end())
        selected.push_back(&line);
  std::vector<ComparedLines> pairs;
  for (std::size_t i = 0; i < selected.size(); ++i)
    for (std::size_t j = i + 1; j < selected.size(); ++j)
      pairs.push_back({.against = selected[i], .trial = selected[j]});
  return pairs;
}

std::string rest_of_point(const RowKey& against, const RowKey& trial,
                          const TrialSelector& selector) {
  std::string text;
  for (const auto& [name, value] : against.vars.items()) {
    const auto other = trial.vars.find(name);
    if ((other != trial.vars.end() && *other == value) || selector.values.contains(name)) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", printable(name),
                        printable(csv_value(value)));
  }
  return text;
}

SeedPairs pair_seeds(const ResultLine& against, const ResultLine& trial) {
  SeedPairs rows{.against = against.samples(), .trial = trial.samples()};
  const bool searches = against.key().search && trial.key().search;
  if (!searches && (rows.against.size() == 1 || rows.trial.size() == 1)) return rows;
  SeedPairs shared{.pairing = SeedPairing::paired};
  for (const ResultRow* first : rows.against) {
    for (const ResultRow* second : rows.trial) {
      if (first->key.seed != second->key.seed) continue;
      shared.against.push_back(first);
      shared.trial.push_back(second);
    }
  }
  // One pair says nothing of how seeds differ, so all are taken then.
  if (shared.trial.size() > 1) return shared;
  if (searches && shared.trial.size() == 1) {
    shared.pairing = SeedPairing::each;
    return shared;
  }
  if (rows.against.size() == 1 || rows.trial.size() == 1) return rows;
  rows.pairing = SeedPairing::apart;
  return rows;
}

TextSums shared_text(const SeedPairs& rows, const ResultRow& baseline) {
  std::map<Index, std::size_t> rows_with;  // by window
  for (const auto* side : {&rows.against, &rows.trial})
    for (const ResultRow* row : *side)
      for (const WindowSums& window : row->windows) ++rows_with[window.window];
  std::vector<WindowSums> shared;
  for (const WindowSums& window : baseline.windows) {
    const auto found = rows_with.find(window.window);
    if (found != rows_with.end() && found->second == rows.against.size() + rows.trial.size())
      shared.push_back(window);
  }
  return add_up(shared);
}

bool are_equal(const SeedPairs& rows) {
  if (rows.pairing == SeedPairing::paired) {
    for (std::size_t s = 0; s < rows.trial.size(); ++s)
      if (!is_equal(*rows.against[s], *rows.trial[s])) return false;
    return true;
  }
  const ResultRow& first = *rows.against.front();
  const auto is_first = [&first](const ResultRow* row) { return is_equal(first, *row); };
  return std::all_of(rows.against.begin(), rows.against.end(), is_first) &&
         std::all_of(rows.trial.begin(), rows.trial.end(), is_first);
}

std::vector<std::string> missing_rows(const ModelLines& model, const std::vector<RowKey>& keys,
                                      const std::vector<TrialSelector>& selectors,
                                      const ModelIdentity* data) {
  RowRemarks remarks;
  std::set<std::string> recorded;
  for (const ResultLine& line : model.lines)
    for (const ResultRow* row : line.rows) recorded.insert(row->key.id);
  for (const RowKey& key : keys)
    if (key.model == model.model && is_selected(selectors, key) && !recorded.contains(key.id))
      remarks.add(key, "not run yet");
  const bool has_baseline = model.baseline != nullptr && !model.baseline->failed();
  const Index windows = data != nullptr ? data->windows
                        : has_baseline  ? model.baseline->text.windows
                                        : 0;
  const Index questions = data != nullptr ? data->question_count()
                          : has_baseline  ? std::ssize(model.baseline->questions)
                                          : 0;
  for (const ResultLine& line : model.lines) {
    if (!is_selected(selectors, line.key())) continue;
    for (const ResultRow* row : line.rows) {
      const std::string missing = row->failed() ? "failed: " + printable(row->error)
                                                : what_has_run(*row, windows, questions);
      if (!missing.empty()) remarks.add(row->key, missing);
    }
  }
  return remarks.lines(model.model);
}

}  // namespace nf
