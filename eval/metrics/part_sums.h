#pragma once

#include <memory>

#include "core/base/types.h"

namespace nf {

struct Detail;
struct PackedKlTail;
struct ScoredToken;

/// Sums over the targets of one part of an item: a window, or a choice of a question. Each member
/// that is a sum has an entry in summed_figures(); the functions loop over these.
struct PartSums {
  Index tokens = 0;
  double nll = 0.0;         ///< sum of -log p(token), nats
  double kl = 0.0;          ///< sum of KL(baseline‖trial) over the full vocabulary, nats
  double kl_reverse = 0.0;  ///< sum of KL(trial‖baseline), nats
  Index top1 = 0;           ///< targets where baseline and trial have the same most probable token
  Index greedy = 0;         ///< targets that are the most probable token themselves
  Index flips_lost = 0;    ///< targets that the baseline finds most probable and the trial does not
  Index flips_gained = 0;  ///< targets that the trial finds most probable and the baseline does not
  /// Σ‖h‖² over the states h that leave the last block at scored rows; the untouched model's alone.
  double residual = 0.0;
  double residual_error = 0.0;  ///< the same of what a trial's states differ by
  /// Sums that are not known: earlier versions did not keep them, or nothing has them here.
  bool lacks_flips = false, lacks_residual = false, lacks_residual_error = false;
  /// How `kl` is spread over the tokens of an item of one part; null where that is not known.
  std::shared_ptr<const PackedKlTail> tail{};
  std::shared_ptr<const Detail> detail{};  ///< of items of one part, where asked for; else null

  void add(const ScoredToken& token);
  /// Adds all sums, of which one is known where both are; `tail` and `detail` stay as they are.
  void add(const PartSums& more);
  bool is_finite() const;
  /// Equal in every sum, bit for bit but for the sign of a zero, and in the tail. `detail` is left
  /// out: it is the same tokens once more.
  bool operator==(const PartSums& other) const;
};

}  // namespace nf
