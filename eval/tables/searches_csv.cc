#include "eval/tables/searches_csv.h"

#include <algorithm>

#include "eval/analysis/tolerance.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

void add_row(const RowKey& key, const std::vector<std::string>& variables,
             const std::vector<std::string>& reached, const Tolerance& tolerance, CsvText& csv) {
  std::vector<std::string> fields = row_fields(key, variables);
  const BisectTarget& target = key.search->config.target;
  fields.insert(fields.end(), {enum_name(target.metric), csv_number(target.value)});
  fields.insert(fields.end(), reached.begin(), reached.end());
  fields.insert(fields.end(),
                {csv_number(tolerance.estimate), csv_number(tolerance.low),
                 csv_number(tolerance.high), std::to_string(tolerance.seeds), tolerance.note});
  csv.add_row(fields);
}

bool has_row(const FollowedSearch* search) { return !search->steps.empty(); }

/// The last one that has a row.
const FollowedSearch* last_begun(const SearchSeeds& seeds) {
  const auto found = std::find_if(seeds.rbegin(), seeds.rend(), has_row);
  return found == seeds.rend() ? nullptr : *found;
}

/// The key of the row of all seeds: the id of the first that has a row, neither seed nor value.
RowKey key_of_all(const SearchSeeds& seeds) {
  RowKey key = (*std::find_if(seeds.begin(), seeds.end(), has_row))->key;
  key.seed.reset();
  key.vars.erase(kSearchVariable);
  return key;
}

}  // namespace

std::string searches_csv(const FollowedSearches& searches, const std::vector<ResultRow>& rows,
                         const std::vector<std::string>& variables) {
  return searches_text(searches, TableBaselines(rows), variables);
}

std::string searches_text(const FollowedSearches& searches, const TableBaselines& baselines,
                          const std::vector<std::string>& variables) {
  if (searches.searches().empty()) return "";
  const std::vector<SearchSeeds> all_seeds = search_seeds(searches);
  CsvText csv(searches_columns(variables));
  for (const FollowedSearch& search : searches.searches()) {
    if (search.steps.empty()) continue;
    const Bisection::Point best = search.bisection.best();
    const ResultRow* const baseline = baselines.last(search.key.model);
    add_row(
        search.key, variables,
        {csv_number(best.value), csv_number(best.metric), std::to_string(search.bisection.steps()),
         bisection_state_name(search.bisection.state())},
        tolerance_of(search, baseline), csv);
    for (const SearchSeeds& seeds : all_seeds) {
      if (seeds.size() < 2 || last_begun(seeds) != &search) continue;
      add_row(key_of_all(seeds), variables, {"", "", "", ""}, pooled_tolerance(seeds, baseline),
              csv);
    }
  }
  return csv.text();
}

}  // namespace nf
