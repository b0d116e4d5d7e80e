#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/results/result_lines.h"
#include "eval/stats/block_sum.h"

namespace nf {

/// A quantile of KL over the scored tokens of a line, its seeds' tokens together.
struct KlQuantile {
  double value = 0.0;                  ///< nats, within 1.1 % (KlHistogram)
  std::optional<Interval> interval{};  ///< 95 %; none: `note` says why
  std::string note{};
};

/// The quantiles of a line, in the order of per_mille. The interval is that of the share of tokens
/// that stay within the quantile, over blocks and seeds (estimate_mean()), read off the quantiles
/// again (Woodruff, J. Am. Stat. Assoc. 47, 1952): so tokens of one block need not be independent.
/// Beyond the last token it ends at the greatest KL. Empty where the spread of KL is not known of
/// every window, or there is no token.
std::vector<KlQuantile> kl_quantiles(const ResultLine& line, const std::vector<Index>& per_mille);

}  // namespace nf
