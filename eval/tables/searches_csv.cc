#include "eval/tables/searches_csv.h"

#include <algorithm>
#include <map>

#include "eval/analysis/tolerance.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

/// Sweep variables of all searches, without the value that is searched for.
std::vector<std::string> variables_of(const FollowedSearches& searches) {
  std::vector<std::string> names;
  for (const FollowedSearch& search : searches.searches()) {
    const Json point = search_point(search.key);
    for (const auto& [name, value] : point.items())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string known(const std::optional<double>& value) { return value ? csv_number(*value) : ""; }

void add_row(const RowKey& key, const std::vector<std::string>& variables,
             const std::vector<std::string>& reached, const Tolerance& tolerance, CsvText& csv) {
  std::vector<std::string> fields = row_fields(key, variables);
  const BisectTarget& target = key.search->config.target;
  fields.insert(fields.end(), {enum_name(target.metric), csv_number(target.value)});
  fields.insert(fields.end(), reached.begin(), reached.end());
  fields.insert(fields.end(),
                {known(tolerance.estimate), known(tolerance.low), known(tolerance.high),
                 std::to_string(tolerance.seeds), tolerance.note});
  csv.add_row(fields);
}

/// The last one that has a row.
const FollowedSearch* last_begun(const SearchSeeds& seeds) {
  const auto found = std::find_if(seeds.rbegin(), seeds.rend(), [](const FollowedSearch* search) {
    return !search->steps.empty();
  });
  return found == seeds.rend() ? nullptr : *found;
}

}  // namespace

std::string searches_csv(const FollowedSearches& searches, const std::vector<ResultRow>& rows) {
  const std::vector<std::string> variables = variables_of(searches);
  std::map<std::string, const ResultRow*> baselines;
  for (const ResultRow& row : rows)
    if (row.key.name == "baseline") baselines[row.key.model] = &row;
  const std::vector<SearchSeeds> all_seeds = search_seeds(searches);
  CsvText csv(searches_columns(variables));
  Index count = 0;
  for (const FollowedSearch& search : searches.searches()) {
    if (search.steps.empty()) continue;
    ++count;
    const Bisection::Point best = search.bisection.best();
    const ResultRow* const baseline = baselines[search.key.model];
    add_row(
        search.key, variables,
        {csv_number(best.value), csv_number(best.metric), std::to_string(search.bisection.steps()),
         bisection_state_name(search.bisection.state())},
        tolerance_of(search, baseline), csv);
    for (const SearchSeeds& seeds : all_seeds) {
      if (seeds.size() < 2 || last_begun(seeds) != &search) continue;
      RowKey pooled = search.key;
      pooled.seed.reset();
      add_row(pooled, variables, {"", "", "", ""}, pooled_tolerance(seeds, baseline), csv);
    }
  }
  return count == 0 ? "" : csv.text();
}

}  // namespace nf
