#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "eval/results/results.h"
#include "eval/stats/mean_estimate.h"

namespace nf {

/// A figure of one row by evaluation block, the blocks in the order of the text (or of the
/// questions). A block's name: its document and -1, or -1 and its window or question.
using PairedBlocks = std::map<std::pair<Index, Index>, BlockSum>;

/// A figure of a trial against the baseline over the same windows or questions.
struct PairedFigure {
  std::string name;
  bool of_text = true;  ///< else of a task's questions
  std::function<PairedBlocks(const ResultRow& row, const ResultRow& baseline)> blocks;
};

/// What only one of row and baseline has is left out; windows without a scored token are.
PairedFigure delta_nll_figure();
PairedFigure kl_figure();
PairedFigure kl_reverse_figure();
PairedFigure delta_top1_figure();  ///< top-1 agreement - 1
/// "delta_NAME_acc": share of right answers - the baseline's.
PairedFigure delta_accuracy_figure(const TaskHeading& task);
/// All of the above in their order.
std::vector<PairedFigure> paired_figures(const std::vector<TaskHeading>& tasks);

/// The figure's blocks, one row each, of the windows that all rows have: a document that one of
/// them has in part counts with that part.
std::vector<PairedBlocks> paired_blocks(const PairedFigure& figure,
                                        const std::vector<const ResultRow*>& rows,
                                        const ResultRow& baseline);
/// The blocks that all rows have, one row each; empty where there is none.
std::vector<BlockSums> common_blocks(const std::vector<PairedBlocks>& rows);

/// A figure of one line: its rows, seeds, pooled.
struct FigureEstimate {
  MeanEstimate mean;
  std::optional<Interval> interval{};  ///< 95 %, over text and seeds
  bool stops = false;                  ///< the interval is that of the sequence, of any stop
  bool rough = false;                  ///< few blocks differ: it may cover too little
  std::string note{};                  ///< why there is no interval, or what it is
  std::vector<BlockSums> seeds{};

  /// The longer side of the interval: what may stand behind a ±.
  std::optional<double> half_width() const;
};

/// A stop rule looked at this figure of one of the rows: KL of a trial with `stop`, or KL in
/// reverse, which is small where KL is.
bool is_watched(const PairedFigure& figure, const std::vector<const ResultRow*>& rows);
/// The mean over at least one block, tokens not 0 in sum. watched: its interval is that of the
/// confidence sequence, which holds wherever the rows stopped, and the note says so.
FigureEstimate estimate_blocks(std::vector<BlockSums> seeds, bool watched);
/// None where rows and baseline share no block. samples: one row per seed, none failed.
std::optional<FigureEstimate> estimate_figure(const PairedFigure& figure,
                                              const std::vector<const ResultRow*>& samples,
                                              const ResultRow* baseline);

}  // namespace nf
