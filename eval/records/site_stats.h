#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"
#include "eval/records/predictor_sums.h"
#include "perturb/distortion_stats.h"

namespace nf {

/// δ at one site of one trial: at a weight, or at an input over a block of windows.
///
/// A block is dyadic: 2^k windows that begin at a multiple of 2^k, summed as a binary tree. The
/// sums over a text so have one order, wherever stages were cut, and a record still holds few of
/// them.
struct SiteStats {
  std::string site;  ///< "layers.3.q_proj.weight"
  DistortionStats stats{};
  /// False: only count, sum_x2, sum_d2 and clipped were gathered, so only the relative L2, the SQNR
  /// and the clipped share mean anything.
  bool complete = true;
  Index first_window = 0;  ///< of an input's block: an item's number in the evaluation
  Index windows = 0;       ///< in the block; 0 for a weight
  /// Choices for a weight, and that nothing is left of a change (DistortionReport::notes); null
  /// where there is nothing to say.
  Json notes = nullptr;
  /// Sums for predictors where the experiment has `predict`. Of an input they are no part of the
  /// block: the blocks of a trial that have them have the same.
  std::optional<PredictorSums> predictor{};

  bool is_weight() const { return windows == 0; }
  /// Takes in a later part: its sums and notes.
  void merge(const SiteStats& later);
  /// Takes in what the distortions of a part report, whose sums are in already. That nothing is
  /// left of a change (kKeptNote) is said of a site that is made in parts where no part has any δ.
  void join_notes(const Json& later);
};

/// Adds a part to `sites`, joining it with the blocks of the same site that it completes. The parts
/// of an input must come in ascending order of windows.
void add_site(const SiteStats& part, std::vector<SiteStats>& sites);

}  // namespace nf
