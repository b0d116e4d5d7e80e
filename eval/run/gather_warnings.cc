#include "eval/run/gather_warnings.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/counted.h"
#include "core/config/config_value.h"

namespace nf {
namespace {

bool lacks(const WindowSums& window, DetailMode detail) {
  if (detail == DetailMode::none || window.sums.tokens == 0) return false;
  const Detail* const kept = window.sums.detail.get();
  return kept == nullptr || kept->entropy.has_value() != (detail == DetailMode::entropy) ||
         (detail == DetailMode::tokens && kept->tokens.empty());
}

bool lacks(const SiteStats& site, StatsMode stats) {
  return !site.complete &&
         (stats == StatsMode::all || (stats == StatsMode::weights && site.is_weight()));
}

/// Conditions that ran without something, the untouched models apart.
struct Without {
  std::set<std::string> trials{}, baselines{};
};

/// Those of the trials that distort something and whose records have no sums of predictors.
std::set<std::string> without_sums_of_predictors(const std::vector<Record>& records,
                                                 const std::set<std::string>& trials) {
  std::set<std::string> without, with;
  for (const Record& record : records)
    for (const SiteStats& site : record.sites)
      if (trials.contains(record.id)) (site.predictor ? with : without).insert(record.id);
  for (const std::string& id : with) without.erase(id);
  return without;
}

void add_warning(const Without& without, const std::string& asked,
                 std::vector<std::string>& warnings) {
  std::string what = without.trials.empty() ? "" : counted(std::ssize(without.trials), "trial");
  if (!without.baselines.empty())
    what += (what.empty() ? "" : " and ") + counted(std::ssize(without.baselines), "baseline");
  if (what.empty()) return;
  warnings.push_back(fmt::format(
      "{} holds for what is still to run: {} in this folder ran without it, wholly or in part; "
      "with a new --out folder all is run with it",
      asked, what));
}

}  // namespace

std::vector<std::string> gather_warnings(const std::vector<Record>& records,
                                         const std::vector<RowKey>& rows, StatsMode stats,
                                         DetailMode detail, bool predicts) {
  std::set<std::string> trials, baselines;
  for (const RowKey& row : rows)
    if (!is_floor(row)) (row.name == "baseline" ? baselines : trials).insert(row.id);
  Without without_stats, without_detail;
  for (const Record& record : records) {
    const auto note = [&](bool is_without, Without& without) {
      if (is_without && trials.contains(record.id)) without.trials.insert(record.id);
      if (is_without && baselines.contains(record.id)) without.baselines.insert(record.id);
    };
    note(std::any_of(record.windows.begin(), record.windows.end(),
                     [detail](const WindowSums& window) { return lacks(window, detail); }),
         without_detail);
    note(std::any_of(record.sites.begin(), record.sites.end(),
                     [stats](const SiteStats& site) { return lacks(site, stats); }),
         without_stats);
  }
  Without without_sums;
  if (predicts) without_sums.trials = without_sums_of_predictors(records, trials);
  std::vector<std::string> warnings;
  add_warning(without_sums, "'predict'", warnings);
  add_warning(without_detail, fmt::format("'detail: {}'", enum_name(detail)), warnings);
  add_warning(without_stats, fmt::format("'stats: {}'", enum_name(stats)), warnings);
  return warnings;
}

std::string other_records(const std::vector<Record>& records, const std::vector<RowKey>& rows) {
  std::set<std::string> ids;
  for (const RowKey& row : rows) {
    ids.insert(row.id);
    if (row.search)
      for (const SearchKey::Step& step : row.search->steps) ids.insert(step.id);
  }
  std::set<std::string> others;
  std::size_t count = 0;
  for (const Record& record : records) {
    if (ids.contains(record.id)) continue;
    others.insert(record.id);
    ++count;
  }
  if (count == 0) return "";
  return fmt::format(
      "{} of {} that the experiment has no more, or has changed, {} in records.jsonl; the tables "
      "are without {}",
      counted(count, "record"), counted(std::ssize(others), "trial"), count == 1 ? "stays" : "stay",
      count == 1 ? "it" : "them");
}

}  // namespace nf
