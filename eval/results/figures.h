#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/metrics/summed_figures.h"
#include "eval/results/figure_blocks.h"
#include "eval/results/results.h"
#include "eval/stats/mean_estimate.h"

namespace nf {

/// The block that a window is part of.
FigureBlocks::key_type block_name(const WindowSums& window);

/// A figure of a trial against the baseline over the same windows or questions.
struct Figure {
  std::string name;
  bool of_text = true;  ///< else of a task's questions
  /// Whether stop rules look at it, or at a figure that is small where it is.
  bool watched_by_stop = false;
  std::function<FigureBlocks(const ResultRow& row, const ResultRow& baseline)> blocks;
};

/// The difference to the baseline over windows. Windows that only one of row and baseline has are
/// left out, and those without a scored token; no blocks where a window's sum is not known. figure:
/// of summed_figures(), with a difference.
Figure text_figure(const SummedFigure& figure);
Figure delta_nll_figure();
Figure kl_figure();
/// "delta_kl": KL - that of the row in the baseline's place, an arm of the same trial.
Figure delta_kl_figure();
Figure delta_top1_figure();  ///< top-1 agreement - 1
/// "flips_difference": flips lost - flips gained, by which the share of targets that are found most
/// probable has fallen.
Figure flips_difference_figure();
/// "delta_NAME_acc": share of right answers - the baseline's.
Figure delta_accuracy_figure(const TaskHeading& task);
/// The figures of window_figures() in their order, the flips' difference, then the accuracy of each
/// task.
std::vector<Figure> all_figures(const std::vector<TaskHeading>& tasks);

/// The figure's blocks, one row each, of the windows that all rows have: a document that one of
/// them has in part counts with that part.
std::vector<FigureBlocks> figure_blocks(const Figure& figure,
                                        const std::vector<const ResultRow*>& rows,
                                        const ResultRow& baseline);
/// The blocks that all rows have, one row each; empty where there is none.
std::vector<BlockSums> common_blocks(const std::vector<FigureBlocks>& rows);

/// A figure of one line: its rows, seeds, pooled.
struct FigureEstimate {
  MeanEstimate mean;
  std::optional<Interval> interval{};  ///< 95 %, over text and seeds
  bool stops = false;                  ///< the interval is that of the sequence, of any stop
  bool rough = false;                  ///< few blocks differ: it may cover too little
  std::string note{};                  ///< why there is no interval, or what it is
  std::vector<BlockSums> seeds{};

  /// The longer side of the interval, to stand behind a ±.
  std::optional<double> half_width() const;
};

/// Whether a stop rule looked at this figure of one of the rows, a trial with `stop`.
bool is_watched(const Figure& figure, const std::vector<const ResultRow*>& rows);
/// Estimates the mean over at least one block, tokens not 0 in sum. watched: its interval is that
/// of the confidence sequence, which holds wherever the rows stopped, and the note says so.
FigureEstimate estimate_blocks(std::vector<BlockSums> seeds, bool watched);
/// Estimates a figure of one line; none where rows and baseline share no block. samples: one row
/// per seed, none failed.
std::optional<FigureEstimate> estimate_figure(const Figure& figure,
                                              const std::vector<const ResultRow*>& samples,
                                              const ResultRow* baseline);

/// The mean of that estimate alone, at a fraction of its cost.
std::optional<double> figure_mean(const Figure& figure,
                                  const std::vector<const ResultRow*>& samples,
                                  const ResultRow* baseline);

}  // namespace nf
