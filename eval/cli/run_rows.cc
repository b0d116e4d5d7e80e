#include "eval/cli/run_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/cli/resolved_entries.h"
#include "eval/records/file_names.h"
#include "eval/results/run_results.h"

namespace nf {
namespace {

void check_same(const ModelIdentity& first, const std::string& first_folder,
                const ModelIdentity& second, const std::string& second_folder) {
  const std::optional<StatedDifference> difference = model_difference(first, second);
  if (difference)
    throw ConfigError(fmt::format(
        "{}: model '{}' is not that of {}: {}; only runs of one model and one text go together",
        second_folder, printable(second.model), first_folder, difference->what));
}

using ModelTrial = std::pair<std::string, std::string>;  // model, name

ModelTrial trial_of(const RowKey& key) { return {key.model, key.name}; }

std::set<std::string> sites_of(const ResultRow& row) {
  std::set<std::string> sites;
  for (const SiteStats& site : row.sites) sites.insert(site.site);
  return sites;
}

/// Whether the two are one condition, of one name and point, but for the seed.
bool is_another_seed(const ResultRow& a, const ResultRow& b) {
  if (a.key.entries != b.key.entries || a.key.design.kind != b.key.design.kind ||
      a.key.design.factor != b.key.design.factor)
    return false;
  if (a.key.seed == b.key.seed && a.key.id != b.key.id) return false;
  return a.failed() || b.failed() || sites_of(a) == sites_of(b);
}

/// The points of designs that are read together.
std::map<ModelTrial, std::set<Json>> points_of(const RunRows& runs) {
  std::map<ModelTrial, std::set<Json>> points;
  for (const RowKey& key : runs.keys)
    if (!key.design.kind.empty() && key.design.kind != "each")
      points[trial_of(key)].insert(key.vars);
  return points;
}

}  // namespace

void tell_names_apart(const std::string& folder, const RunRows& earlier, RunRows& own) {
  std::map<std::pair<ModelTrial, Json>, const ResultRow*> known;
  for (const ResultRow& row : earlier.rows)
    known.try_emplace({trial_of(row.key), row.key.vars}, &row);
  std::set<ModelTrial> others;
  for (const ResultRow& row : own.rows) {
    const auto same = known.find({trial_of(row.key), row.key.vars});
    if (same != known.end() && row.key.name != "baseline" && !is_another_seed(*same->second, row))
      others.insert(trial_of(row.key));
  }
  const std::map<ModelTrial, std::set<Json>> points = points_of(earlier);
  for (const auto& [trial, all] : points_of(own))
    if (points.contains(trial) && points.at(trial) != all) others.insert(trial);
  const auto rename = [&](RowKey& key) {
    if (others.contains(trial_of(key))) key.name = fmt::format("{} ({})", key.name, folder);
  };
  for (RowKey& key : own.keys) rename(key);
  for (ResultRow& row : own.rows) rename(row.key);
}

RunRows read_run_rows(const std::vector<std::string>& folders, RecordParts parts) {
  RunRows all;
  std::map<std::string, std::pair<ModelIdentity, std::string>> models;
  for (const std::string& folder : folders) {
    RunContents run = RunFolder::read(folder, parts);
    if (run.records.empty())
      throw ConfigError(fmt::format("{}: holds no records yet, there is nothing to learn from",
                                    (run.dir / kRecords).string()));
    for (const ModelIdentity& model : run.manifest.models) {
      const auto [known, is_new] = models.try_emplace(model.model, model, folder);
      if (!is_new) check_same(known->second.first, known->second.second, model, folder);
    }
    RunRows own{.keys = *run.manifest.rows, .rows = take_results(run)};
    fill_entries(run, own.rows);
    tell_names_apart(folder, all, own);
    std::move(own.keys.begin(), own.keys.end(), std::back_inserter(all.keys));
    std::move(own.rows.begin(), own.rows.end(), std::back_inserter(all.rows));
  }
  return all;
}

}  // namespace nf
