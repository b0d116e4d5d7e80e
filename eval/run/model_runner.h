#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/plan/calibration_cost.h"
#include "eval/plan/job_waves.h"
#include "eval/plan/stage_part.h"
#include "eval/run/calibration_results.h"
#include "eval/run/kept_baselines.h"
#include "eval/run/pace.h"
#include "eval/run/predictor_probe.h"
#include "eval/run/profile_keeper.h"
#include "eval/run/run_context.h"
#include "eval/run/stage_runner.h"

namespace nf {

/// Runs what is left of one model's plan and appends the records. The decoder must be prepared for
/// all positions.
class ModelRunner {
 public:
  /// All but the rule and `making` must outlive this.
  ModelRunner(const RunContext& run, ModelPlan& plan, const Decoder& decoder, const SaveRule& rule,
              MakingFlops making = {});
  ModelRunner(const ModelRunner&) = delete;  // the rule asks the pace
  ModelRunner& operator=(const ModelRunner&) = delete;

  /// Rounds until nothing is left: the experiment's trials and the first step of every search, then
  /// the next step of each, and so on. searches_moved: the plan has other rows, and records to come
  /// are of their steps. Throws Interrupted and what run_stage() throws.
  void run(const std::function<void()>& searches_moved);
  /// The cost of all that was run, as it was planned when it began.
  const WaveCost& cost() const { return cost_; }

 private:
  void run_round(const std::vector<const Job*>& jobs, const std::string& label);
  /// Makes what these jobs need of calibration sets, as far as they are not finished.
  void calibrate(const std::vector<const Job*>& jobs);
  std::vector<StagePart> parts_of(const Stage& stage, const std::vector<const Job*>& jobs) const;
  double flops_of(const StagePart& part) const;
  WaveTime wave_time(double seconds, bool baseline_kept) const;
  void stop_without_time(const Stage& stage, const std::vector<const Job*>& jobs,
                         bool baseline_kept) const;
  MemoryBudget budget() const;
  void stop_if_asked() const;
  void run_part(const StagePart& planned);
  void run_lanes(const StagePart& part, BaselineRows& baseline_rows);
  void run_wave(const Stage& stage, const std::vector<const Job*>& jobs, bool with_baseline,
                const WavePlan& wave, BaselineRows& baseline_rows);
  std::span<const Stage> stages_up_to(const Stage& stage) const;
  void append(const RowKey& key, const Stage& stage, LaneResult result, const Json& run,
              const std::optional<StopConfig>& stop = std::nullopt);

  const RunContext& run_;
  ModelPlan& plan_;
  const Decoder& decoder_;
  SaveRule rule_;  ///< at this run's pace
  MakingFlops making_;
  Pace pace_;
  FinishedItems finished_;
  KeptBaselines baselines_;  ///< for later rounds, where the budget allows
  CalibrationResults calibration_;
  std::optional<PredictorProbe> predictors_;  ///< where the experiment has `predict`
  ProfileKeeper profiles_;
  WaveCost cost_;
  bool has_recorded_ = false;
};

}  // namespace nf
