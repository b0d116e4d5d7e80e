#include "eval/stats/rank_association.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "eval/stats/block_bootstrap.h"
#include "eval/stats/cluster_bootstrap.h"
#include "eval/stats/distributions.h"
#include "eval/stats/spearman.h"

namespace nf {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostBlocks = 256;

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

double correlation(double xy, double xx, double yy) {
  return xx > 0.0 && yy > 0.0 ? std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0) : kNone;
}

/// Fisher's z. n: trials.
double fisher_z(double r, double n) {
  const double most = 1.0 - 6.0 / (n * n * n - n);
  return std::atanh(std::clamp(r, -most, most));
}

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
struct Sample {
  std::vector<double> counts, block_counts;  // [trials], [blocks]
  std::vector<double> y, log_y, tokens;      // [trials]
  std::vector<std::pair<double, std::uint32_t>> order;
  std::vector<SetRanks> ranks;  // of each set
};

class AssociationPass {
 public:
  explicit AssociationPass(const RankedTrials& trials);

  std::size_t predictors() const { return predictors_.size(); }
  const TrialSet& own_set(std::size_t predictor) const { return sets_[predictors_[predictor].own]; }
  const TrialSet& shared_set(std::size_t predictor) const {
    return sets_[predictors_[predictor].shared];
  }
  Index blocks() const { return std::ssize(sums_); }
  Sample make_sample() const;
  /// Fills what the counts of a sample say.
  void evaluate(Sample& sample, std::vector<Statistics>& statistics) const;

 private:
  std::size_t add_set(std::vector<char> holds);
  void join_blocks(const std::vector<BlockSums>& outcomes);
  void sum_outcomes(Sample& sample) const;
  /// Calls visit(trial, rank) for each trial of the set that the sample has, ties sharing a rank.
  template <typename Order, typename Key, typename Visit>
  static void visit_ranks(const Order& order, const std::vector<char>& holds,
                          const std::vector<double>& counts, const Key& key, const Visit& visit);
  void rank_set(const TrialSet& set, Sample& sample, SetRanks& ranks) const;
  RankSums sums_of(const OrderedPredictor& predictor, std::size_t set, const Sample& sample) const;
  double pearson(const OrderedPredictor& predictor, const Sample& sample) const;

  const RankedTrials& trials_;
  std::size_t count_;
  std::vector<std::vector<double>> sums_, tokens_;  // [runs of blocks][trials]
  bool equal_tokens_ = true;
  std::vector<TrialSet> sets_;
  std::vector<OrderedPredictor> predictors_;
};

AssociationPass::AssociationPass(const RankedTrials& trials)
    : trials_(trials), count_(trials.clusters.size()) {
  NF_CHECK(trials.outcomes.size() == count_, "{} outcomes of {} trials", trials.outcomes.size(),
           count_);
  join_blocks(trials.outcomes);
  for (const PredictorFigure& figure : trials.predictors) {
    NF_CHECK(
        figure.values.size() == count_ && (figure.logs.empty() || figure.logs.size() == count_),
        "{} values and {} logarithms of {} trials", figure.values.size(), figure.logs.size(),
        count_);
    OrderedPredictor predictor{.figure = &figure};
    std::vector<char> own(count_), shared(count_);
    for (std::size_t t = 0; t < count_; ++t) {
      own[t] = std::isnan(figure.values[t]) ? 0 : 1;
      shared[t] =
          own[t] != 0 && trials.size && !std::isnan(trials.predictors[*trials.size].values[t]) ? 1
                                                                                               : 0;
      if (own[t] != 0) predictor.order.push_back(static_cast<std::uint32_t>(t));
    }
    std::sort(predictor.order.begin(), predictor.order.end(),
              [&figure](std::uint32_t a, std::uint32_t b) {
                return figure.values[a] < figure.values[b];
              });
    predictor.own = add_set(std::move(own));
    predictor.shared = trials.size ? add_set(std::move(shared)) : predictor.own;
    predictors_.push_back(std::move(predictor));
  }
}

std::size_t AssociationPass::add_set(std::vector<char> holds) {
  const auto known = std::find_if(sets_.begin(), sets_.end(),
                                  [&holds](const TrialSet& set) { return set.holds == holds; });
  if (known != sets_.end()) return static_cast<std::size_t>(known - sets_.begin());
  TrialSet set{.holds = std::move(holds)};
  std::vector<Index> clusters;
  for (std::size_t t = 0; t < count_; ++t)
    if (set.holds[t] != 0) clusters.push_back(trials_.clusters[t]);
  set.trials = std::ssize(clusters);
  std::sort(clusters.begin(), clusters.end());
  set.clusters = std::unique(clusters.begin(), clusters.end()) - clusters.begin();
  sets_.push_back(std::move(set));
  return sets_.size() - 1;
}

void AssociationPass::join_blocks(const std::vector<BlockSums>& outcomes) {
  const std::size_t blocks = outcomes.empty() ? 0 : outcomes.front().size();
  const std::size_t run = std::max<std::size_t>(1, (blocks + kMostBlocks - 1) / kMostBlocks);
  const std::size_t runs = (blocks + run - 1) / run;
  sums_.assign(runs, std::vector<double>(count_, 0.0));
  tokens_ = sums_;
  for (std::size_t t = 0; t < count_; ++t) {
    NF_CHECK(outcomes[t].size() == blocks, "{} blocks, not {}", outcomes[t].size(), blocks);
    for (std::size_t b = 0; b < blocks; ++b) {
      sums_[b / run][t] += outcomes[t][b].sum;
      tokens_[b / run][t] += outcomes[t][b].tokens;
    }
  }
  for (const std::vector<double>& tokens : tokens_)
    equal_tokens_ = equal_tokens_ && std::all_of(tokens.begin(), tokens.end(), [&](double count) {
                      return count == tokens.front();
                    });
}

Sample AssociationPass::make_sample() const {
  Sample sample;
  sample.counts.assign(count_, 1.0);
  sample.block_counts.assign(sums_.size(), 1.0);
  sample.y.resize(count_);
  sample.log_y.resize(count_);
  sample.tokens.resize(count_);
  sample.order.reserve(count_);
  sample.ranks.resize(sets_.size());
  for (SetRanks& ranks : sample.ranks) {
    ranks.y.resize(count_);
    ranks.z.resize(count_);
  }
  return sample;
}

void AssociationPass::sum_outcomes(Sample& sample) const {
  std::fill(sample.y.begin(), sample.y.end(), 0.0);
  std::fill(sample.tokens.begin(), sample.tokens.end(), 0.0);
  double shared_tokens = 0.0;
  for (std::size_t b = 0; b < sums_.size(); ++b) {
    const double count = sample.block_counts[b];
    if (count == 0.0) continue;
    const std::vector<double>&sums = sums_[b], &tokens = tokens_[b];
    for (std::size_t t = 0; t < count_; ++t) sample.y[t] += count * sums[t];
    if (equal_tokens_) {
      shared_tokens += count * tokens.front();
      continue;
    }
    for (std::size_t t = 0; t < count_; ++t) sample.tokens[t] += count * tokens[t];
  }
  sample.order.clear();
  for (std::size_t t = 0; t < count_; ++t) {
    const double tokens = equal_tokens_ ? shared_tokens : sample.tokens[t];
    if (!(tokens > 0.0)) sample.counts[t] = 0.0;  // nothing of its text is in this sample
    if (sample.counts[t] == 0.0) continue;
    sample.y[t] /= tokens;
    sample.log_y[t] = sample.y[t] > 0.0 ? std::log(sample.y[t]) : kNone;
    sample.order.emplace_back(sample.y[t], static_cast<std::uint32_t>(t));
  }
  std::sort(sample.order.begin(), sample.order.end());
}

template <typename Order, typename Key, typename Visit>
void AssociationPass::visit_ranks(const Order& order, const std::vector<char>& holds,
                                  const std::vector<double>& counts, const Key& key,
                                  const Visit& visit) {
  double before = 0.0;
  for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
    double together = 0.0;
    const double value = key(order[first]).first;
    for (; end < order.size() && key(order[end]).first == value; ++end) {
      const std::uint32_t trial = key(order[end]).second;
      if (holds[trial] != 0) together += counts[trial];
    }
    const double rank = before + (together + 1.0) / 2.0;
    before += together;
    for (std::size_t i = first; i < end; ++i) {
      const std::uint32_t trial = key(order[i]).second;
      if (holds[trial] != 0 && counts[trial] != 0.0) visit(trial, rank);
    }
  }
}

void AssociationPass::rank_set(const TrialSet& set, Sample& sample, SetRanks& ranks) const {
  double all = 0.0;
  for (std::size_t t = 0; t < count_; ++t)
    if (set.holds[t] != 0) all += sample.counts[t];
  ranks.mean = (all + 1.0) / 2.0;
  ranks.yy = ranks.zz = ranks.yz = 0.0;
  visit_ranks(
      sample.order, set.holds, sample.counts, [](const auto& entry) { return entry; },
      [&](std::uint32_t trial, double rank) {
        ranks.y[trial] = rank - ranks.mean;
        ranks.yy += sample.counts[trial] * ranks.y[trial] * ranks.y[trial];
      });
  if (!trials_.size) return;
  const OrderedPredictor& size = predictors_[*trials_.size];
  std::fill(ranks.z.begin(), ranks.z.end(), 0.0);  // of trials without a size
  visit_ranks(
      size.order, set.holds, sample.counts,
      [&size](std::uint32_t trial) { return std::pair(size.figure->values[trial], trial); },
      [&](std::uint32_t trial, double rank) {
        ranks.z[trial] = rank - ranks.mean;
        ranks.zz += sample.counts[trial] * ranks.z[trial] * ranks.z[trial];
        ranks.yz += sample.counts[trial] * ranks.z[trial] * ranks.y[trial];
      });
}

RankSums AssociationPass::sums_of(const OrderedPredictor& predictor, std::size_t set,
                                  const Sample& sample) const {
  const SetRanks& ranks = sample.ranks[set];
  RankSums sums;
  visit_ranks(
      predictor.order, sets_[set].holds, sample.counts,
      [&predictor](std::uint32_t trial) {
        return std::pair(predictor.figure->values[trial], trial);
      },
      [&](std::uint32_t trial, double rank) {
        const double x = sample.counts[trial] * (rank - ranks.mean);
        sums.xx += x * (rank - ranks.mean);
        sums.xy += x * ranks.y[trial];
        sums.xz += x * ranks.z[trial];
      });
  return sums;
}

/// Of the logarithms, over the trials that have the predictor.
double AssociationPass::pearson(const OrderedPredictor& predictor, const Sample& sample) const {
  const std::vector<double>& x = predictor.figure->logs;
  double n = 0.0, mean_x = 0.0, mean_y = 0.0;
  for (const std::uint32_t t : predictor.order) {
    if (sample.counts[t] == 0.0) continue;
    n += sample.counts[t];
    mean_x += sample.counts[t] * x[t];
    mean_y += sample.counts[t] * sample.log_y[t];
  }
  mean_x /= n;
  mean_y /= n;
  double xx = 0.0, yy = 0.0, xy = 0.0;
  for (const std::uint32_t t : predictor.order) {
    if (sample.counts[t] == 0.0) continue;
    const double from_x = x[t] - mean_x, from_y = sample.log_y[t] - mean_y;
    xx += sample.counts[t] * from_x * from_x;
    yy += sample.counts[t] * from_y * from_y;
    xy += sample.counts[t] * from_x * from_y;
  }
  return correlation(xy, xx, yy);
}

void AssociationPass::evaluate(Sample& sample, std::vector<Statistics>& statistics) const {
  sum_outcomes(sample);
  for (std::size_t s = 0; s < sets_.size(); ++s) rank_set(sets_[s], sample, sample.ranks[s]);
  statistics.resize(predictors_.size());
  for (std::size_t p = 0; p < predictors_.size(); ++p) {
    const OrderedPredictor& predictor = predictors_[p];
    Statistics& own = statistics[p];
    own.fill(kNone);
    RankSums sums = sums_of(predictor, predictor.own, sample);
    own[kSpearman] = correlation(sums.xy, sums.xx, sample.ranks[predictor.own].yy);
    if (!predictor.figure->logs.empty()) own[kPearson] = pearson(predictor, sample);
    if (!trials_.size || p == *trials_.size) continue;
    if (predictor.shared != predictor.own) sums = sums_of(predictor, predictor.shared, sample);
    const SetRanks& ranks = sample.ranks[predictor.shared];
    const double xy = correlation(sums.xy, sums.xx, ranks.yy);
    const double xz = correlation(sums.xz, sums.xx, ranks.zz);
    const double yz = correlation(ranks.yz, ranks.yy, ranks.zz);
    const double n = static_cast<double>(sets_[predictor.shared].trials);
    own[kShared] = xy;
    own[kOfSize] = yz;
    own[kZ] = fisher_z(xy, n);
    own[kSizeZ] = fisher_z(yz, n);
    own[kPartial] =
        ranks.zz > 0.0 ? partial_correlation(xy, xz, yz).value_or(kNone) : xy;  // of equal sizes
  }
}

/// The estimate of one statistic with the spread of its replicates.
struct Spread {
  double estimate = kNone, se = kNone, degrees = 0.0;

  bool is_known() const { return std::isfinite(estimate) && std::isfinite(se) && se > 0.0; }
  std::optional<double> p() const {
    if (!is_known()) return std::nullopt;
    return std::min(1.0, 2.0 * t_tail(std::abs(estimate) / se, degrees));
  }
};

/// The standard deviation of the replicates that have the statistic; none where half of them have
/// not.
double spread_of(std::vector<double>& replicates) {
  const std::size_t all = replicates.size();
  std::erase_if(replicates, [](double value) { return !std::isfinite(value); });
  if (2 * replicates.size() < all) return kNone;
  const double n = static_cast<double>(replicates.size());
  const double mean = std::accumulate(replicates.begin(), replicates.end(), 0.0) / n;
  double squares = 0.0;
  for (const double value : replicates) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1.0));
}

using Replicates = std::vector<std::vector<Statistics>>;  // [replicates][predictors]

/// The spread of what a sample's figures come to, on a scale where it hardly depends on them.
template <typename Scaled>
Spread spread_of(const Replicates& replicates, std::size_t predictor, const Statistics& whole,
                 const TrialSet& set, const Scaled& scaled) {
  const double clusters = static_cast<double>(set.clusters);
  std::vector<double> values;
  for (const std::vector<Statistics>& replicate : replicates)
    values.push_back(scaled(replicate[predictor]));
  return {.estimate = scaled(whole),
          .se = spread_of(values) * std::sqrt(clusters / (clusters - 1.0)),
          .degrees = clusters - 1.0};
}

/// Of a correlation.
Spread spread_of(const Replicates& replicates, std::size_t predictor, Statistic statistic,
                 const Statistics& whole, const TrialSet& set) {
  const double n = static_cast<double>(set.trials), clusters = static_cast<double>(set.clusters);
  Spread spread = spread_of(replicates, predictor, whole, set, [&](const Statistics& of) {
    return std::isnan(of[statistic]) ? kNone : fisher_z(of[statistic], n);
  });
  // Trials in perfect order stay so in every replicate; the spread is then that of as many
  // independent trials with normal scores (Fieller, Hartley and Pearson, Biometrika 44, 1957).
  constexpr double kOfSpearman = 1.06;
  if (spread.se == 0.0) spread.se = std::sqrt(kOfSpearman / (clusters - 3.0));
  return spread;
}

/// Of the difference to the size: which of them orders the trials more, whichever way round.
Spread difference_to_size(const Replicates& replicates, std::size_t predictor,
                          const Statistics& whole, const TrialSet& set) {
  const double own = std::copysign(1.0, whole[kZ]), of_size = std::copysign(1.0, whole[kSizeZ]);
  return spread_of(replicates, predictor, whole, set,
                   [&](const Statistics& of) { return own * of[kZ] - of_size * of[kSizeZ]; });
}

std::optional<Interval> interval_of(const Spread& spread, double estimate) {
  if (!spread.is_known()) return std::nullopt;
  constexpr double kTail = 0.025;
  const double reach = t_quantile(kTail, spread.degrees) * spread.se;
  const Interval interval{std::tanh(spread.estimate - reach), std::tanh(spread.estimate + reach)};
  return Interval{std::min(interval.low, estimate), std::max(interval.high, estimate)};
}

/// The interval of the square of what has this one.
std::optional<Interval> squared(const std::optional<Interval>& interval) {
  if (!interval) return std::nullopt;
  const double low = interval->low * interval->low, high = interval->high * interval->high;
  return Interval{interval->low < 0.0 && interval->high > 0.0 ? 0.0 : std::min(low, high),
                  std::max(low, high)};
}

Replicates resample(const RankedTrials& trials, const AssociationPass& pass) {
  constexpr Index kTogether = 50;
  const ClusterBootstrap bootstrap(trials.clusters, pass.blocks());
  Replicates replicates(kReplicates);
  parallel_for(kReplicates / kTogether, [&](Index part) {
    Sample sample = pass.make_sample();
    for (Index r = part * kTogether; r < (part + 1) * kTogether; ++r) {
      bootstrap.draw(r, sample.counts, sample.block_counts);
      pass.evaluate(sample, replicates[static_cast<std::size_t>(r)]);
    }
  });
  return replicates;
}

std::optional<double> known(double value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

RankAssociation estimates_of(const AssociationPass& pass, std::size_t predictor,
                             const Statistics& whole) {
  const TrialSet &set = pass.own_set(predictor), &shared = pass.shared_set(predictor);
  RankAssociation association{.trials = set.trials, .clusters = set.clusters};
  constexpr Index kFewestTrials = 3;
  if (set.trials < kFewestTrials) return association;
  association.spearman = known(whole[kSpearman]);
  if (shared.trials >= kFewestTrials) {
    association.partial = known(whole[kPartial]);
    association.shared_trials = shared.trials;
    association.shared_spearman = known(whole[kShared]);
    association.size_spearman = known(whole[kOfSize]);
  }
  if (const auto r = known(whole[kPearson])) association.r2 = *r * *r;
  return association;
}

void add_spread(const AssociationPass& pass, std::size_t predictor, const Statistics& whole,
                const Replicates& replicates, RankAssociation& association) {
  const TrialSet &own = pass.own_set(predictor), &shared = pass.shared_set(predictor);
  const auto spread = [&](Statistic statistic, const TrialSet& set) {
    return spread_of(replicates, predictor, statistic, whole, set);
  };
  const Spread spearman = spread(kSpearman, own);
  association.spearman_interval = interval_of(spearman, whole[kSpearman]);
  association.p = spearman.p();
  if (association.r2)
    association.r2_interval = squared(interval_of(spread(kPearson, own), whole[kPearson]));
  if (shared.clusters < kFewestClusters) {
    if (association.partial) association.p = std::nullopt;  // Spearman's is that of other trials
    return;
  }
  if (std::isnan(whole[kZ]) || std::isnan(whole[kSizeZ])) return;
  const Spread partial = spread(kPartial, shared);
  association.partial_interval = interval_of(partial, whole[kPartial]);
  association.p = partial.p();
  association.p_against_size = difference_to_size(replicates, predictor, whole, shared).p();
}

}  // namespace

bool RankAssociation::is_beyond_size() const {
  return shared_spearman && size_spearman && std::abs(*shared_spearman) > std::abs(*size_spearman);
}

std::vector<RankAssociation> rank_associations(const RankedTrials& trials) {
  const AssociationPass pass(trials);
  std::vector<Statistics> whole;
  Sample sample = pass.make_sample();
  pass.evaluate(sample, whole);
  std::vector<RankAssociation> associations;
  bool any = false;
  for (std::size_t p = 0; p < pass.predictors(); ++p) {
    associations.push_back(estimates_of(pass, p, whole[p]));
    any = any || associations.back().clusters >= kFewestClusters;
  }
  const Replicates replicates = any ? resample(trials, pass) : Replicates{};
  for (std::size_t p = 0; p < pass.predictors(); ++p) {
    RankAssociation& association = associations[p];
    if (association.clusters < kFewestClusters)
      association.note = fmt::format("no interval: needs {} names of trials, has {}",
                                     kFewestClusters, association.clusters);
    else if (association.spearman)
      add_spread(pass, p, whole[p], replicates, association);
  }
  return associations;
}

std::optional<double> rank_ceiling(const std::vector<BlockSums>& outcomes) {
  std::vector<double> halves[2];
  for (const BlockSums& blocks : outcomes) {
    for (const std::size_t half : {std::size_t{0}, std::size_t{1}}) {
      double sum = 0.0, tokens = 0.0;
      for (std::size_t b = half; b < blocks.size(); b += 2) {
        sum += blocks[b].sum;
        tokens += blocks[b].tokens;
      }
      if (!(tokens > 0.0)) return std::nullopt;
      halves[half].push_back(sum / tokens);
    }
  }
  const std::optional<double> of_halves = spearman(halves[0], halves[1]);
  return of_halves ? spearman_brown(*of_halves) : std::nullopt;
}

double perfect_spearman(double reliability) { return std::sqrt(reliability); }

std::optional<double> block_mean(const BlockSums& blocks) {
  double sum = 0.0, tokens = 0.0;
  for (const BlockSum& block : blocks) {
    sum += block.sum;
    tokens += block.tokens;
  }
  return tokens > 0.0 ? std::optional(sum / tokens) : std::nullopt;
}

}  // namespace nf
