#include "eval/results/result_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace nf {
namespace {

/// ", 1 of 2 windows" where fewer are there than the baseline has.
std::string missing(Index count, Index of, const char* what) {
  return count < of ? fmt::format(", {} of {} {}", count, of, what) : "";
}

}  // namespace

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
  std::string text = condition_text(key()) + mark;
  if (all > 1 && mark.empty())
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

bool is_factorial_run(const ResultLine& line) { return line.key().design.kind == "factorial"; }

std::string missing_text(const ResultRow& row, const ResultRow* baseline) {
  if (baseline == nullptr || row.failed()) return "";
  return (row.stop ? "" : missing(row.text.windows, baseline->text.windows, "windows")) +
         missing(std::ssize(row.questions), std::ssize(baseline->questions), "questions");
}

}  // namespace nf
