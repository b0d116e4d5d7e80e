#pragma once

#include <memory>
#include <span>
#include <vector>

#include "eval/metrics/token_scores.h"
#include "eval/run/baseline_rows.h"
#include "eval/run/distorted_outer.h"
#include "eval/run/lane_blocks.h"
#include "eval/run/lane_states.h"

namespace nf {

/// One wave of a stage: the baseline and some lanes pass the blocks as a tree, one block's weights
/// at a time, and meet at the head.
class WaveRun {
 public:
  /// baseline_rows: where they are not empty the baseline does not pass the blocks for its own
  /// sake; they are filled otherwise.
  WaveRun(const StageRun& stage, std::span<const Lane> lanes, Index distorting_threads,
          BaselineRows& baseline_rows);

  void run();
  /// The results by lane, and that of the baseline.
  std::vector<LaneResult> take_lanes();
  LaneResult take_baseline();

 private:
  using Group = LaneTree::Group;
  /// A group at the head.
  struct HeadState {
    std::unique_ptr<DistortedOuter> weight{};  ///< its own; null: the checkpoint's
    std::vector<SiteStats> input_sites{};      ///< statistics of the head's distorted input
    Matrix scored{};  ///< the head's input at the rows that predict a target: [R, E]
    std::vector<double> residuals{};  ///< RowScore::residual of these: [R]
    std::unique_ptr<TokenScores> scores{};
  };

  const DecoderSpec& spec() const { return stage_.spec(); }
  const StageRows& rows() const { return stage_.rows; }
  /// The state of the group that is led from that place.
  HeadState& head(Index place) { return heads_[static_cast<std::size_t>(place)]; }

  static const TrialKeys& keys_of(const LaneState& lane);
  void pass_head();
  void pass_final_norm(const Group& group);
  void take_residuals(const Group& group);
  std::vector<double> baseline_residuals() const;
  LaneResult leave(Index place, Index leader);

  const StageRun& stage_;
  BaselineRows& baseline_;
  bool with_baseline_;
  LaneStates states_;
  LaneBlocks blocks_;
  std::vector<HeadState> heads_;  ///< by place
};

}  // namespace nf
