#include "eval/stats/rank_association.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>

#include "core/base/parallel.h"
#include "eval/stats/association_pass.h"
#include "eval/stats/block_bootstrap.h"
#include "eval/stats/cluster_bootstrap.h"
#include "eval/stats/distributions.h"
#include "eval/stats/spearman.h"

namespace nf {
namespace {

/// The estimate of one statistic with the spread of its replicates.
struct Spread {
  double estimate = kNoStatistic, se = kNoStatistic, degrees = 0.0;

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
  if (2 * replicates.size() < all) return kNoStatistic;
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
    return std::isnan(of[statistic]) ? kNoStatistic : fisher_z(of[statistic], n);
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
    AssociationSample sample = pass.make_sample();
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
  AssociationSample sample = pass.make_sample();
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
