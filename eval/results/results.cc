#include "eval/results/results.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>

#include "core/base/parallel.h"
#include "eval/results/row_context.h"

namespace nf {
namespace {

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

/// Each window once, as the first record has it.
std::vector<WindowSums> join_windows(const std::vector<const Record*>& records) {
  std::vector<const WindowSums*> parts;
  for (const Record* record : records)
    for (const WindowSums& window : record->windows) parts.push_back(&window);
  const auto is_before = [](const WindowSums* a, const WindowSums* b) {
    return a->window < b->window;
  };
  if (!std::is_sorted(parts.begin(), parts.end(), is_before))
    std::stable_sort(parts.begin(), parts.end(), is_before);
  const auto is_same = [](const WindowSums* a, const WindowSums* b) {
    return a->window == b->window;
  };
  parts.erase(std::unique(parts.begin(), parts.end(), is_same), parts.end());
  std::vector<WindowSums> windows;
  windows.reserve(parts.size());
  for (const WindowSums* part : parts) windows.push_back(*part);
  return windows;
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

/// The tail over all windows of records that have pooled theirs; none where one has not.
std::optional<KlTail> join_tails(const std::vector<const Record*>& records) {
  KlTail joined;
  for (const Record* record : records) {
    if (record->windows.empty()) continue;
    if (record->pooled_tail == nullptr) return std::nullopt;
    if (!joined.histogram.add_packed(record->pooled_tail->bins)) return std::nullopt;
    joined.max = std::max(joined.max, record->pooled_tail->max);
  }
  return joined;
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
  row.windows = join_windows(records);
  row.text = add_up(row.windows);
  const auto has_pooled = [](const Record* record) { return record->pooled_tail != nullptr; };
  if (std::any_of(records.begin(), records.end(), has_pooled)) row.text.tail = join_tails(records);
  for (const Record* record : records)
    if (record->stop && record->stop->reached) row.stop = record->stop;
  row.questions = join_questions(records);
  row.sites = join_sites(records);
  row.relative_l2_weight = pooled_relative_l2(row.sites, true);
  row.relative_l2_input = pooled_relative_l2(row.sites, false);
  return row;
}

void give_up_parts(Record& record) {
  std::vector<WindowSums>().swap(record.windows);
  std::vector<QuestionSums>().swap(record.questions);
  std::vector<SiteStats>().swap(record.sites);
}

/// owned: the records, where their parts may be given up; else null.
std::vector<ResultRow> join_rows(const std::vector<RowKey>& keys,
                                 const std::vector<Record>& records,
                                 std::vector<Record>* owned = nullptr) {
  std::unordered_map<std::string, std::vector<std::size_t>> by_id;
  for (std::size_t i = 0; i < records.size(); ++i) by_id[records[i].id].push_back(i);
  std::unordered_map<std::string, Index> rows_of_id;
  for (const RowKey& key : keys) ++rows_of_id[key.id];
  std::vector<std::optional<ResultRow>> joined(keys.size());
  parallel_for(std::ssize(keys), [&](Index i) {
    const RowKey& key = keys[static_cast<std::size_t>(i)];
    const auto found = by_id.find(key.id);
    if (found == by_id.end()) return;
    std::vector<const Record*> parts;
    for (const std::size_t number : found->second) parts.push_back(&records[number]);
    joined[static_cast<std::size_t>(i)] = join_row(key, parts);
    if (owned == nullptr || rows_of_id.at(key.id) > 1) return;
    for (const std::size_t number : found->second) give_up_parts((*owned)[number]);
  });
  std::vector<ResultRow> rows;
  for (std::optional<ResultRow>& row : joined)
    if (row) rows.push_back(std::move(*row));
  return rows;
}

}  // namespace

bool is_below_floor(double kl, double kl_floor) { return kl < kFloorsToTrust * kl_floor; }

ResultRow build_row(const RowKey& key, const std::vector<Record>& records) {
  std::vector<const Record*> parts;
  for (const Record& record : records) parts.push_back(&record);
  return join_row(key, parts);
}

std::vector<ResultRow> build_results(const std::vector<RowKey>& keys,
                                     const std::vector<Record>& records,
                                     const std::vector<ModelIdentity>& models) {
  return finish_rows(join_rows(keys, records), keys, models);
}

std::vector<ResultRow> build_results(const std::vector<RowKey>& keys, std::vector<Record>&& records,
                                     const std::vector<ModelIdentity>& models) {
  return finish_rows(join_rows(keys, records, &records), keys, models);
}

std::vector<ResultRow> build_floors(const std::vector<RowKey>& keys,
                                    const std::vector<Record>& records) {
  std::vector<RowKey> floors;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(floors), is_floor);
  return join_rows(floors, records);
}

}  // namespace nf
