#pragma once

#include <functional>
#include <vector>

#include "eval/plan/model_plan.h"
#include "eval/run/run_context.h"
#include "eval/run/stage_runner.h"

namespace nf {

/// Runs what is left of one model's plan and appends the records. The decoder must be prepared for
/// all positions.
class ModelRunner {
 public:
  /// All must outlive this.
  ModelRunner(const RunContext& run, ModelPlan& plan, const Decoder& decoder);

  /// Rounds until nothing is left: the experiment's trials and the first step of every search, then
  /// the next step of each, and so on. searches_moved: the plan has other rows, and records to come
  /// are of their steps. Throws Interrupted and what run_stage() throws.
  void run(const std::function<void()>& searches_moved);
  /// The cost of all that was run, as it was planned when it began.
  const WaveCost& cost() const { return cost_; }

 private:
  /// The work of one stage.
  struct StageWork {
    std::vector<const Job*> jobs;  ///< those with most in common side by side
    bool with_baseline = false;    ///< its own record is missing
    WavePlan waves{};              ///< of these two
    Stage floor{};                 ///< the floor's windows of the stage; empty: it is not to run
    bool without_floor() const { return jobs.empty() && !with_baseline; }
    bool empty() const { return without_floor() && floor.items.empty(); }
  };

  void run_round(const std::vector<const Job*>& jobs, const std::string& label);
  StageWork work_of(const Stage& stage, const std::vector<const Job*>& jobs) const;
  MemoryBudget budget() const;
  void run_stage_of(std::size_t stage, const StageWork& work);
  void stop_if_asked() const;
  void run_floor(const Stage& stage, Matrix baseline_scored);
  void run_lanes(const Stage& stage, const StageWork& work, Matrix& baseline_scored);
  void keep_baseline(std::size_t stage, Matrix scored);
  void append(const RowKey& key, const Stage& stage, LaneResult result, const Json& run,
              const std::optional<StopConfig>& stop = std::nullopt);

  const RunContext& run_;
  ModelPlan& plan_;
  const Decoder& decoder_;
  FinishedItems finished_;
  /// The baseline's inputs of the head by stage, for later rounds; where the budget allows.
  std::vector<Matrix> baselines_;
  double baseline_bytes_ = 0.0;
  WaveCost cost_;
};

}  // namespace nf
