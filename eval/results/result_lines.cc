#include "eval/results/result_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace nf {
namespace {

/// Names of any bytes: two that differ in bytes which are no UTF-8 alone would be one line.
constexpr auto kAnyBytes = Json::error_handler_t::ignore;

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

bool ResultLine::is_partial() const {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ResultRow* row) { return row->status == Status::partial; });
}

std::string ResultLine::label() const {
  const Index all = seeds();
  const Index finished = std::ssize(samples());
  std::vector<std::string> notes;
  if (all > 1 && mark.empty())
    notes.push_back(finished == all ? fmt::format("{} seeds", all)
                                    : fmt::format("{} of {} seeds", finished, all));
  if (is_partial()) notes.emplace_back(status_name(Status::partial));
  const std::string text = condition_text(key()) + mark;
  return notes.empty() ? text : fmt::format("{} ({})", text, fmt::join(notes, ", "));
}

std::vector<ModelLines> group_rows(const std::vector<ResultRow>& rows) {
  std::vector<ModelLines> models;
  std::unordered_map<std::string, std::size_t> model_of;
  std::unordered_map<std::string, std::size_t> line_of;  // by model, name and sweep point
  for (const ResultRow& row : rows) {
    const auto [known, is_new] = model_of.emplace(row.key.model, models.size());
    if (is_new) models.push_back({row.key.model, nullptr, {}});
    ModelLines& model = models[known->second];
    if (row.key.name == "baseline") {
      model.baseline = &row;
      continue;
    }
    const std::string point =
        Json({row.key.model, row.key.name, row.key.vars}).dump(-1, ' ', false, kAnyBytes);
    const auto [line, is_new_line] = line_of.emplace(point, model.lines.size());
    if (is_new_line)
      model.lines.push_back({{&row}});
    else
      model.lines[line->second].rows.push_back(&row);
  }
  for (ModelLines& model : models)
    if (model.baseline != nullptr)
      model.lines.insert(model.lines.begin(), ResultLine{{model.baseline}});
  return models;
}

std::set<std::string> site_names(const ResultLine& line) {
  std::set<std::string> names;
  for (const SiteStats& site : line.samples().front()->sites) names.insert(site.site);
  return names;
}

bool is_factorial_run(const ResultLine& line) { return line.key().design.kind == "factorial"; }

std::string missing_text(const ResultRow& row, const ResultRow* baseline) {
  if (baseline == nullptr || row.failed()) return "";
  return (row.stop ? "" : missing(row.text.windows, baseline->text.windows, "windows")) +
         missing(std::ssize(row.questions), std::ssize(baseline->questions), "questions");
}

}  // namespace nf
