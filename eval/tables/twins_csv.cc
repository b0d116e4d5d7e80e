#include "eval/tables/twins_csv.h"

#include <algorithm>

#include "eval/metrics/columns.h"
#include "eval/output/csv.h"
#include "eval/results/row_fields.h"

namespace nf {
namespace {

std::vector<std::string> fields_of(const TwinRatio& twin,
                                   const std::vector<std::string>& variables) {
  std::vector<std::string> fields = row_fields(pooled_key(twin.twin->samples()), variables);
  const auto add = [&](const std::optional<double>& value,
                       const std::optional<Interval>& interval) {
    fields.push_back(csv_number(value));
    fields.push_back(interval ? csv_number(interval->low) : "");
    fields.push_back(interval ? csv_number(interval->high) : "");
  };
  fields.push_back(std::to_string(twin.kl.mean.seeds));
  add(twin.kl.mean.mean, twin.kl.interval);
  add(twin.ratio, twin.interval);
  fields.insert(fields.end(), {csv_number(twin.p), csv_number(twin.p_holm),
                               verdict_text(twin.verdict), twin.note});
  return fields;
}

}  // namespace

std::string twins_csv(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                      const std::vector<std::string>& variables) {
  if (std::none_of(keys.begin(), keys.end(), is_twin)) return "";
  const std::vector<ModelLines> models = group_rows(rows);
  std::vector<TwinGroup> groups;
  for (const ModelLines& model : models)
    for (TwinGroup& group : twin_groups(model)) groups.push_back(std::move(group));
  return twins_csv(groups, variables);
}

std::string twins_csv(const std::vector<TwinGroup>& groups,
                      const std::vector<std::string>& variables) {
  std::string text = csv_line(twins_columns(variables)) + '\n';
  for (const TwinGroup& group : groups) text += twin_rows(group, variables);
  return text;
}

std::string twin_rows(const TwinGroup& group, const std::vector<std::string>& variables) {
  std::string text;
  for (const TwinRatio& twin : group.twins) text += csv_line(fields_of(twin, variables)) + '\n';
  return text;
}

}  // namespace nf
