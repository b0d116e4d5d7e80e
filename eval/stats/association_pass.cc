#include "eval/stats/association_pass.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "eval/stats/spearman.h"

namespace nf {
namespace {

constexpr std::size_t kMostBlocks = 256;

double correlation(double xy, double xx, double yy) {
  return xx > 0.0 && yy > 0.0 ? std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0) : kNoStatistic;
}

}  // namespace

double fisher_z(double r, double n) {
  const double most = 1.0 - 6.0 / (n * n * n - n);
  return std::atanh(std::clamp(r, -most, most));
}

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

AssociationSample AssociationPass::make_sample() const {
  AssociationSample sample;
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

void AssociationPass::sum_outcomes(AssociationSample& sample) const {
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
    sample.log_y[t] = sample.y[t] > 0.0 ? std::log(sample.y[t]) : kNoStatistic;
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

void AssociationPass::rank_set(const TrialSet& set, AssociationSample& sample,
                               SetRanks& ranks) const {
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
                                  const AssociationSample& sample) const {
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
double AssociationPass::pearson(const OrderedPredictor& predictor,
                                const AssociationSample& sample) const {
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

void AssociationPass::evaluate(AssociationSample& sample,
                               std::vector<Statistics>& statistics) const {
  sum_outcomes(sample);
  for (std::size_t s = 0; s < sets_.size(); ++s) rank_set(sets_[s], sample, sample.ranks[s]);
  statistics.resize(predictors_.size());
  for (std::size_t p = 0; p < predictors_.size(); ++p) {
    const OrderedPredictor& predictor = predictors_[p];
    Statistics& own = statistics[p];
    own.fill(kNoStatistic);
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
    own[kPartial] = ranks.zz > 0.0 ? partial_correlation(xy, xz, yz).value_or(kNoStatistic)
                                   : xy;  // of equal sizes
  }
}

}  // namespace nf
