#pragma once

#include <limits>

namespace nf {

/// One scored token of a trial beside the baseline's: all that sums and detail are made of.
struct ScoredToken {
  double nll = 0.0;              ///< -log p(token), nats
  double baseline_nll = 0.0;     ///< the baseline's, nats
  double kl = 0.0;               ///< KL(baseline‖trial) over the full vocabulary, nats
  double kl_reverse = 0.0;       ///< KL(trial‖baseline), nats
  double confidence = 0.0;       ///< the baseline's probability of its most probable token
  bool top1 = false;             ///< baseline and trial have the same most probable token
  bool greedy = false;           ///< the token is the trial's most probable one itself
  bool baseline_greedy = false;  ///< the token is the baseline's most probable one
  double entropy = 0.0;          ///< of the baseline's distribution, nats
  /// ‖h‖² of the state that leaves the untouched model's last block, and ‖h - h̃‖² of the trial's;
  /// not a number where that is not known.
  double residual = std::numeric_limits<double>::quiet_NaN();
  double residual_error = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace nf
