#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eval/run/distorted_outer.h"
#include "eval/run/distorted_weights.h"
#include "eval/run/lane_states.h"

namespace nf {

/// Takes lanes through the embedding and the blocks, each group as its trial has it, one block's
/// weights at a time.
class LaneBlocks {
 public:
  using Group = LaneTree::Group;

  /// wants_weight_stats: some lane gathers statistics of its distorted weights.
  LaneBlocks(const StageRun& stage, LaneStates& states, Index distorting_threads,
             bool wants_weight_stats);

  void embed();
  /// Groups through one block: those that have the same weights together. groups: as
  /// LaneStates::part() has them at the step, or some of them.
  void pass(const BlockWeights& weights, const std::vector<Group>& groups);

  /// Gives up the memory of weights: no block comes any more.
  void release() { distorted_.release(); }

  /// The weights that a group has of its own in a block.
  std::vector<DistortedWeights::Request> requests_of(Index layer, const Group& group);
  Rounding rounding_of(const Group& group) const;
  /// The embedding or the head as a group has it. key: of the statistics that a head acts by.
  /// Null where the group has ended.
  std::unique_ptr<DistortedOuter> distorted_outer(const Group& group, Role role,
                                                  const SiteChain& chain, const ChainKey& key = {});
  /// A group's knowledge of its calibration sets for a chain; a failure is noted.
  ChainKnowledge knowledge_of(const Group& group, const SiteChain& chain, const ChainKey& key);
  /// Takes the problem and the statistics of a matrix of which all rows were made.
  void note_outer(const Group& group, DistortedOuter& outer);
  /// The probe that measures a group for predictors; null where none does, or it is measured.
  PredictorProbe* probe_of(const Group& group) const;

 private:
  /// Groups that have the same weights in a block.
  struct Bundle {
    std::vector<DistortedWeights::Request> requests;
    std::vector<Group> groups;
  };

  TokenRows distort_tokens(const Group& group);
  std::vector<Bundle> bundles(Index layer, const std::vector<Group>& groups);
  PackedLinears distort_weights(const BlockWeights& weights, const Bundle& bundle);
  InputKnowledge knowledge_of(Index layer, const Group& group);
  /// Sums of predictors by the name of the distorted input.
  using InputSums = std::map<std::string, PredictorSums>;
  InputSums predictor_sums(Index layer, const Group& group, const InputKnowledge& knowledge);
  void pass_groups(const BlockWeights& weights, const PackedLinears& packed,
                   std::vector<Group> groups);

  const StageRun& stage_;
  LaneStates& states_;
  bool wants_weight_stats_;
  DistortedWeights distorted_;
};

}  // namespace nf
