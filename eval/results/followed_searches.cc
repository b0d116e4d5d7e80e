#include "eval/results/followed_searches.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "eval/design/search_key.h"

namespace nf {
namespace {

/// Rows of baselines and of all steps that were asked for, each id once.
std::vector<ResultRow> step_rows(const std::vector<RowKey>& keys,
                                 const std::vector<Record>& records) {
  std::vector<RowKey> wanted;
  std::set<std::string> seen;
  for (const RowKey& key : keys) {
    if (key.name == "baseline") wanted.push_back(key);
    if (!key.search) continue;
    for (const SearchKey::Step& step : key.search->steps)
      if (seen.insert(step.id).second)
        wanted.push_back({.id = step.id, .name = key.name, .model = key.model});
  }
  return build_results(wanted, records);
}

bool is_finished(const ResultRow& row, const std::vector<ModelIdentity>& models) {
  if (row.failed()) return true;
  for (const ModelIdentity& model : models) {
    if (model.model != row.key.model) continue;
    const bool stopped = row.stop && row.text.sums.tokens >= row.stop->tokens;
    return (stopped || row.text.windows >= model.windows) &&
           std::ssize(row.questions) >= model.question_count();
  }
  return true;
}

}  // namespace

Json search_point(const RowKey& key) {
  Json point = key.vars;
  point.erase(kSearchVariable);
  return point;
}

bool same_search_point(const RowKey& a, const RowKey& b) {
  return a.search && b.search && a.name == b.name && a.model == b.model &&
         search_point(a) == search_point(b);
}

std::vector<SearchSeeds> search_seeds(const FollowedSearches& searches) {
  std::vector<SearchSeeds> all;
  for (const FollowedSearch& search : searches.searches()) {
    auto found = std::find_if(all.begin(), all.end(), [&search](const SearchSeeds& seeds) {
      return same_search_point(seeds.front()->key, search.key);
    });
    if (found == all.end()) found = all.insert(found, SearchSeeds());
    if (std::none_of(found->begin(), found->end(), [&search](const FollowedSearch* other) {
          return !search.steps.empty() && other->key.id == search.key.id;
        }))
      found->push_back(&search);
  }
  return all;
}

std::optional<double> searched_metric(BisectMetric metric, const ResultRow& step,
                                      const ResultRow* baseline) {
  if (step.failed()) return std::numeric_limits<double>::infinity();
  const auto tokens = static_cast<double>(step.text.sums.tokens);
  if (metric == BisectMetric::kl) return step.text.sums.kl / tokens;
  if (baseline == nullptr) return std::nullopt;
  std::map<Index, double> baseline_nll;
  for (const WindowSums& window : baseline->windows) baseline_nll[window.window] = window.sums.nll;
  double difference = 0.0;
  for (const WindowSums& window : step.windows) {
    const auto found = baseline_nll.find(window.window);
    if (found == baseline_nll.end()) return std::nullopt;
    difference += window.sums.nll - found->second;
  }
  return difference / tokens;
}

const ResultRow* FollowedSearch::best() const {
  if (steps.empty()) return nullptr;
  const double value = bisection.best().value;
  for (const ResultRow& step : steps)
    if (step.key.vars.at(kSearchVariable) == value) return &step;
  return nullptr;
}

void FollowedSearch::follow(const FinishedStep& finished, const ResultRow* baseline) {
  const Json point = search_point(key);
  while (const std::optional<double> value = bisection.next()) {
    std::optional<ResultRow> step = finished(*value);
    if (!step) break;
    const std::optional<double> metric =
        searched_metric(key.search->config.target.metric, *step, baseline);
    if (!metric) break;
    bisection.add(*value, *metric);
    step->key = {.id = step->key.id,
                 .name = key.name,
                 .model = key.model,
                 .seed = key.seed,
                 .vars = point,
                 .design = key.design,
                 .stops = key.stops};
    step->key.vars[kSearchVariable] = *value;
    steps.push_back(std::move(*step));
  }
  if (const ResultRow* const found = best()) {
    key.id = found->key.id;
    key.vars = found->key.vars;
  }
}

FollowedSearches::FollowedSearches(const std::vector<RowKey>& keys,
                                   const std::vector<ModelIdentity>& models,
                                   const std::vector<Record>& records)
    : keys_(keys) {
  const std::vector<ResultRow> rows = step_rows(keys, records);
  std::map<std::string, const ResultRow*> by_id, baselines;
  for (const ResultRow& row : rows)
    (row.key.name == "baseline" ? baselines[row.key.model] : by_id[row.key.id]) = &row;
  for (RowKey& key : keys_) {
    if (!key.search) continue;
    key.id.clear();
    key.vars = search_point(key);
    FollowedSearch search{.key = key, .bisection = Bisection(key.search->config)};
    const auto baseline = baselines.find(key.model);
    search.follow(
        [&](double value) -> std::optional<ResultRow> {
          const auto row = by_id.find(key.search->step_id(value));
          if (row == by_id.end() || !is_finished(*row->second, models)) return std::nullopt;
          return *row->second;
        },
        baseline == baselines.end() ? nullptr : baseline->second);
    key = search.key;
    searches_.push_back(std::move(search));
  }
}

std::vector<RowKey> FollowedSearches::rows() const {
  std::vector<RowKey> rows = keys_;
  std::erase_if(rows, [](const RowKey& row) { return row.id.empty(); });
  return rows;
}

}  // namespace nf
