#include "eval/stats/block_bootstrap.h"

#include <algorithm>
#include <cmath>
#include <functional>
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
/// from 1. Moves them; takes few steps where the share is near 0 or 1.
double quantile(std::vector<double>& values, double share) {
  const double position = share * static_cast<double>(values.size() + 1) - 1.0;
  const Index below = static_cast<Index>(position), from_above = std::ssize(values) - 1 - below;
  const double part = position - static_cast<double>(below);
  const auto begin = values.begin();
  if (below < from_above) {
    std::partial_sort(begin, begin + below + 2, values.end());
    return begin[below] * (1.0 - part) + begin[below + 1] * part;
  }
  std::partial_sort(begin, begin + from_above + 1, values.end(), std::greater<>());
  return begin[from_above] * (1.0 - part) + begin[from_above - 1] * part;
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

/// A row of what a replicate sums: tokens, their squares, and of each figure its sum, tokens·sum
/// and sum². Figures over the same tokens share the first two.
constexpr Index kShared = 2, kOfFigure = 3;
constexpr Index kMostFigures = (kMostReplicateRegisters * kReplicateLanes - kShared) / kOfFigure;

Index registers_of(Index figures) {
  return (kShared + figures * kOfFigure + kReplicateLanes - 1) / kReplicateLanes;
}

/// The rows of the blocks, [blocks, width].
std::vector<double> terms_of(std::span<const Centred* const> figures, Index width) {
  const BlockSums& first = figures.front()->runs;
  std::vector<double> terms(first.size() * static_cast<std::size_t>(width));
  auto row = terms.begin();
  for (std::size_t b = 0; b < first.size(); ++b, row += width) {
    const double tokens = first[b].tokens;
    row[0] = tokens;
    row[1] = tokens * tokens;
    auto term = row + kShared;
    for (const Centred* figure : figures) {
      const double sum = figure->runs[b].sum;
      *term++ = sum;
      *term++ = tokens * sum;
      *term++ = sum * sum;
    }
  }
  return terms;
}

/// Replicates: their sums, [kReplicates, width].
struct Replicates {
  Index width = 0;
  std::vector<double> sums{};
};

Replicates replicates_of(std::span<const Centred* const> figures,
                         const std::vector<std::uint16_t>& draws, Index drawn) {
  const Index registers = registers_of(std::ssize(figures));
  Replicates replicates{.width = registers * kReplicateLanes};
  replicates.sums.resize(static_cast<std::size_t>(kReplicates * replicates.width));
  replicate_kernels().add(terms_of(figures, replicates.width).data(), registers, draws.data(),
                          kReplicates, drawn, replicates.sums.data());
  return replicates;
}

Interval interval_of(const MeanEstimate& whole, Index figure, double n,
                     const Replicates& replicates) {
  std::vector<double> errors;  // of the replicates, in their own standard errors
  errors.reserve(kReplicates);
  for (Index r = 0; r < kReplicates; ++r) {
    const double* const row = replicates.sums.data() + r * replicates.width;
    const double* const own = row + kShared + figure * kOfFigure;
    const double tokens = row[0], tokens2 = row[1], cross = own[1], sum2 = own[2];
    const double error = own[0] / tokens;
    const double squares = std::max(0.0, sum2 - 2.0 * error * cross + error * error * tokens2);
    const double se = std::sqrt(squares * n / (n - 1.0)) / tokens;
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
  const double n = static_cast<double>(drawn_);
  for (std::size_t f = 0; f < figures.size(); ++f) {
    if (!centred[f]) continue;
    std::vector<std::size_t> group = {f};
    for (std::size_t g = f + 1; g < figures.size() && std::ssize(group) < kMostFigures; ++g)
      if (centred[g] && have_same_tokens(centred[f]->runs, centred[g]->runs)) group.push_back(g);
    std::vector<const Centred*> members;
    for (const std::size_t member : group) members.push_back(&*centred[member]);
    const Replicates replicates = replicates_of(members, draws_, drawn_);
    for (std::size_t i = 0; i < group.size(); ++i)
      intervals[group[i]] = interval_of(members[i]->whole, static_cast<Index>(i), n, replicates);
    for (const std::size_t member : group) centred[member].reset();
  }
  return intervals;
}

}  // namespace nf
