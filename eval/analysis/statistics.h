#pragma once

#include <optional>
#include <vector>

#include "eval/results/figures.h"
#include "eval/results/result_lines.h"
#include "eval/results/results.h"
#include "eval/stats/detectable.h"

namespace nf {

/// One figure of one line, with its tests: a row of statistics.csv.
struct Statistic {
  const ResultLine* line = nullptr;
  const Figure* figure = nullptr;
  FigureEstimate estimate;              ///< without its blocks (seeds)
  std::optional<Interval> bootstrap{};  ///< 95 %; none where a stop rule looked at the figure
  /// p is two-sided, of delta_nll against 0; the others are adjusted over all lines of the model.
  std::optional<double> p{}, p_holm{}, p_bh{};
};

/// The statistics of all lines of a model but the baseline's, line by line, of the figures that a
/// line has blocks of. Failed rows are left out. Points into `model` and `figures`.
std::vector<Statistic> statistics_of(const ModelLines& model, const std::vector<Figure>& figures);

/// The scatter of the blocks of these rows, for planning more of them: the median over all rows
/// that have an interval and a KL. None where there is no such row.
std::optional<PlannedSpread> measured_spread(const std::vector<ResultRow>& rows);

}  // namespace nf
