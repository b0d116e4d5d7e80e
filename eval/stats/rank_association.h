#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/stats/block_sum.h"

namespace nf {

/// A figure of each trial that may predict an outcome.
struct PredictorFigure {
  /// [trials] The more of it, the more of the outcome is expected; not a number: a trial has none.
  std::vector<double> values{};
  /// [trials] The same as the logarithm of the outcome is expected to grow with it; empty: there is
  /// no R².
  std::vector<double> logs{};
};

/// Trials with an outcome, each over the same blocks of text.
struct RankedTrials {
  std::vector<Index> clusters{};      ///< [trials] numbers from 0 on, none left out
  std::vector<BlockSums> outcomes{};  ///< [trials][blocks]; of a block without tokens there is none
  std::vector<PredictorFigure> predictors{};
  /// The predictor that the others are held against: the size of δ.
  std::optional<std::size_t> size{};
};

/// How far one predictor orders the trials, and predicts their outcome.
struct RankAssociation {
  Index trials = 0, clusters = 0;  ///< that have the predictor
  std::optional<double> spearman{};
  std::optional<Interval> spearman_interval{};  ///< all intervals: 95 %
  /// Spearman given the size, over the trials that have both; none of the size itself.
  std::optional<double> partial{};
  std::optional<Interval> partial_interval{};
  /// R² of the logarithm of the outcome: the square of Pearson's correlation with `logs`.
  std::optional<double> r2{};
  std::optional<Interval> r2_interval{};
  /// Two-sided: that the partial correlation is 0; of the size itself, or without one, Spearman's.
  /// None where there is a partial correlation without an interval.
  std::optional<double> p{};
  /// Two-sided: that Spearman is as far from 0 as that of the size, over the trials that have both.
  std::optional<double> p_against_size{};
  std::string note{};  ///< why there are no intervals
  /// The two that p_against_size is of: over the trials that have both; none of the size itself.
  Index shared_trials = 0;
  std::optional<double> shared_spearman{}, size_spearman{};

  /// Whether it orders the trials that have both farther than the size does, whichever way round.
  bool is_beyond_size() const;
};

/// The associations of all predictors. The spread is that of kReplicates of ClusterBootstrap (more
/// than 256 blocks: runs of neighbours), the same for all, so that what two predictors share drops
/// out of their difference. Intervals and p are those of Student's t with clusters − 1 degrees of
/// freedom on the scale of Fisher's z = atanh(r) (Metron 1, 1921), whose spread hardly depends on
/// r; with the standard deviation of the replicates times √(clusters/(clusters − 1)). A correlation
/// of 1 counts as half an exchange of neighbours less, 1 − 6/(n³ − n). Fewer than
/// kFewestClusters clusters have neither.
std::vector<RankAssociation> rank_associations(const RankedTrials& trials);

/// Fewer clusters of trials say nothing of how trials differ.
inline constexpr Index kFewestClusters = 8;

/// Spearman's correlation of the outcome by the odd and by the even blocks, brought up to the
/// length of the whole (spearman_brown()): the rank correlation that another text of this length
/// would have with this one, the same draws on it. Its square root is about what a predictor
/// reaches that knows the damage on all texts (perfect_spearman()). None of fewer than 2 blocks.
std::optional<double> rank_ceiling(const std::vector<BlockSums>& outcomes);

/// The rank correlation with one text's outcome that the outcome over all texts is expected to have
/// where two texts have `reliability` with each other: √reliability (Spearman, Am. J. Psychol. 15,
/// 1904).
double perfect_spearman(double reliability);

/// Σ sums / Σ tokens; none without tokens.
std::optional<double> block_mean(const BlockSums& blocks);

}  // namespace nf
