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

/// Something that is made, or kept, of a calibration set for one chain.
enum class OutcomeKind {
  made,      ///< x̂ of a weight of a block (SiteChain::make), for all doses, parts and twins
  finished,  ///< the weight as its chain has it, where finishing x̂ takes statistics as well
  /// Statistics that a chain acts by: of an input, or of the head, since it is made in parts.
  statistics,
};

/// The outcome of a chain that is not there yet.
struct MissingOutcome {
  OutcomeKind kind = OutcomeKind::made;
  std::size_t trial = 0;  ///< the first of the trials that have it
  const SiteChain* chain = nullptr;
  ChainKey key{};
  Index step = 0;  ///< of the forward pass: 1 + its layer; the last for the head
  Role role = Role::q_proj;

  bool is_weight() const { return kind != OutcomeKind::statistics; }
  std::vector<ChainNeed> needs() const;
  /// Steps whose choices for a tensor it takes.
  std::vector<std::size_t> choosing_steps() const;
  /// Whether it depends on other weights of its block: it chooses, or replays it.
  bool looks_around() const;
  /// Bytes that making it takes beside the weight as read and as made.
  double scratch_bytes(Index rows, Index cols) const;
};

/// Whether the outcome of a site is there.
using HasOutcome = std::function<bool(const Site& site, const ChainKey& key)>;

/// All that is missing of some trials, each outcome once, in the order of the forward pass.
std::vector<MissingOutcome> missing_outcomes(const DecoderSpec& spec,
                                             std::span<const CalibratedTrial> trials,
                                             const HasOutcome& has);

}  // namespace nf
