#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "eval/plan/model_trial.h"

namespace nf {

/// A trial's way through the model, in numbers: where two trials have the same number, the same
/// happens to them, bit for bit. 0: nothing happens.
struct TrialPath {
  /// By step of the forward pass: the embedding, each block, the head. [L + 2]
  std::vector<Index> steps;
  /// By block: the number of the distortion of each weight. [L]
  std::vector<std::array<Index, kRoleCount>> weights;
  Index head_weight = 0;

  /// The path of the baseline.
  static TrialPath untouched(const DecoderSpec& spec);
  /// First step at which something happens; the number of steps where nothing does.
  Index first_touched() const;
  bool touches_weights(Index layer) const;
};

/// Gives equal conditions equal numbers. The numbers mean something among the paths of one
/// PathNumbers only.
///
/// A chain with input_needs() makes what its calibration lane has read: its number stands also for
/// the calibration set, for everything before it on the path where the set comes through that
/// (`propagate:`), and for the weights of its own block where it looks at them. Equal chains with
/// different blocks before them so never share a weight.
class PathNumbers {
 public:
  TrialPath path(const ModelTrial& trial, const DecoderSpec& spec);

 private:
  /// The surroundings of the chains of one step.
  struct Place {
    const ModelTrial& trial;
    std::span<const Index> steps;           ///< of the path so far
    std::vector<const SiteChain*> weights;  ///< of this step
  };
  static std::vector<const SiteChain*> weights_of(const ModelTrial& trial, Index layer);

  /// The path of ModelTrial::floor(): nothing of it is like any other's.
  TrialPath floor(const DecoderSpec& spec);
  Index of_distortion(const DistortionPtr& distortion);
  /// The number of a chain at its place.
  Index of_chain(const SiteChain& chain, const Place& place);
  /// Whether what the chain makes depends on other weights of its block.
  static bool looks_around(const SiteChain& chain);
  Index of_text(const std::string& text);
  /// The number of what a chain does, whatever statistics of inputs it is given.
  Index of_steps(const SiteChain& chain, std::uint64_t seed);
  /// One number for several things together.
  Index of_all(const std::vector<std::int64_t>& things);

  std::unordered_map<const Distortion*, Index> by_pointer_;
  std::unordered_map<std::string, Index> by_config_;
  std::unordered_map<std::string, Index> texts_;
  std::vector<DistortionPtr> held_;  ///< a pointer must not be another distortion's later
  std::map<std::vector<std::int64_t>, Index> numbers_;
};

}  // namespace nf
