#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "eval/plan/trial_path.h"

namespace nf {

/// A trial that may have to be calibrated.
struct CalibratedTrial {
  const ModelTrial* trial = nullptr;
  const TrialPath* path = nullptr;
};

/// The outcome of a chain that is not there yet: a weight to be made, or statistics to be kept.
struct MissingOutcome {
  std::size_t trial = 0;  ///< the first of the trials that have it
  const SiteChain* chain = nullptr;
  ChainKey key{};
  Index step = 0;  ///< of the forward pass: 1 + its layer; the last for the head
  Role role = Role::q_proj;

  /// A weight of a block. Of the head's statistics are kept, since it is made in parts.
  bool is_weight() const { return chain->site.tensor == SiteTensor::weight && is_block_role(role); }
};

/// Whether the outcome of a site is there.
using HasOutcome = std::function<bool(const Site& site, const ChainKey& key)>;

/// All that is missing of some trials, each outcome once, in the order of the forward pass.
std::vector<MissingOutcome> missing_outcomes(const DecoderSpec& spec,
                                             std::span<const CalibratedTrial> trials,
                                             const HasOutcome& has);

}  // namespace nf
