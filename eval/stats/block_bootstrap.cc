#include "eval/stats/block_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/random/philox.h"
#include "eval/stats/distributions.h"
#include "eval/stats/mean_estimate.h"
#include "eval/stats/replicate_kernels.h"

namespace nf {
namespace {

constexpr Index kMostDrawn = 512;
constexpr double kTail = 0.025;
/// The least standard error of a replicate, as a share of the sample's. A replicate may miss all of
/// the few blocks that differ at all (questions, mostly): its own standard error is then 0, and its
/// error in these units infinite, or no number where that is 0 too.
constexpr double kLeastError = 0.1;

/// The value below which a share of all lies: of the sorted ones, the one at position share·(n + 1)
/// from 1. Moves them.
double quantile(std::vector<double>& values, double share) {
  const double position = share * static_cast<double>(values.size() + 1) - 1.0;
  const Index below = static_cast<Index>(position);
  const double part = position - static_cast<double>(below);
  const auto low = values.begin() + below;
  std::nth_element(values.begin(), low, values.end());
  const double high = *std::min_element(std::next(low), values.end());  // all behind are not less
  return *low * (1.0 - part) + high * part;
}

/// A figure over the runs, its sums about their mean, so that the squares lose no digits.
struct Centred {
  MeanEstimate whole;
  BlockSums runs;
};

bool have_same_tokens(const BlockSums& a, const BlockSums& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const BlockSum& x, const BlockSum& y) { return x.tokens == y.tokens; });
}

/// The terms of a replicate's sums of one figure or two.
std::vector<ReplicateSums> terms_of(std::span<const Centred* const> figures) {
  std::vector<ReplicateSums> terms(figures.front()->runs.size());
  for (std::size_t b = 0; b < terms.size(); ++b) {
    const double tokens = figures.front()->runs[b].tokens;
    terms[b].tokens = tokens;
    terms[b].tokens2 = tokens * tokens;
    for (std::size_t f = 0; f < figures.size(); ++f) {
      const double sum = figures[f]->runs[b].sum;
      terms[b].figures[f] = {.sum = sum, .cross = tokens * sum, .sum2 = sum * sum};
    }
  }
  return terms;
}

Interval interval_of(const MeanEstimate& whole, Index figure, double n,
                     const std::vector<ReplicateSums>& replicates) {
  std::vector<double> errors;  // of the replicates, in their own standard errors
  errors.reserve(replicates.size());
  for (const ReplicateSums& one : replicates) {
    const auto& [sum, cross, sum2] = one.figures[figure];
    const double error = sum / one.tokens;
    const double squares = std::max(0.0, sum2 - 2.0 * error * cross + error * error * one.tokens2);
    const double se = std::sqrt(squares * n / (n - 1.0)) / one.tokens;
    errors.push_back(error / std::max(se, kLeastError * whole.se_text));
  }
  // As with the analytic interval, skewness may only widen a side, and by no more than there: with
  // few blocks that differ a quantile may come from a replicate that missed them.
  const double t = t_quantile(kTail, n - 1.0);
  const auto reach = [&](double error) {
    return whole.se_text * std::clamp(error, t, kMostWidening * t);
  };
  return {.low = whole.mean - reach(quantile(errors, 1.0 - kTail)),
          .high = whole.mean + reach(-quantile(errors, kTail))};
}

}  // namespace

BlockBootstrap::BlockBootstrap(Index blocks)
    : blocks_(blocks),
      run_((blocks + kMostDrawn - 1) / kMostDrawn),
      drawn_((blocks + run_ - 1) / run_) {
  NF_CHECK(blocks >= kFewestBlocks, "a bootstrap of {} blocks", blocks);
  draws_.resize(static_cast<std::size_t>(kReplicates * drawn_));
  std::vector<std::uint64_t> words(static_cast<std::size_t>(drawn_));
  auto draw = draws_.begin();
  for (Index replicate = 0; replicate < kReplicates; ++replicate) {
    philox_kernels().draw_u64(words.data(), drawn_, 0, kBootstrapKey,
                              static_cast<std::uint64_t>(replicate));
    for (const std::uint64_t word : words)
      *draw++ =
          static_cast<std::uint16_t>(((word >> 32) * static_cast<std::uint64_t>(drawn_)) >> 32);
  }
}

BlockSums BlockBootstrap::joined(const BlockSums& blocks) const {
  if (run_ == 1) return blocks;
  BlockSums runs(static_cast<std::size_t>(drawn_));
  for (std::size_t b = 0; b < blocks.size(); ++b)
    runs[b / static_cast<std::size_t>(run_)].add(blocks[b]);
  return runs;
}

std::optional<Interval> BlockBootstrap::interval(const BlockSums& blocks) const {
  return intervals({&blocks, 1}).front();
}

std::vector<std::optional<Interval>> BlockBootstrap::intervals(
    std::span<const BlockSums> figures) const {
  std::vector<std::optional<Centred>> centred(figures.size());
  for (std::size_t f = 0; f < figures.size(); ++f) {
    NF_CHECK(std::ssize(figures[f]) == blocks_, "{} blocks, not {}", figures[f].size(), blocks_);
    BlockSums runs = joined(figures[f]);
    const MeanEstimate whole = estimate_mean({&runs, 1});
    if (whole.se_text == 0.0) continue;
    for (BlockSum& run : runs) run.sum -= whole.mean * run.tokens;
    centred[f] = Centred{whole, std::move(runs)};
  }
  std::vector<std::optional<Interval>> intervals(figures.size());
  std::vector<ReplicateSums> replicates(kReplicates);
  const double n = static_cast<double>(drawn_);
  for (std::size_t f = 0; f < figures.size(); ++f) {
    if (!centred[f]) continue;
    std::vector<std::size_t> pair = {f};
    for (std::size_t g = f + 1; g < figures.size() && pair.size() == 1; ++g)
      if (centred[g] && have_same_tokens(centred[f]->runs, centred[g]->runs)) pair.push_back(g);
    std::vector<const Centred*> members;
    for (const std::size_t member : pair) members.push_back(&*centred[member]);
    replicate_kernels().add(terms_of(members).data(), draws_.data(), kReplicates, drawn_,
                            replicates.data());
    for (std::size_t i = 0; i < pair.size(); ++i)
      intervals[pair[i]] = interval_of(members[i]->whole, static_cast<Index>(i), n, replicates);
    for (const std::size_t member : pair) centred[member].reset();
  }
  return intervals;
}

}  // namespace nf
