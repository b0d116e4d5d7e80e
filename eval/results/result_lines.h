#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eval/output/table.h"
#include "eval/results/figures.h"
#include "eval/results/followed_searches.h"
#include "eval/results/results.h"

namespace nf {

/// One line of a table for the terminal: the rows that differ in their seeds only.
struct ResultLine {
  std::vector<const ResultRow*> rows;
  std::string mark{};  ///< what the label says of seeds and state, of a search: mark_searches()

  const RowKey& key() const { return rows.front()->key; }
  /// The rows that tell something new: without failures, and of rows that share an id (nothing is
  /// drawn, so the seed is without effect) the first.
  std::vector<const ResultRow*> samples() const;
  /// Rows that do not share an id.
  Index seeds() const;
  /// Name and sweep point, and how many seeds there are: "noise r=0.05 (3 seeds)".
  std::string label() const;
};

/// The lines of one model, baseline first.
struct ModelLines {
  std::string model;
  const ResultRow* baseline = nullptr;  ///< nullptr where there is none yet
  std::vector<ResultLine> lines;

  /// The baseline, or what there is instead: says how much text and how many questions there are.
  const ResultRow& first_row() const {
    return baseline != nullptr ? *baseline : *lines.front().rows.front();
  }
};

/// Models in order of first appearance. Points into `rows`.
std::vector<ModelLines> group_rows(const std::vector<ResultRow>& rows);

/// Marks the lines of searches that have several seeds with them, and of those that have not
/// converged with the state: " (seed 1, above the range)". searches: null: the states are unknown.
void mark_searches(const FollowedSearches* searches, std::vector<ModelLines>& models);

/// Adds a model's lines to a table, for all runs of a factorial design one of words.
void add_lines(const ModelLines& model,
               const std::function<std::vector<TableCell>(const ResultLine&)>& cells,
               TextTable& table);

/// A run of a factorial design, which has no line of its own on the terminal.
bool is_factorial_run(const ResultLine& line);
/// ", 1 of 2 windows": what a row still lacks; empty where there is nothing, or no baseline to say.
std::string missing_text(const ResultRow& row, const ResultRow* baseline);

/// "noise-sweep r=0.05 dist=gaussian": the name and the sweep point.
std::string condition_text(const RowKey& key);

/// A figure times `unit`, ± the longer side of its 95 % interval; empty where there is none.
TableCell interval_cell(const std::optional<FigureEstimate>& estimate, double unit,
                        const std::function<std::string(double)>& format);
/// The table of the tasks, and what stands below it: what its columns mean.
extern const char* const kTaskLegend;
std::string task_table(const std::vector<ModelLines>& models, const std::vector<TaskHeading>& tasks,
                       Index columns);

/// A text for below a table, broken to the terminal's width.
std::string legend_text(const std::string& text, Index columns);

}  // namespace nf
