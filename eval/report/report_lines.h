#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/figures.h"
#include "eval/results/result_lines.h"
#include "eval/stats/log_ratio.h"

namespace nf {

/// Lines of a model for a part of a page that has room for so many.
struct ShownLines {
  std::vector<const ResultLine*> lines{};
  Index left_out = 0;

  /// "Shown are the 8 of 40 trials with the largest KL."; empty where nothing is left out.
  std::string remark() const;
};

/// The lines of a model that have a KL, in the order of the experiment; of more than `most` those
/// with the largest KL. The baseline, failed lines and runs of a factorial design are not among
/// them.
ShownLines shown_lines(const ModelLines& model, Index most);

/// The interval of a KL; [0, 0] of one that is 0 at every token, which is certain; none where there
/// is none.
std::optional<Interval> kl_interval(const FigureEstimate& kl);
/// Whether the intervals of both are known and lie apart.
bool lie_apart(const FigureEstimate& a, const FigureEstimate& b);
/// Whether the intervals of both are known and have values in common.
bool overlap(const FigureEstimate& a, const FigureEstimate& b);

/// "0.31 [0.29, 0.33]"; empty where there is none.
std::string estimate_text(const std::optional<FigureEstimate>& estimate);
/// A share of tokens, "1.2 % [0.9, 1.6]".
std::string percent_text(const std::optional<FigureEstimate>& estimate);
/// "2.01 [1.93, 2.10]", or the reason why there is none.
std::string ratio_text(const LogRatio& ratio);

}  // namespace nf
