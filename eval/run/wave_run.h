#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/metrics/token_scores.h"
#include "eval/plan/lane_tree.h"
#include "eval/run/distorted_weights.h"
#include "eval/run/item_problem.h"
#include "eval/run/stage_batches.h"
#include "eval/run/stage_runner.h"

namespace nf {

/// What all waves of a stage have in common.
struct StageRun {
  const Decoder& decoder;
  const EvalSet& set;
  const Stage& stage;
  const StageRows& rows;
  Gather gather;
  const StageHooks& hooks;
};

/// One wave of a stage: the baseline and some lanes pass the blocks as a tree, one block's weights
/// at a time, and meet at the head.
class WaveRun {
 public:
  /// baseline_scored: the baseline's rows for the head, [R, E]. Where it is not empty the baseline
  /// does not pass the blocks for its own sake; it is filled otherwise.
  WaveRun(const StageRun& stage, std::span<const Lane> lanes, Index distorting_threads,
          Matrix& baseline_scored);

  void run();
  /// By lane; of the baseline.
  std::vector<LaneResult> take_lanes();
  LaneResult take_baseline();

 private:
  /// A lane, its hidden states where it leads a group.
  struct Place {
    const ModelTrial* trial = nullptr;  ///< null: the baseline
    const TrialPath* path = nullptr;
    bool weight_stats = false;
    std::vector<SiteStats> sites;
    /// Of all batches, one below the other, [T, H]. One piece, taken and given back by one thread:
    /// many small ones of many threads would not become free memory again.
    Matrix hidden;
    Matrix scored;  ///< what the head reads at the rows that predict a target: [R, E]
    std::unique_ptr<TokenScores> scores;
    ItemProblem problem;  ///< of the first item that has one so far

    bool failed() const { return problem.exists(); }
  };
  using Group = LaneTree::Group;

  const DecoderSpec& spec() const { return stage_.decoder.spec(); }
  const StageRows& rows() const { return stage_.rows; }
  Place& place(Index i) { return places_[static_cast<std::size_t>(i)]; }
  MatrixView hidden(Place& place, const Batch& batch) const {
    return place.hidden.view().middle_rows(batch.first, batch.rows());
  }
  void each_batch(Index groups, const std::function<void(Index, Index)>& body) const;

  bool is_wanted(const Group& group) const;
  std::vector<Group> part(Index step);
  void embed();
  Matrix distort_outer(const Group& group, Role role, const SiteChain& chain);
  void pass_block(const BlockWeights& weights);
  void pass_groups(const BlockWeights& weights, const PackedLinears& packed,
                   const std::vector<Group>& groups);
  std::vector<DistortedWeights::Request> requests_of(Index layer, const Group& group);
  void pass_head();
  void pass_final_norm(const Group& group);

  static ItemProblem hidden_problem(Index layer, const Batch& batch, ConstMatrixView hidden);
  void note(const Group& group, ItemProblem problem);
  void note_of_all(const Group& group, const std::string& problem);
  bool has_ended(const Place& leader) const;
  void clear_failed_items(Place& leader);
  void add_sites(const Group& group, const std::vector<SiteStats>& sites, bool of_weight);
  LaneResult leave(Index lane_place, Index leader);
  [[noreturn]] void throw_baseline_failure(const std::string& problem) const;

  const StageRun& stage_;
  Matrix& baseline_scored_;
  bool with_baseline_;
  bool wants_weight_stats_ = false;
  std::vector<TrialPath> paths_;  ///< the baseline's first
  LaneTree tree_;
  std::vector<Place> places_;  ///< in the tree's order
  std::optional<DistortedWeights> distorted_;
};

}  // namespace nf
