#include "eval/tables/compare_footnotes.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/printable.h"
#include "eval/output/short_list.h"

namespace nf {
namespace {

void add_new(const std::string& text, std::vector<std::string>& texts) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

constexpr const char* kOneSeed =
    "A trial without a number of seeds has one: the figures speak of that one draw of its noise "
    "alone, if it draws any.";
constexpr const char* kPaired = "Seeds are paired: each of one trial with the same of the other.";

void add_seeds(const std::vector<const LineComparison*>& lines, std::vector<std::string>& notes) {
  std::vector<std::string> apart;
  bool one = false, paired = false;
  for (const LineComparison* line : lines) {
    one = one || line->against_seeds == 1 || line->trial_seeds == 1;
    paired = paired || line->pairing == SeedPairing::paired;
    if (line->pairing == SeedPairing::apart)
      add_new(line->trial_label + " against " + line->against_label, apart);
  }
  if (one) notes.push_back(kOneSeed);
  if (paired) notes.push_back(kPaired);
  if (!apart.empty())
    notes.push_back(fmt::format(
        "Seeds are apart, fewer than two in common, so those of both trials add their error: {}.",
        short_list(apart, ", ", "comparisons")));
}

void add_searches(const std::vector<const LineComparison*>& lines,
                  std::vector<std::string>& notes) {
  for (const BisectMetric metric : {BisectMetric::kl, BisectMetric::delta_nll}) {
    std::vector<std::string> names;
    for (const LineComparison* line : lines)
      for (const RowKey* key : {&line->trial, &line->against})
        if (key->search && key->search->config.target.metric == metric)
          add_new(printable(key->name), names);
    if (names.empty()) continue;
    notes.push_back(fmt::format(
        "{}: a search brought {} to its target, so comparing that says nothing; the tolerances and "
        "their intervals are in searches.csv.",
        short_list(names, ", ", "trials"), metric == BisectMetric::kl ? "KL" : "nll"));
  }
}

}  // namespace

std::vector<std::string> comparison_footnotes(const TrialComparison& comparison) {
  std::vector<const LineComparison*> lines;
  for (const ModelComparison& model : comparison.models)
    for (const LineComparison& line : model.lines) lines.push_back(&line);
  std::vector<std::string> notes;
  add_seeds(lines, notes);
  add_searches(lines, notes);
  return notes;
}

}  // namespace nf
