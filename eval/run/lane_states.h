#pragma once

#include <span>
#include <string>
#include <vector>

#include "eval/plan/lane_tree.h"
#include "eval/run/item_problem.h"
#include "eval/run/lane.h"
#include "eval/run/stage_run.h"

namespace nf {

/// A lane on its way through the blocks. The leader of a group has what the group has in common.
struct LaneState {
  const ModelTrial* trial = nullptr;  ///< null: the untouched model
  const TrialPath* path = nullptr;
  bool weight_stats = false;       ///< statistics of distorted weights are gathered for it
  bool wanted = true;              ///< it passes the blocks for its own sake
  std::vector<Index> profiled{};   ///< Lane::profiled
  std::vector<SiteStats> sites{};  ///< its own, whoever leads
  ProfileParts profile{};          ///< the same
  /// Hidden states of all batches, one below the other, [T, H]. One piece, taken and given back by
  /// one thread: many small ones of many threads would not become free memory again.
  Matrix hidden{};
  ItemProblem problem{};  ///< of the first item that has one so far
};

/// The lanes of a wave at their places in a LaneTree: their leaders, what a lane takes along where
/// it parts from others, and the failures. The root is the untouched model.
///
/// The first item that fails counts, and of it the first problem: the message about a trial is then
/// the same wherever stages are cut. So a lane goes on for the items before one that has failed,
/// and ends where that is the stage's first. Not thread-safe.
class LaneStates {
 public:
  using Group = LaneTree::Group;

  /// root_wanted: the untouched model passes the blocks for its own sake; otherwise only as long
  /// as lanes share its path. `stage` and the trials must outlive this.
  LaneStates(const StageRun& stage, std::span<const Lane> lanes, bool root_wanted);
  LaneStates(const LaneStates&) = delete;  // states point into the paths
  LaneStates& operator=(const LaneStates&) = delete;

  const LaneTree& tree() const { return tree_; }
  LaneState& at(Index place) { return states_[static_cast<std::size_t>(place)]; }
  const LaneState& at(Index place) const { return states_[static_cast<std::size_t>(place)]; }
  LaneState& leader(const Group& group) { return at(group.first); }
  /// The group's rows of a batch: [rows of the batch, H].
  MatrixView hidden(const Group& group, const Batch& batch);

  /// Whether some lane of the group has a use for its hidden states.
  bool is_wanted(const Group& group) const;
  /// The lane at a place goes no further.
  void finish(Index place) { at(place).wanted = false; }
  /// Takes memory for the group's hidden states.
  void begin(const Group& group);
  /// The groups that pass a step, without those that are not wanted or have ended. A group that
  /// parts from another at this step begins with what that one has. Steps count as in the tree, in
  /// ascending order, from 1 on.
  std::vector<Group> part(Index step);

  /// Takes note of a problem in a group; nothing where there is none. Throws NumericError where the
  /// root leads, but on a calibration set: the untouched model must not fail on what is evaluated.
  void note(const Group& group, ItemProblem problem);
  /// Takes note of a problem that fails every item, as a weight does that is not finite.
  void note_of_all(const Group& group, const std::string& problem);
  /// Whether the stage's first item has failed, so that nothing more can be learnt of the group.
  bool has_ended(const Group& group) const { return has_ended(group.first); }
  /// Sets the hidden states of items that have failed, and of those behind them, to 0: values that
  /// are not finite may not go on into distortions, which are not made for them.
  void clear_failed_items(const Group& group);
  /// Throws NumericError.
  [[noreturn]] void throw_root_failure(const std::string& problem) const;

  /// Adds statistics of sites to all lanes of a group; those of weights to the lanes that gather
  /// them.
  void add_sites(const Group& group, const std::vector<SiteStats>& sites);
  void add_weight_sites(const Group& group, const std::vector<SiteStats>& sites);
  /// The windows that some lane of a group wants to be seen, ascending.
  std::vector<Index> profiled(const Group& group) const;
  /// Adds what was seen in one window to the lanes that want it.
  void add_profile(const Group& group, Index window, const ProfileParts& seen);

 private:
  /// A group that begins where another goes on: places of their leaders.
  struct Parting {
    Index from, to;
  };
  static std::vector<TrialPath> paths_of(std::span<const Lane> lanes, const DecoderSpec& spec);
  static LaneTree tree_of(const std::vector<TrialPath>& paths);
  bool has_ended(Index place) const;
  MatrixView hidden(Index place, const Batch& batch);
  std::vector<Parting> partings(Index step, const std::vector<Group>& groups) const;
  void copy_hidden(const std::vector<Parting>& partings);

  const StageRun& stage_;
  std::vector<TrialPath> paths_;  ///< the root's first, then the lanes'
  LaneTree tree_;
  std::vector<LaneState> states_;  ///< by place
};

/// "layers.3: hidden state at position 5, feature 2 is not finite", of the first such item of a
/// batch. hidden: [rows of the batch, H]
ItemProblem hidden_problem(Index layer, const Batch& batch, ConstMatrixView hidden);

}  // namespace nf
