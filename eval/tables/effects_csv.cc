#include "eval/tables/effects_csv.h"

#include <algorithm>

#include "eval/analysis/effects.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

class EffectsCsv {
 public:
  explicit EffectsCsv(const std::vector<std::string>& variables)
      : variables_(variables), csv_(effects_columns(variables)) {}

  void add_group(const EffectGroup& group) {
    for (const Figure& figure : {kl_figure(), delta_nll_figure()})
      for (const Effect& effect : effects_of(group, figure)) add(group, figure.name, effect);
  }

  const std::string& text() const { return csv_.text(); }

 private:
  void add(const EffectGroup& group, const std::string& metric, const Effect& effect) {
    if (!effect.estimate && effect.note.empty()) return;
    std::vector<std::string> fields = {group.key.model, group.key.name};
    const std::vector<std::string> values = variable_fields(group.key.vars, variables_);
    fields.insert(fields.end(), values.begin(), values.end());
    fields.insert(fields.end(), {metric, effect.effect, effect.a, effect.b});
    if (effect.estimate) {
      const FigureEstimate& estimate = *effect.estimate;
      const std::optional<Interval>& interval = estimate.interval;
      fields.insert(fields.end(),
                    {csv_number(estimate.mean.mean), interval ? csv_number(interval->low) : "",
                     interval ? csv_number(interval->high) : "",
                     std::to_string(estimate.mean.blocks), estimate.note});
    } else {
      fields.insert(fields.end(), {"", "", "", "", effect.note});
    }
    fields.insert(fields.end(),
                  {effect.p ? csv_number(*effect.p) : "",
                   effect.p_holm ? csv_number(*effect.p_holm) : "", group.key.design.kind});
    csv_.add_row(fields);
  }

  std::vector<std::string> variables_;
  CsvText csv_;
};

}  // namespace

std::string effects_csv(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys) {
  if (std::none_of(rows.begin(), rows.end(), has_effects)) return "";
  const std::vector<ModelLines> models = group_rows(rows);
  std::vector<EffectGroup> groups;
  for (const ModelLines& model : models)
    if (model.baseline != nullptr)
      for (EffectGroup& group : effect_groups(model, keys)) groups.push_back(std::move(group));
  std::vector<ResultRow> of_groups;  // for the columns: the variables that are left
  for (const EffectGroup& group : groups) of_groups.push_back({.key = group.key});
  EffectsCsv csv(sweep_variables(of_groups));
  for (const EffectGroup& group : groups) csv.add_group(group);
  return csv.text();
}

}  // namespace nf
