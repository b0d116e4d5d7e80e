#pragma once

#include <array>
#include <cstdint>
#include <map>
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
class PathNumbers {
 public:
  TrialPath path(const ModelTrial& trial, const DecoderSpec& spec);

 private:
  Index of_distortion(const DistortionPtr& distortion);
  Index of_chain(const SiteChain& chain, std::uint64_t seed);
  /// One number for several things together.
  Index of_all(const std::vector<std::int64_t>& things);

  std::unordered_map<const Distortion*, Index> by_pointer_;
  std::unordered_map<std::string, Index> by_config_;
  std::vector<DistortionPtr> held_;  ///< a pointer must not be another distortion's later
  std::map<std::vector<std::int64_t>, Index> numbers_;
};

}  // namespace nf
