#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "eval/results/figures.h"
#include "eval/results/result_lines.h"
#include "eval/results/results.h"
#include "eval/stats/block_bootstrap.h"
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

/// The bootstraps of figures by their number of blocks, each drawn once: that takes longer than one
/// resampling. Thread-safe.
class Bootstraps {
 public:
  const BlockBootstrap& of(Index blocks);

 private:
  std::mutex mutex_;
  std::map<Index, BlockBootstrap> by_blocks_;
};

/// The statistics of one line, which is not the baseline's, without their tests: of the figures
/// that it has blocks of. Points into `line` and `figures`.
std::vector<Statistic> line_statistics(const ResultLine& line, const ResultRow* baseline,
                                       const std::vector<Figure>& figures, Bootstraps& bootstraps);
/// Tests the figures that are tested of all lines of a model, which are a family of tests each.
void add_tests(std::span<Statistic* const> statistics);

/// The statistics of all lines of a model but the baseline's, line by line, of the figures that a
/// line has blocks of. Failed rows are left out. Points into `model` and `figures`.
std::vector<Statistic> statistics_of(const ModelLines& model, const std::vector<Figure>& figures);

/// The scatter of the blocks of these rows, for planning more of them: the median over all rows
/// that have an interval and a KL. None where there is no such row.
std::optional<PlannedSpread> measured_spread(const std::vector<ResultRow>& rows);

}  // namespace nf
