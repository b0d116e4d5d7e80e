#include "eval/results/results.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace nf {
namespace {

using RecordsById = std::unordered_map<std::string, std::vector<const Record*>>;

/// Joins one site's parts out of all records. Two blocks are apart or one lies in the other, so the
/// larger block says it all where both are there.
SiteStats join_site(std::vector<const SiteStats*> parts) {
  std::stable_sort(parts.begin(), parts.end(), [](const SiteStats* a, const SiteStats* b) {
    return a->first_window != b->first_window ? a->first_window < b->first_window
                                              : a->windows > b->windows;
  });
  std::vector<SiteStats> blocks;
  Index end = -1;  // of the windows covered; a weight's part ends at 0
  for (const SiteStats* part : parts) {
    if (part->first_window + part->windows <= end) continue;
    end = part->first_window + part->windows;
    add_site(*part, blocks);
  }
  SiteStats joined = blocks.front();
  for (std::size_t i = 1; i < blocks.size(); ++i) joined.merge(blocks[i]);
  return joined;
}

/// Puts sites into the order of the forward pass, whatever the records' order: a record with
/// weights has all sites.
std::vector<SiteStats> join_sites(std::vector<const Record*> records) {
  std::stable_partition(records.begin(), records.end(), [](const Record* record) {
    return std::any_of(record->sites.begin(), record->sites.end(),
                       [](const SiteStats& site) { return site.is_weight(); });
  });
  std::vector<std::string> order;
  std::unordered_map<std::string, std::vector<const SiteStats*>> parts;
  for (const Record* record : records) {
    for (const SiteStats& site : record->sites) {
      std::vector<const SiteStats*>& known = parts[site.site];
      if (known.empty()) order.push_back(site.site);
      known.push_back(&site);
    }
  }
  std::vector<SiteStats> sites;
  for (const std::string& name : order) sites.push_back(join_site(std::move(parts[name])));
  return sites;
}

std::vector<QuestionSums> join_questions(const std::vector<const Record*>& records) {
  std::map<std::pair<std::string, Index>, const QuestionSums*> first;
  for (const Record* record : records)
    for (const QuestionSums& sums : record->questions)
      first.emplace(std::pair(sums.task, sums.question), &sums);
  std::vector<QuestionSums> questions;
  for (const auto& [place, sums] : first) questions.push_back(*sums);
  return questions;
}

/// Pooled over all weights, or over all activations: inputs and states.
std::optional<double> pooled_relative_l2(const std::vector<SiteStats>& sites, bool weights) {
  DistortionStats pool;
  for (const SiteStats& site : sites)
    if (site.is_weight() == weights) pool.merge(site.stats);
  if (pool.count == 0) return std::nullopt;
  return pool.relative_l2();
}

ResultRow join_row(const RowKey& key, const std::vector<const Record*>& records) {
  ResultRow row{.key = key};
  const auto failure = std::find_if(records.begin(), records.end(),
                                    [](const Record* record) { return record->failed(); });
  if (failure != records.end()) {
    row.status = Status::failed;
    row.error = (*failure)->error;
    return row;
  }
  std::map<Index, WindowSums> windows;
  for (const Record* record : records)
    for (const WindowSums& window : record->windows) windows.emplace(window.window, window);
  for (const auto& [number, window] : windows) row.windows.push_back(window);
  row.text = add_up(row.windows);
  for (const Record* record : records)
    if (record->stop && record->stop->reached) row.stop = record->stop;
  row.questions = join_questions(records);
  row.sites = join_sites(records);
  row.relative_l2_weight = pooled_relative_l2(row.sites, true);
  row.relative_l2_input = pooled_relative_l2(row.sites, false);
  return row;
}

std::vector<ResultRow> join_rows(const std::vector<RowKey>& keys,
                                 const std::vector<Record>& records) {
  RecordsById by_id;
  for (const Record& record : records) by_id[record.id].push_back(&record);
  std::vector<ResultRow> rows;
  for (const RowKey& key : keys) {
    const auto found = by_id.find(key.id);
    if (found != by_id.end()) rows.push_back(join_row(key, found->second));
  }
  return rows;
}

/// Items that a model's rows have when they are finished.
struct WholeData {
  Index windows = 0, questions = 0;
};

/// Whether the other rows of a baseline's model have all ended before the text has, by their
/// stopping rules, so that it has all that they are compared with.
bool has_stopped(const ResultRow& baseline, const std::vector<RowKey>& keys,
                 const std::vector<ResultRow>& rows) {
  const auto is_other = [&baseline](const RowKey& key) {
    return key.model == baseline.key.model && key.id != baseline.key.id && !is_floor(key);
  };
  std::set<std::string> ended;
  bool stopped = false;
  for (const ResultRow& row : rows) {
    if (!is_other(row.key) || (!row.stop && !row.failed())) continue;
    if (row.text.windows > baseline.text.windows) return false;
    stopped = stopped || row.stop;
    ended.insert(row.key.id);
  }
  return stopped && std::all_of(keys.begin(), keys.end(), [&](const RowKey& key) {
           return !is_other(key) || ended.contains(key.id);
         });
}

void mark_partial(const std::vector<ModelIdentity>& models, const std::vector<RowKey>& keys,
                  std::vector<ResultRow>& rows) {
  std::map<std::string, WholeData> whole;  // by model
  for (const ResultRow& row : rows)
    if (row.key.name == "baseline" && !row.failed())
      whole[row.key.model] = {row.text.windows, std::ssize(row.questions)};
  for (const ModelIdentity& model : models)
    if (const ModelIdentity* const sized = find_sized_model(models, model.model))
      whole[model.model] = {sized->windows, sized->question_count()};
  for (ResultRow& row : rows) {
    const WholeData& all = whole[row.key.model];
    const bool stopped = row.stop || (row.key.name == "baseline" && has_stopped(row, keys, rows));
    const bool has_less =
        (!stopped && row.text.windows < all.windows) || std::ssize(row.questions) < all.questions;
    if (!row.failed() && has_less) row.status = Status::partial;
  }
}

}  // namespace

bool is_below_floor(double kl, double kl_floor) { return kl < kFloorsToTrust * kl_floor; }

std::vector<ResultRow> build_results(const std::vector<RowKey>& keys,
                                     const std::vector<Record>& records,
                                     const std::vector<ModelIdentity>& models) {
  std::vector<ResultRow> rows = join_rows(keys, records);
  std::map<std::string, double> floors;  // by model
  for (const ResultRow& row : rows)
    if (is_floor(row.key) && !row.failed() && row.text.sums.tokens > 0)
      floors[row.key.model] = row.text.sums.kl / static_cast<double>(row.text.sums.tokens);
  std::erase_if(rows, [](const ResultRow& row) { return is_floor(row.key); });
  for (ResultRow& row : rows)
    if (const auto floor = floors.find(row.key.model); floor != floors.end())
      row.kl_floor = floor->second;
  mark_partial(models, keys, rows);
  return rows;
}

std::vector<ResultRow> build_floors(const std::vector<RowKey>& keys,
                                    const std::vector<Record>& records) {
  std::vector<RowKey> floors;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(floors), is_floor);
  return join_rows(floors, records);
}

}  // namespace nf
