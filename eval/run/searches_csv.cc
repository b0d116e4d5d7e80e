#include "eval/run/searches_csv.h"

#include <algorithm>

#include "eval/report/columns.h"
#include "eval/report/csv.h"
#include "eval/run/row_fields.h"

namespace nf {
namespace {

/// Sweep variables of all searches, without the value that is searched for.
std::vector<std::string> variables_of(const std::vector<const ModelPlan*>& plans) {
  std::vector<std::string> names;
  for (const ModelPlan* plan : plans)
    for (const Search& search : plan->searches())
      for (const auto& [name, value] : search.trial.vars.items())
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

}  // namespace

std::string searches_csv(const std::vector<const ModelPlan*>& plans) {
  const std::vector<std::string> variables = variables_of(plans);
  CsvText csv(columns_around(variables, {"name", "model", "seed"},
                             {"metric", "target", "value", "reached", "steps", "state"}));
  Index rows = 0;
  for (const ModelPlan* plan : plans) {
    for (const Search& search : plan->searches()) {
      if (search.bisection.steps() == 0) continue;
      std::vector<std::string> fields = {search.trial.name, plan->name(),
                                         std::to_string(search.trial.seed)};
      for (std::string& value : variable_fields(search.trial.vars, variables))
        fields.push_back(std::move(value));
      const BisectTarget& target = search.trial.bisect->target;
      const Bisection::Point best = search.bisection.best();
      fields.push_back(enum_name(target.metric));
      fields.push_back(csv_number(target.value));
      fields.push_back(csv_number(best.value));
      fields.push_back(csv_number(best.metric));
      fields.push_back(std::to_string(search.bisection.steps()));
      fields.push_back(bisection_state_name(search.bisection.state()));
      csv.add_row(fields);
      ++rows;
    }
  }
  return rows == 0 ? "" : csv.text();
}

}  // namespace nf
