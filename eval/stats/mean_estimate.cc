#include "eval/stats/mean_estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "eval/stats/distributions.h"

namespace nf {
namespace {

/// Mean squares of the two-way table of residuals. One seed: everything is `block`.
struct MeanSquares {
  double seed = 0.0, block = 0.0, rest = 0.0;
};

/// The residuals, r[s, b].
std::vector<std::vector<double>> residuals(std::span<const BlockSums> seeds, double mean,
                                           double mean_tokens) {
  std::vector<std::vector<double>> table;
  for (const BlockSums& blocks : seeds) {
    std::vector<double>& row = table.emplace_back();
    for (const BlockSum& block : blocks)
      row.push_back((block.sum - mean * block.tokens) / mean_tokens);
  }
  return table;
}

std::vector<double> mean_over_seeds(const std::vector<std::vector<double>>& table) {
  std::vector<double> means(table.front().size(), 0.0);
  for (const std::vector<double>& row : table)
    for (std::size_t b = 0; b < row.size(); ++b)
      means[b] += row[b] / static_cast<double>(table.size());
  return means;
}

/// The residuals add up to 0, so that a mean's deviation is the mean itself.
MeanSquares mean_squares(const std::vector<std::vector<double>>& table,
                         const std::vector<double>& block_means) {
  const double seeds = static_cast<double>(table.size());
  const double blocks = static_cast<double>(block_means.size());
  MeanSquares squares;
  for (const double mean : block_means) squares.block += seeds * mean * mean / (blocks - 1.0);
  if (table.size() == 1) return squares;
  for (const std::vector<double>& row : table) {
    double mean = 0.0;
    for (const double value : row) mean += value / blocks;
    squares.seed += blocks * mean * mean / (seeds - 1.0);
    for (std::size_t b = 0; b < row.size(); ++b) {
      const double rest = row[b] - mean - block_means[b];
      squares.rest += rest * rest / ((seeds - 1.0) * (blocks - 1.0));
    }
  }
  return squares;
}

/// Skewness of one value, with the usual small-sample factor, and raised by 6/n more: the sample
/// skewness of n heavy-tailed values falls short of the true one, and the worst for few
/// (docs/statistics.md has what that does to coverage).
double sample_skewness(const std::vector<double>& values) {
  const double n = static_cast<double>(values.size());
  double squares = 0.0, cubes = 0.0;
  for (const double value : values) {
    squares += value * value;
    cubes += value * value * value;
  }
  if (squares == 0.0 || values.size() < 3) return 0.0;
  const double biased = (cubes / n) / std::pow(squares / n, 1.5);
  return biased * std::sqrt(n * (n - 1.0)) / (n - 2.0) * (1.0 + 6.0 / n);
}

/// Hall's monotone cubic that takes the skewness out of a studentised mean, inverted (Hall, On the
/// removal of skewness by transformation, J. R. Statist. Soc. B 54, 1992, section 2): the T that
/// the symmetric `t` stands for. skewness: of the mean, γ/√n.
double skewed_quantile(double t, double skewness) {
  constexpr double kNoSkewness = 1e-9;
  const double a = skewness / 3.0, b = skewness / 6.0;
  if (std::abs(a) < kNoSkewness) return t;
  return (std::cbrt(1.0 + 3.0 * a * (t - b)) - 1.0) / a;
}

/// The reach of the interval below and above the mean, for want of text. The correction may widen a
/// side but not narrow it: few blocks tell too little of the skewness for that.
Interval text_reach(const MeanEstimate& estimate, double tail) {
  const double t = t_quantile(tail, static_cast<double>(estimate.blocks - 1));
  const auto reach = [&](double skewed) {
    return estimate.se_text * std::clamp(skewed, t, kMostWidening * t);
  };
  return {.low = reach(skewed_quantile(t, estimate.skewness)),
          .high = reach(-skewed_quantile(-t, estimate.skewness))};
}

}  // namespace

MeanEstimate estimate_mean(std::span<const BlockSums> seeds) {
  NF_CHECK(!seeds.empty() && !seeds.front().empty(), "a mean of {} seeds", seeds.size());
  MeanEstimate estimate{.seeds = std::ssize(seeds), .blocks = std::ssize(seeds.front())};
  double sum = 0.0, tokens = 0.0;
  for (const BlockSums& blocks : seeds) {
    NF_CHECK(std::ssize(blocks) == estimate.blocks, "{} blocks, not {}", blocks.size(),
             estimate.blocks);
    for (const BlockSum& block : blocks) {
      sum += block.sum;
      tokens += block.tokens;
    }
  }
  NF_CHECK(tokens != 0.0, "a mean over no tokens");
  const double count = static_cast<double>(estimate.seeds);
  const double n = static_cast<double>(estimate.blocks);
  estimate.mean = sum / tokens;
  estimate.tokens = tokens / count;
  if (estimate.blocks == 1) return estimate;

  const auto table = residuals(seeds, estimate.mean, tokens / (count * n));
  const std::vector<double> block_means = mean_over_seeds(table);
  const MeanSquares squares = mean_squares(table, block_means);
  // Var(mean) = (MS_seed + MS_block - MS_rest) / (S·B), the two-way clustering of Cameron, Gelbach
  // and Miller (J. Bus. Econ. Stat. 29, 2011), with neither variance below 0: so never
  // below that of either way alone.
  const double text = std::max(squares.block, squares.rest);
  const double seed = std::max(0.0, squares.seed - squares.rest);
  estimate.se_seed = std::sqrt(seed / (count * n));
  estimate.se_rows = std::sqrt(squares.seed / (count * n));
  estimate.sd_seed = std::sqrt(seed / n);
  if (std::all_of(seeds.begin(), seeds.end(), blocks_are_equal)) return estimate;
  estimate.se_text = std::sqrt(text / (count * n));
  estimate.sd_text = std::sqrt(std::max(0.0, squares.block - squares.rest) / count);
  if (text > 0.0)
    estimate.skewness =
        sample_skewness(block_means) / std::sqrt(n) * std::pow(squares.block / text, 1.5);
  return estimate;
}

Index differing_blocks(const BlockSums& blocks) {
  BlockSums known;
  for (const BlockSum& block : blocks)
    if (block.tokens != 0.0 || block.sum != 0.0) known.push_back(block);
  if (known.empty()) return 0;
  const auto mean = [](const BlockSum& block) { return block.sum / block.tokens; };
  // The median is the mean that more than half of them have, if there is one.
  const auto median = known.begin() + std::ssize(known) / 2;
  std::nth_element(known.begin(), median, known.end(),
                   [&mean](const BlockSum& a, const BlockSum& b) { return mean(a) < mean(b); });
  const double common = mean(*median);
  const double rounding = median->rounding / std::abs(median->tokens);
  const Index equal = std::count_if(
      known.begin(), known.end(),
      [common, rounding](const BlockSum& block) { return block.has_mean(common, rounding); });
  return std::ssize(known) - (2 * equal > std::ssize(known) ? equal : 0);
}

std::string why_rough(const BlockSums& blocks) {
  const Index differing = differing_blocks(blocks);
  if (differing >= kFewestBlocks) return "";
  return fmt::format("only {} of {} blocks differ: a rough interval", differing, blocks.size());
}

std::string why_no_interval(const MeanEstimate& estimate) {
  if (estimate.blocks < kFewestBlocks)
    return fmt::format("needs {} blocks, has {}", kFewestBlocks, estimate.blocks);
  if (estimate.se_text == 0.0) return fmt::format("all {} blocks are equal", estimate.blocks);
  return "";
}

std::optional<Interval> interval_of(const MeanEstimate& estimate, double tail) {
  if (!why_no_interval(estimate).empty()) return std::nullopt;
  return with_seeds(text_interval(estimate, tail), estimate, tail);
}

Interval text_interval(const MeanEstimate& estimate, double tail) {
  const Interval reach = text_reach(estimate, tail);
  return {estimate.mean - reach.low, estimate.mean + reach.high};
}

Interval with_seeds(const Interval& text, const MeanEstimate& estimate, double tail) {
  if (estimate.seeds == 1) return text;
  const double t = t_quantile(tail, static_cast<double>(estimate.seeds - 1));
  const auto reach = [&](double of_text) {
    return std::max(std::hypot(of_text, t * estimate.se_seed), t * estimate.se_rows);
  };
  return {.low = estimate.mean - reach(estimate.mean - text.low),
          .high = estimate.mean + reach(text.high - estimate.mean)};
}

std::optional<double> p_value(const MeanEstimate& estimate) {
  if (!why_no_interval(estimate).empty()) return std::nullopt;
  return p_value([&estimate](double tail) { return *interval_of(estimate, tail); });
}

double p_value(const std::function<Interval(double tail)>& interval) {
  const auto holds_zero = [&interval](double tail) {
    const Interval at_tail = interval(tail);
    return at_tail.low <= 0.0 && at_tail.high >= 0.0;
  };
  constexpr double kLeastTail = 1e-16;
  constexpr int kHalvings = 60;
  double holds = kLeastTail, excludes = 0.5;
  if (holds_zero(excludes)) return 1.0;
  if (!holds_zero(holds)) return 2.0 * kLeastTail;
  for (int i = 0; i < kHalvings; ++i) {  // in the logarithm: a small p keeps its digits
    const double middle = std::sqrt(holds * excludes);
    (holds_zero(middle) ? holds : excludes) = middle;
  }
  return 2.0 * holds;
}

}  // namespace nf
