#pragma once

#include <optional>

#include "eval/stats/block_sum.h"

namespace nf {

/// The smallest true mean that a two-sided test at 5 % finds with power 80 %:
/// (t[0.975] + t[0.8])·sd/√blocks with blocks - 1 degrees of freedom. sd: of a block's mean, in the
/// units of the result. None below kFewestBlocks blocks.
std::optional<double> detectable_mean(double sd, Index blocks);

/// The scatter of blocks, for planning before there are any. The defaults are the greatest that the
/// trials of configs/quickstart.yaml measure on the embedded models, windows of 512
/// (docs/statistics.md).
struct PlannedSpread {
  /// Variance of a block's mean ΔNLL, times its tokens, over 2·KL: 1 if tokens were independent.
  double delta_nll = 2.2;
  /// Standard deviation of a block's mean KL over the mean.
  double kl = 0.2;
};

/// The smallest ΔNLL that `tokens` tokens in `blocks` blocks would find of a trial whose KL is
/// `kl`.
///
/// Let q ∝ p·e^ε be the trial's distribution of the next token, ε small. Then KL(p‖q) = log E_p e^ε
/// - E_p ε = ½·Var_p(ε) + O(ε³). With the token drawn from p (a calibrated model) its ΔNLL is
/// log p - log q = log E_p e^ε - ε, so Var(ΔNLL) = Var_p(ε) = 2·KL per token, and
/// sd = √(2·KL / tokens of a block).
std::optional<double> planned_delta_nll(double kl, double tokens, Index blocks,
                                        const PlannedSpread& spread = {});
/// The smallest difference between two KLs of about `kl` that `blocks` blocks would find.
std::optional<double> planned_kl(double kl, Index blocks, const PlannedSpread& spread = {});

}  // namespace nf
