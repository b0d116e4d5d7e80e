#pragma once

#include <cmath>

#include "eval/stats/mean_ratio.h"
#include "tests/support/synthetic_kl.h"

namespace nf {

/// How two trials over one text scatter.
struct RatioCase {
  Index seeds = 1;
  double sd_seed = 0.0;  ///< of a seed's mean, as a share of it
  bool apart = false;    ///< the trials have no seeds in common
};

/// A value: a copy goes on with the same draws. Two trials whose KLs have seven tenths in common,
/// block by block, and are apart by a known ratio. Seeds that are paired have half of their effect
/// in common.
class RatioTrials {
 public:
  /// As SyntheticKl.
  RatioTrials(double sigma, double tau) : common_(sigma, tau, 61), own_(sigma, tau, 67) {}

  RatioRows rows(double ratio, Index blocks, const RatioCase& kind = {}) {
    const BlockSums text = common_.blocks(blocks);
    RatioRows rows{.apart = kind.apart};
    for (Index s = 0; s < kind.seeds; ++s) {
      const double shared = own_.normal();
      rows.first.push_back(trial(text, 1.0, shared, kind));
      rows.second.push_back(trial(text, ratio, kind.apart ? own_.normal() : shared, kind));
    }
    return rows;
  }

  /// The first with seeds whose means scatter, the second a single row that draws nothing.
  RatioRows one_against_seeds(double ratio, Index blocks, Index seeds, double sd_seed) {
    const BlockSums text = common_.blocks(blocks);
    RatioRows rows{.second = {trial(text, ratio, 0.0, {.apart = true})}};
    for (Index s = 0; s < seeds; ++s)
      rows.first.push_back(trial(text, 1.0, own_.normal(), {.sd_seed = sd_seed, .apart = true}));
    return rows;
  }

 private:
  /// A row whose true mean over text and seeds is `mean`.
  BlockSums trial(const BlockSums& text, double mean, double shared, const RatioCase& kind) {
    const double own = kind.apart ? shared : std::sqrt(0.5) * (shared + own_.normal());
    const double effect = mean * (1.0 + kind.sd_seed * own);
    BlockSums row = text;
    for (BlockSum& block : row) {
      const BlockSum other = own_.block();
      block.sum = effect * (0.7 * block.sum + 0.3 * block.tokens * other.sum / other.tokens);
    }
    return row;
  }

  SyntheticKl common_, own_;
};

}  // namespace nf
