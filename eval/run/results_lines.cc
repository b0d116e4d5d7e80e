#include "eval/run/results_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/io/read_json.h"
#include "eval/report/csv.h"
#include "eval/report/number_text.h"
#include "eval/report/table.h"

namespace nf {

std::vector<const ResultRow*> ResultLine::samples() const {
  std::vector<const ResultRow*> samples;
  std::set<std::string> ids;
  for (const ResultRow* row : rows)
    if (!row->failed() && ids.insert(row->key.id).second) samples.push_back(row);
  return samples;
}

Index ResultLine::seeds() const {
  std::set<std::string> ids;
  for (const ResultRow* row : rows) ids.insert(row->key.id);
  return static_cast<Index>(ids.size());
}

std::string ResultLine::label() const {
  const Index all = seeds();
  const Index finished = std::ssize(samples());
  std::string text = condition_text(key());
  if (all > 1)
    text += finished == all ? fmt::format(" ({} seeds)", all)
                            : fmt::format(" ({} of {} seeds)", finished, all);
  return text;
}

std::vector<ModelLines> group_rows(const std::vector<ResultRow>& rows) {
  std::vector<ModelLines> models;
  for (const ResultRow& row : rows) {
    auto model = std::find_if(models.begin(), models.end(), [&row](const ModelLines& candidate) {
      return candidate.model == row.key.model;
    });
    if (model == models.end()) model = models.insert(model, ModelLines{row.key.model, nullptr, {}});
    if (row.key.name == "baseline") {
      model->baseline = &row;
      model->lines.insert(model->lines.begin(), ResultLine{{&row}});
      continue;
    }
    const auto line =
        std::find_if(model->lines.begin(), model->lines.end(), [&row](const ResultLine& candidate) {
          return candidate.key().name == row.key.name && candidate.key().vars == row.key.vars;
        });
    if (line == model->lines.end())
      model->lines.push_back({{&row}});
    else
      line->rows.push_back(&row);
  }
  return models;
}

std::string condition_text(const RowKey& key) {
  std::string text = printable(key.name);
  for (const auto& [name, value] : key.vars.items())
    text += fmt::format(" {}={}", printable(name), printable(csv_value(value)));
  return text;
}

TableCell interval_cell(const std::optional<FigureEstimate>& estimate, double unit,
                        const std::function<std::string(double)>& format) {
  if (!estimate) return {};
  TableCell cell{.value = format(unit * estimate->mean.mean), .spread = {}};
  if (const std::optional<double> half = estimate->half_width())
    cell.spread = spread_number(unit * *half, cell.value);
  return cell;
}

std::string legend_text(const std::string& text, Index columns) {
  constexpr Index kWidest = 100;
  const Index width = columns > 0 ? std::min(columns, kWidest) : kWidest;
  std::string lines = "\n";
  for (const std::string& line : wrap_words(text, width)) lines += line + '\n';
  return lines;
}

}  // namespace nf
