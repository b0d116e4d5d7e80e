#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "eval/stats/rank_association.h"

namespace nf {

/// Value of a statistic that a sample does not have.
inline constexpr double kNoStatistic = std::numeric_limits<double>::quiet_NaN();

/// Fisher's z of a correlation over n trials; 1 counts as half an exchange of neighbours less.
double fisher_z(double r, double n);

/// Figures of one predictor in one sample; not a number where it has none.
enum Statistic : std::size_t {
  kSpearman,
  kPartial,
  kPearson,
  kZ,
  kSizeZ,
  kShared,
  kOfSize,
  kStatistics
};
using Statistics = std::array<double, kStatistics>;

/// Sums of squares and products about the mean rank.
struct RankSums {
  double xx = 0.0, xy = 0.0, xz = 0.0;
};

/// Trials that some predictors have, and no others.
struct TrialSet {
  std::vector<char> holds;  // [trials]
  Index trials = 0, clusters = 0;
};

/// A predictor with what does not depend on the sample.
struct OrderedPredictor {
  const PredictorFigure* figure = nullptr;
  std::vector<std::uint32_t> order{};  // of the trials that have it, ascending
  std::size_t own = 0, shared = 0;     // sets: that have it, that have the size besides
};

/// The ranks of the outcome and of the size among the trials of one set.
struct SetRanks {
  double mean = 0.0;         // rank
  std::vector<double> y, z;  // [trials]
  double yy = 0.0, zz = 0.0, yz = 0.0;
};

/// One thread's memory for one sample.
struct AssociationSample {
  std::vector<double> counts, block_counts;  // [trials], [blocks]
  std::vector<double> y, log_y, tokens;      // [trials]
  std::vector<std::pair<double, std::uint32_t>> order;
  std::vector<SetRanks> ranks;  // of each set
};

/// The statistics of all predictors in samples of the trials and of the text. Each thread takes a
/// AssociationSample of its own. Keeps a reference to `trials`.
class AssociationPass {
 public:
  explicit AssociationPass(const RankedTrials& trials);

  std::size_t predictors() const { return predictors_.size(); }
  const TrialSet& own_set(std::size_t predictor) const { return sets_[predictors_[predictor].own]; }
  const TrialSet& shared_set(std::size_t predictor) const {
    return sets_[predictors_[predictor].shared];
  }
  Index blocks() const { return std::ssize(sums_); }
  AssociationSample make_sample() const;
  /// Fills what the counts of a sample say.
  void evaluate(AssociationSample& sample, std::vector<Statistics>& statistics) const;

 private:
  std::size_t add_set(std::vector<char> holds);
  void join_blocks(const std::vector<BlockSums>& outcomes);
  void sum_outcomes(AssociationSample& sample) const;
  /// Calls visit(trial, rank) for each trial of the set that the sample has, ties sharing a rank.
  template <typename Order, typename Key, typename Visit>
  static void visit_ranks(const Order& order, const std::vector<char>& holds,
                          const std::vector<double>& counts, const Key& key, const Visit& visit);
  void rank_set(const TrialSet& set, AssociationSample& sample, SetRanks& ranks) const;
  RankSums sums_of(const OrderedPredictor& predictor, std::size_t set,
                   const AssociationSample& sample) const;
  double pearson(const OrderedPredictor& predictor, const AssociationSample& sample) const;

  const RankedTrials& trials_;
  std::size_t count_;
  std::vector<std::vector<double>> sums_, tokens_;  // [runs of blocks][trials]
  bool equal_tokens_ = true;
  std::vector<TrialSet> sets_;
  std::vector<OrderedPredictor> predictors_;
};

}  // namespace nf
