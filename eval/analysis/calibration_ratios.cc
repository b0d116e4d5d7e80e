#include "eval/analysis/calibration_ratios.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "core/base/parallel.h"
#include "eval/analysis/compare_lines.h"
#include "eval/analysis/kl_ratio.h"
#include "eval/results/figures.h"
#include "eval/stats/multiple_testing.h"

namespace nf {
namespace {

constexpr const char* kSetKey = "calibration";  ///< of an entry

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A line's calibration set and everything else that makes it.
struct LineParts {
  std::string set;    ///< empty: it has none
  std::string label;  ///< the trial without the set
  std::string rest;   ///< equal for lines that differ in their sets alone
};

LineParts parts_of(const ResultLine& line, const std::vector<std::string>& sets) {
  const RowKey& key = line.key();
  LineParts parts;
  Json entries = key.entries;
  for (Json& entry : entries) {
    const auto own = entry.find(kSetKey);
    if (own == entry.end()) continue;
    if (own->is_string() && parts.set.empty()) parts.set = own->get<std::string>();
    entry.erase(kSetKey);
  }
  Json vars = Json::object();
  bool swept = false;
  for (const auto& [name, value] : key.vars.items()) {
    const bool names_set =
        value.is_string() && (value == parts.set || contains(sets, value.get<std::string>()));
    if (names_set && parts.set.empty()) parts.set = value.get<std::string>();
    if (names_set)
      swept = true;
    else
      vars[name] = value;
  }
  // Trials of different names are one with different sets where nothing else tells them apart.
  std::set<std::string> sites;
  if (!swept && !entries.empty())
    for (const SiteStats& site : line.rows.front()->sites) sites.insert(site.site);
  const bool by_name = swept || sites.empty();
  RowKey without_set = key;
  without_set.vars = vars;
  parts.label = condition_text(without_set);
  parts.rest = Json({by_name ? Json(key.name) : Json(sites), vars, entries})
                   .dump(-1, ' ', false, Json::error_handler_t::ignore);
  return parts;
}

/// Perplexity is e^nll: the ratio and its interval are those of the difference, exponentiated.
LogRatio perplexity_ratio(const SeedPairs& rows, const ResultRow& baseline) {
  if (are_equal(rows))
    return {.ratio = 1.0, .interval = Interval{1.0, 1.0}, .note = "equal bit for bit"};
  std::vector<const ResultRow*> all = rows.against;
  all.insert(all.end(), rows.trial.begin(), rows.trial.end());
  const Figure figure = delta_nll_figure();
  const std::vector<BlockSums> blocks = common_blocks(figure_blocks(figure, all, baseline));
  if (blocks.empty() || blocks.front().empty()) return {.note = "no text that both have"};
  const std::span against(blocks.data(), rows.against.size());
  const std::span trial(blocks.data() + rows.against.size(), rows.trial.size());
  MeanDifference difference = rows.pairing == SeedPairing::apart
                                  ? difference_of_groups(against, trial)
                                  : difference_of_pairs(against, trial);
  difference.watched = is_watched(figure, all);
  LogRatio ratio{.ratio = std::exp(difference.mean.mean), .p = p_value(difference)};
  if (const auto interval = interval_of(difference))
    ratio.interval = Interval{std::exp(interval->low), std::exp(interval->high)};
  else
    ratio.note = why_no_interval(difference);
  return ratio;
}

void compare_cells(const ResultRow& baseline, CalibrationGroup& group) {
  const auto reference = std::find_if(
      group.cells.begin(), group.cells.end(),
      [](const CalibrationCell& cell) { return cell.set == "reference" || cell.set == "ref"; });
  CalibrationCell& first = reference == group.cells.end() ? group.cells.front() : *reference;
  first.is_reference = true;
  for (CalibrationCell& cell : group.cells) {
    const SeedPairs rows = pair_seeds(*first.line, *cell.line);
    cell.kl = kl_ratio(rows, baseline, "the reference", "the trial");
    cell.perplexity = perplexity_ratio(rows, baseline);
  }
}

void add_tests(std::vector<CalibrationGroup>& groups) {
  std::vector<CalibrationCell*> tested;
  std::vector<double> p;
  for (CalibrationGroup& group : groups) {
    for (CalibrationCell& cell : group.cells) {
      if (cell.is_reference || !cell.kl.p) continue;
      tested.push_back(&cell);
      p.push_back(*cell.kl.p);
    }
  }
  const std::vector<double> holm = holm_adjusted(p);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->p_holm = holm[i];
}

}  // namespace

std::vector<CalibrationGroup> calibration_groups(const ModelLines& model,
                                                 const std::vector<std::string>& sets) {
  if (model.baseline == nullptr) return {};
  std::vector<CalibrationGroup> groups;
  std::unordered_map<std::string, std::size_t> places;
  for (const ResultLine& line : model.lines) {
    if (line.samples().empty()) continue;
    LineParts parts = parts_of(line, sets);
    if (parts.set.empty()) continue;
    const auto [place, is_new] = places.emplace(parts.rest, groups.size());
    if (is_new) groups.push_back({.label = parts.label});
    CalibrationGroup& group = groups[place->second];
    const bool known =
        std::any_of(group.cells.begin(), group.cells.end(),
                    [&parts](const CalibrationCell& cell) { return cell.set == parts.set; });
    if (!known) group.cells.push_back({.set = parts.set, .line = &line});
  }
  std::erase_if(groups, [](const CalibrationGroup& group) { return group.cells.size() < 2; });
  parallel_for(std::ssize(groups), [&](Index i) {
    compare_cells(*model.baseline, groups[static_cast<std::size_t>(i)]);
  });
  add_tests(groups);
  return groups;
}

}  // namespace nf
