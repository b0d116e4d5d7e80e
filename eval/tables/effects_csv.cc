#include "eval/tables/effects_csv.h"

#include <algorithm>

#include "eval/analysis/effects.h"
#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

/// The level of the trial that an effect of `pairs` is of.
std::string level_of(const EffectGroup& group, const Effect& effect) {
  if (effect.effect == kAdditivity) return kAllLevels;
  if (effect.b.empty()) return effect.a;
  const std::string both = effect.a + '+' + effect.b;
  const bool is_level =
      std::find(group.levels.begin(), group.levels.end(), both) != group.levels.end();
  return is_level ? both : kAllLevels;
}

/// The rows of one level, by seed.
std::vector<const ResultRow*> rows_of(const EffectGroup& group, const std::string& level) {
  std::vector<const ResultRow*> rows;
  for (const auto& [seed, of_level] : group.rows)
    if (const auto row = of_level.find(level); row != of_level.end()) rows.push_back(row->second);
  return rows;
}

/// The key of an effect that is made of all runs of a design: the id of the first, no level, and
/// the seed that all have, if one.
RowKey whole_key(const EffectGroup& group) {
  RowKey key = group.key;
  key.id.clear();
  for (const std::string& level : group.levels) {
    const std::vector<const ResultRow*> rows = rows_of(group, level);
    if (rows.empty()) continue;
    const RowKey first = pooled_key(rows);
    key.id = first.id;
    key.seed = first.seed;
    break;
  }
  if (group.rows.size() != 1) key.seed.reset();
  return key;
}

RowKey key_of(const EffectGroup& group, const Effect& effect) {
  if (group.key.design.kind != "pairs") return whole_key(group);
  const std::vector<const ResultRow*> rows = rows_of(group, level_of(group, effect));
  if (!rows.empty()) return pooled_key(rows);
  RowKey key = group.key;
  key.id.clear();
  key.seed.reset();
  return key;
}

class EffectsCsv {
 public:
  explicit EffectsCsv(const std::vector<std::string>& variables)
      : variables_(variables), csv_(CsvText::without_head(effects_columns(variables).size())) {}

  void add_group(const EffectGroup& group) {
    for (const Figure& figure : {kl_figure(), delta_nll_figure()})
      for (const Effect& effect : effects_of(group, figure)) add(group, figure.name, effect);
  }

  std::string take() { return csv_.take(); }

 private:
  void add(const EffectGroup& group, const std::string& metric, const Effect& effect) {
    if (!effect.estimate && effect.note.empty()) return;
    std::vector<std::string> fields = row_fields(key_of(group, effect), variables_);
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
                  {csv_number(effect.p), csv_number(effect.p_holm), group.key.design.kind});
    csv_.add_row(fields);
  }

  std::vector<std::string> variables_;
  CsvText csv_;
};

}  // namespace

std::string effect_rows(const EffectGroup& group, const std::vector<std::string>& variables) {
  EffectsCsv csv(variables);
  csv.add_group(group);
  return csv.take();
}

std::string effects_csv(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                        const std::vector<std::string>& variables) {
  if (std::none_of(keys.begin(), keys.end(), has_effects)) return "";
  const std::vector<ModelLines> models = group_rows(rows);
  std::string text = csv_line(effects_columns(variables)) + '\n';
  for (const ModelLines& model : models)
    if (model.baseline != nullptr)
      for (const EffectGroup& group : effect_groups(model, keys))
        text += effect_rows(group, variables);
  return text;
}

}  // namespace nf
