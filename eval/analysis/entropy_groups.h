#pragma once

#include <optional>
#include <vector>

#include "eval/metrics/detail.h"
#include "eval/results/figures.h"
#include "eval/results/result_lines.h"

namespace nf {

/// The bins of a row's windows that have some, in the windows' order, up to the last with a token.
std::vector<TokenBin> entropy_bins(const ResultRow& row);

/// The ends of at most ten groups of neighbouring bins, the last one's being counts.size(), each
/// the one whose share of all tokens comes nearest to a tenth, two tenths, ... (of two as near the
/// lower). Ends that fall together are one. counts: tokens by bin, not all 0.
std::vector<Index> decile_ends(const std::vector<Index>& counts);

/// Scored tokens of like entropy of the baseline's distribution, and the damage to them.
struct EntropyGroup {
  double low = 0.0, high = 0.0;  ///< nats; the lower end belongs to the group
  Index tokens = 0;              ///< of one seed
  FigureEstimate kl;             ///< over blocks and seeds
};

/// The groups of a line, by decile_ends() of its first row's tokens. Empty where a row has no such
/// detail.
std::vector<EntropyGroup> entropy_groups(const ResultLine& line);

}  // namespace nf
