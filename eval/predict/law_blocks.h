#pragma once

#include <optional>
#include <span>
#include <vector>

#include "eval/predict/law_line.h"
#include "eval/results/figures.h"
#include "eval/stats/mean_ratio.h"

namespace nf {

/// Figures that follow from the KL of several lines: a law's weight, its cap, its prediction. To
/// first order such a figure moves with the KL of line r by slope r times as much, so its blocks
/// are Σ_r slope_r·(KL of line r in that block), and everything known of means over blocks and
/// seeds holds of it.
class LawBlocks {
 public:
  /// lines: of one model, with `baseline`; their common windows are taken.
  LawBlocks(const std::vector<LawLine>& lines, const ResultRow& baseline);

  /// The figure's blocks, one row a seed where all lines that enter have equally many, else one of
  /// the means over their seeds. slopes: one a line. value: the figure's, where the slopes,
  /// weighted by the KLs, do not add up to it, as those of a ratio of KLs.
  std::vector<BlockSums> blocks(std::span<const double> slopes,
                                std::optional<double> value = std::nullopt) const;
  /// Whether the lines have a window in common.
  bool has_windows() const { return !names_.empty(); }
  /// The blocks of a line of its own, not among these; none where it lacks windows that they have.
  std::optional<std::vector<BlockSums>> measured(const LawLine& line) const;
  /// second / first.
  MeanRatio ratio(std::vector<BlockSums> first, std::vector<BlockSums> second) const;

 private:
  const ResultRow* baseline_;
  std::vector<FigureBlocks::key_type> names_{};  ///< of the blocks
  std::vector<std::vector<BlockSums>> lines_{};  ///< [line][seed]
  bool watched_ = false;
};

}  // namespace nf
