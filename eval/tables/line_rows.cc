#include "eval/tables/line_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "eval/analysis/effect_group.h"
#include "eval/output/csv.h"
#include "eval/output/number_text.h"
#include "eval/tables/search_findings.h"

namespace nf {
namespace {

/// The states of a line's searches that have not converged, each once.
std::vector<std::string> states_of(const ResultLine& line, const FollowedSearches& searches) {
  std::vector<std::string> states;
  for (const ResultRow* row : line.rows) {
    for (const FollowedSearch& search : searches.searches()) {
      if (search.key.seed != row->key.seed || !same_search_point(search.key, row->key)) continue;
      const std::string state = search_state_text(search);
      if (!state.empty() && std::find(states.begin(), states.end(), state) == states.end())
        states.push_back(state);
    }
  }
  return states;
}

/// "seed 1", "seeds 0, 2"; empty where the searches of the line are all that there are.
std::string seeds_text(const ResultLine& line, const ModelLines& model) {
  std::set<std::string> ids;
  for (const ResultLine& other : model.lines)
    if (same_search_point(other.key(), line.key()))
      for (const ResultRow* row : other.rows) ids.insert(row->key.id);
  if (ids.size() < 2) return "";
  std::vector<std::uint64_t> seeds;
  for (const ResultRow* row : line.rows) seeds.push_back(row->key.seed.value_or(0));
  return fmt::format("seed{} {}", seeds.size() > 1 ? "s" : "", fmt::join(seeds, ", "));
}

/// Name and sweep point of a design, without the level: "fac bits=4".
std::string design_text(const ResultLine& line) {
  RowKey key = line.key();
  key.vars.erase(key.design.factor);
  return condition_text(key);
}

/// "fac: 63 runs of a factorial design over 7 roles, in results.csv".
std::string factorial_text(const ModelLines& model, const std::string& design) {
  Index runs = 0, seeds = 1, failed = 0, unfinished = 0;
  std::set<std::string> levels;
  std::string factor;
  for (const ResultLine& line : model.lines) {
    if (!is_factorial_run(line) || design_text(line) != design) continue;
    factor = line.key().design.factor;
    ++runs;
    seeds = std::max(seeds, line.seeds());
    for (const ResultRow* row : line.rows) {
      failed += row->failed() ? 1 : 0;
      unfinished += missing_text(*row, model.baseline).empty() ? 0 : 1;
    }
    const std::string level = csv_value(line.key().vars.at(factor));
    for (const std::string& part : joined_levels(level))
      if (part != kAllLevels) levels.insert(part);
  }
  std::string text =
      fmt::format("{}: {} {} of a factorial design over {} {}{}", design, runs,
                  runs == 1 ? "run" : "runs", levels.size(), factor, levels.size() == 1 ? "" : "s");
  if (seeds > 1) text += fmt::format(", {} seeds each", seeds);
  if (failed > 0) text += fmt::format(", {} failed", failed);
  if (unfinished > 0) text += fmt::format(", {} unfinished", unfinished);
  return text + ", in results.csv";
}

}  // namespace

void mark_searches(const FollowedSearches* searches, std::vector<ModelLines>& models) {
  for (ModelLines& model : models) {
    for (ResultLine& line : model.lines) {
      if (!line.key().search) continue;
      std::vector<std::string> marks;
      if (searches != nullptr) marks = states_of(line, *searches);
      if (const std::string seeds = seeds_text(line, model); !seeds.empty())
        marks.insert(marks.begin(), seeds);
      if (!marks.empty()) line.mark = fmt::format(" ({})", fmt::join(marks, ", "));
    }
  }
}

void add_lines(const ModelLines& model,
               const std::function<std::vector<TableCell>(const ResultLine&)>& cells,
               TextTable& table, const LineLimit& limit) {
  std::set<std::string> designs;
  Index shown = 0, left_out = 0;
  for (const ResultLine& line : model.lines) {
    if (is_factorial_run(line) && !designs.insert(design_text(line)).second) continue;
    if (limit.lines > 0 && shown == limit.lines) {
      ++left_out;
      continue;
    }
    ++shown;
    if (is_factorial_run(line))
      table.add_words(factorial_text(model, design_text(line)));
    else
      table.add_row(line.label(), cells(line));
  }
  if (left_out > 0) table.add_words(fmt::format("[...] {} more: {}", left_out, limit.command));
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
