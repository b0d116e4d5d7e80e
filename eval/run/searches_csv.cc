#include "eval/run/searches_csv.h"

#include <algorithm>

#include "eval/report/columns.h"
#include "eval/report/csv.h"
#include "eval/run/row_fields.h"

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

}  // namespace

std::string searches_csv(const FollowedSearches& searches, const std::vector<ResultRow>&) {
  const std::vector<std::string> variables = variables_of(searches);
  CsvText csv(columns_around(variables, {"name", "model", "seed"},
                             {"metric", "target", "value", "reached", "steps", "state"}));
  Index rows = 0;
  for (const FollowedSearch& search : searches.searches()) {
    if (search.steps.empty()) continue;
    std::vector<std::string> fields = row_fields(search.key, variables);
    const BisectTarget& target = search.key.search->config.target;
    const Bisection::Point best = search.bisection.best();
    fields.insert(fields.end(),
                  {enum_name(target.metric), csv_number(target.value), csv_number(best.value),
                   csv_number(best.metric), std::to_string(search.bisection.steps()),
                   bisection_state_name(search.bisection.state())});
    csv.add_row(fields);
    ++rows;
  }
  return rows == 0 ? "" : csv.text();
}

}  // namespace nf
