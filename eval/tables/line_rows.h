#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eval/output/table.h"
#include "eval/results/figures.h"
#include "eval/results/followed_searches.h"
#include "eval/results/result_lines.h"

namespace nf {

/// Marks the lines of searches: with their seeds where there are several, and with the state where
/// they have not converged: " (seed 1, above the range)". searches: null: the states are unknown.
void mark_searches(const FollowedSearches* searches, std::vector<ModelLines>& models);

/// A limit on the lines of a model.
struct LineLimit {
  Index lines = 0;        ///< 0: all are shown
  std::string command{};  ///< shows the others
};

/// Adds a model's lines to a table; all runs of a factorial design are one line of words, and so
/// are those beyond the limit.
void add_lines(const ModelLines& model,
               const std::function<std::vector<TableCell>(const ResultLine&)>& cells,
               TextTable& table, const LineLimit& limit = {});

/// A figure times `unit`, ± the longer side of its 95 % interval; empty where there is none.
TableCell interval_cell(const std::optional<FigureEstimate>& estimate, double unit,
                        const std::function<std::string(double)>& format);

/// A text for below a table, broken to the terminal's width.
std::string legend_text(const std::string& text, Index columns);

}  // namespace nf
