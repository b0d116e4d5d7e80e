#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/analysis/equivalence_margin.h"
#include "eval/metrics/text_sums.h"
#include "eval/records/row_key.h"
#include "eval/stats/equivalence.h"
#include "eval/stats/mean_difference.h"
#include "eval/stats/mean_ratio.h"

namespace nf {

/// The outcome of a comparison.
enum class Verdict {
  worse,      ///< the trial is worse than the one it is compared with: p_holm < 0.05
  better,     ///< likewise
  not_shown,  ///< there may be a difference, but these blocks and seeds do not show it
  same,       ///< both are one condition, or equal bit for bit
  not_known,  ///< there is no interval; the note says why
};
/// "worse", "better", "no difference shown", "no difference", "not known".
std::string verdict_text(Verdict verdict);

/// Whether two trials are the same within a margin.
enum class EquivalenceVerdict {
  same,       ///< shown to be
  different,  ///< shown to be farther apart
  not_shown,  ///< neither
  not_known,  ///< there is no interval
};
/// "the same", "different", "not shown", "not known".
std::string verdict_text(EquivalenceVerdict verdict);

/// One figure of two lines.
struct ComparedFigure {
  std::string name;     ///< the mean of a summed figure, or <task>_acc
  bool of_text = true;  ///< else of a task's questions
  bool higher_is_better = false;
  MeanDifference difference;                        ///< over the blocks that all rows have
  Index all_blocks = 0;                             ///< that the baseline has
  std::optional<Interval> interval{}, bootstrap{};  ///< 95 %
  std::optional<double> p{};                        ///< two-sided, against 0
  std::optional<double> p_holm{};  ///< over all comparisons of the model in this figure
  /// The smallest difference that would have been found four times in five, at the level that Holm
  /// asks of the smallest p.
  std::optional<double> shown_from{};
  Verdict verdict = Verdict::not_known;
  /// The trial's figure over the other's, where that was asked for and the figure has a zero of its
  /// own.
  std::optional<MeanRatio> ratio{};
  std::optional<EquivalenceTest> equivalence{};  ///< where a margin was given
  /// The p of the sooner test, over all comparisons of the model in this figure (Holm).
  std::optional<double> p_equivalent{};
  EquivalenceVerdict equivalence_verdict = EquivalenceVerdict::not_known;
  bool rough = false;  ///< few blocks differ: the interval may cover too little
  std::string note{};  ///< why there is no interval, or what it is
};

/// The relation between the seeds of two lines.
enum class SeedPairing {
  paired,  ///< seed by seed, of equal draws
  each,    ///< one of the two has one seed only (or draws nothing): with each seed of the other
  apart,   ///< fewer than two seeds in common: the seeds of both add their errors
};

/// A line of a trial against a line of another.
struct LineComparison {
  RowKey against, trial;  ///< of what entered of each: pooled_key()
  std::string against_label, trial_label;
  /// The part of the sweep point of `against` that the two do not have in common, nor its selector
  /// names: "g=64".
  std::string against_rest;
  Index against_seeds = 0, trial_seeds = 0;  ///< that enter
  SeedPairing pairing = SeedPairing::each;
  TextSums text{};                        ///< that enters
  std::vector<ComparedFigure> figures{};  ///< those that both have blocks of
};

struct ModelComparison {
  std::string model;
  Index windows = 0;  ///< of the whole text
  std::vector<LineComparison> lines{};
};

struct TrialComparison {
  std::string against;                   ///< the trial that the others are compared with, as given
  std::vector<std::string> variables{};  ///< of the experiment, sweep_variables()
  std::vector<ModelComparison> models{};
  bool all_pairs = false;  ///< instead: each with each
  std::optional<EquivalenceMargin> margin{};
  std::vector<std::string> remarks{};  ///< one line each: what failed, is missing, has no partner
};

}  // namespace nf
