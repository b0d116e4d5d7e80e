#include "eval/results/row_context.h"

#include <algorithm>
#include <set>

namespace nf {
namespace {

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

}  // namespace

std::vector<ResultRow> finish_rows(std::vector<ResultRow> rows, const std::vector<RowKey>& keys,
                                   const std::vector<ModelIdentity>& models) {
  const RowContext context(rows, models);
  std::erase_if(rows, [](const ResultRow& row) { return is_floor(row.key); });
  for (ResultRow& row : rows) {
    if (row.key.name == "baseline")
      context.finish_baseline(keys, rows, row);
    else
      context.finish(row);
  }
  return rows;
}

RowContext::RowContext(const std::vector<ResultRow>& rows,
                       const std::vector<ModelIdentity>& models) {
  for (const ResultRow& row : rows) {
    if (row.failed()) continue;
    if (is_floor(row.key) && row.text.sums.tokens > 0)
      floors_[row.key.model] = row.text.sums.kl / static_cast<double>(row.text.sums.tokens);
    if (row.key.name == "baseline")
      whole_[row.key.model] = {row.text.windows, std::ssize(row.questions)};
  }
  for (const ModelIdentity& model : models)
    if (const ModelIdentity* const sized = find_sized_model(models, model.model))
      whole_[model.model] = {sized->windows, sized->question_count()};
}

void RowContext::finish(ResultRow& row) const { finish(row, row.stop.has_value()); }

void RowContext::finish_baseline(const std::vector<RowKey>& keys,
                                 const std::vector<ResultRow>& rows, ResultRow& baseline) const {
  finish(baseline, baseline.stop || has_stopped(baseline, keys, rows));
}

void RowContext::set_floor(ResultRow& row) const {
  if (const auto floor = floors_.find(row.key.model); floor != floors_.end())
    row.kl_floor = floor->second;
}

void RowContext::finish(ResultRow& row, bool stopped) const {
  set_floor(row);
  const auto whole = whole_.find(row.key.model);
  if (row.failed() || whole == whole_.end()) return;
  const auto& [windows, questions] = whole->second;
  if ((!stopped && row.text.windows < windows) || std::ssize(row.questions) < questions)
    row.status = Status::partial;
}

}  // namespace nf
