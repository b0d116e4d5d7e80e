#include "eval/run/compare_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/io/read_json.h"
#include "eval/report/csv.h"

namespace nf {
namespace {

/// What a search finds is no condition that two trials could have in common.
constexpr const char* kFound = "bisect";

/// Whether lines pair only where they have the same value of a variable.
bool is_matched(const std::string& variable, const TrialSelector& against,
                const TrialSelector& trial) {
  if (variable == kFound) return false;
  const bool first = against.values.contains(variable), second = trial.values.contains(variable);
  return against.name == trial.name ? !(first || second) : !(first && second);
}

bool match(const RowKey& against, const RowKey& trial, const TrialSelector& first,
           const TrialSelector& second) {
  for (const auto& [variable, value] : trial.vars.items()) {
    const auto other = against.vars.find(variable);
    if (other != against.vars.end() && is_matched(variable, first, second) && *other != value)
      return false;
  }
  return true;
}

bool is_selected(const RowKey& key, const std::vector<TrialSelector>& selectors) {
  return std::any_of(selectors.begin(), selectors.end(),
                     [&key](const TrialSelector& selector) { return selector.selects(key); });
}

std::string row_text(const RowKey& key) {
  const std::string seed = key.seed ? fmt::format(" (seed {})", *key.seed) : "";
  return fmt::format("{}: {}{}", printable(key.model), condition_text(key), seed);
}

std::string of_all(Index count, Index of, const char* what) {
  return count < of ? fmt::format(", {} of {} {}", count, of, what) : "";
}

}  // namespace

std::vector<LinePair> pair_lines(const ModelLines& model,
                                 const std::vector<TrialSelector>& selectors,
                                 std::vector<std::string>& remarks) {
  const TrialSelector& first = selectors.front();
  std::vector<LinePair> pairs;
  std::set<std::pair<const ResultLine*, const ResultLine*>> known;
  for (auto second = selectors.begin() + 1; second != selectors.end(); ++second) {
    const bool self_is_meant = second->text == first.text;
    for (const ResultLine& trial : model.lines) {
      if (!second->selects(trial.key())) continue;
      bool has_partner = false;
      for (const ResultLine& against : model.lines) {
        if (!first.selects(against.key()) || !match(against.key(), trial.key(), first, *second))
          continue;
        has_partner = true;
        if (&against == &trial && !self_is_meant) continue;
        if (known.emplace(&against, &trial).second) pairs.push_back({&against, &trial});
      }
      if (!has_partner)
        remarks.push_back(fmt::format("{}: {}: nothing of {} to compare it with",
                                      printable(model.model), condition_text(trial.key()),
                                      printable(first.text)));
    }
  }
  return pairs;
}

std::string rest_of_point(const RowKey& against, const RowKey& trial) {
  std::string text;
  for (const auto& [name, value] : against.vars.items()) {
    const auto other = trial.vars.find(name);
    if (other != trial.vars.end() && *other == value) continue;
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", printable(name),
                        printable(csv_value(value)));
  }
  return text;
}

PairedRows pair_rows(const ResultLine& against, const ResultLine& trial) {
  PairedRows rows{.against = against.samples(), .trial = trial.samples()};
  if (rows.against.size() == 1 || rows.trial.size() == 1) return rows;
  PairedRows shared{.pairing = SeedPairing::paired};
  for (const ResultRow* first : rows.against) {
    for (const ResultRow* second : rows.trial) {
      if (first->key.seed != second->key.seed) continue;
      shared.against.push_back(first);
      shared.trial.push_back(second);
    }
  }
  // One pair says nothing of how seeds differ, so all are taken then.
  if (shared.trial.size() > 1) return shared;
  rows.pairing = SeedPairing::apart;
  return rows;
}

std::vector<std::string> missing_rows(const ModelLines& model, const std::vector<RowKey>& keys,
                                      const std::vector<TrialSelector>& selectors) {
  std::vector<std::string> remarks;
  std::set<std::string> recorded;
  for (const ResultLine& line : model.lines)
    for (const ResultRow* row : line.rows) recorded.insert(row->key.id);
  for (const RowKey& key : keys)
    if (key.model == model.model && is_selected(key, selectors) && !recorded.contains(key.id))
      remarks.push_back(row_text(key) + ": has not run yet");
  for (const ResultLine& line : model.lines) {
    if (!is_selected(line.key(), selectors)) continue;
    for (const ResultRow* row : line.rows) {
      if (row->failed()) {
        remarks.push_back(fmt::format("{}: failed: {}", row_text(row->key), printable(row->error)));
        continue;
      }
      if (model.baseline == nullptr || model.baseline->failed()) continue;
      const ResultRow& all = *model.baseline;
      const std::string left =
          (row->stop ? "" : of_all(row->sums.window, all.sums.window, "windows")) +
          of_all(std::ssize(row->questions), std::ssize(all.questions), "questions");
      if (!left.empty()) remarks.push_back(row_text(row->key) + ": unfinished" + left);
    }
  }
  return remarks;
}

}  // namespace nf
