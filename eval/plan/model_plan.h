#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eval/plan/calibration_sets.h"
#include "eval/plan/finished_items.h"
#include "eval/plan/model_data.h"
#include "eval/plan/stage.h"
#include "eval/plan/trial_path.h"
#include "eval/records/trial_choice.h"
#include "eval/results/followed_searches.h"
#include "eval/results/results.h"

namespace nf {

/// A condition to run on one model, with its place in the results.
struct Job {
  ModelTrial trial;
  TrialPath path;
  RowKey key;
  std::optional<StopConfig> stop;
};

/// A value to be searched for: each step of it is a job.
struct Search {
  Trial trial;  ///< with `bisect`
  FollowedSearch state;
  bool is_chosen = true;  ///< by the TrialChoice
  bool is_ours = true;    ///< of this part of the experiment (ModelPart)
};

/// The part of one model's work that a shard has: some conditions on some items.
struct ModelPart {
  std::vector<Index> conditions{};      ///< numbers among ModelPlan::conditions(), ascending
  Index first_item = 0, last_item = 0;  ///< [first, last)
  bool with_floor = false;              ///< of the windows that it has

  /// Whether there is nothing in it, not even the baseline.
  bool empty() const { return first_item == last_item; }
};

/// One model's part of an experiment: the jobs to run, and the stages to run them in.
class ModelPlan {
 public:
  /// Holds all of the chosen trials of the experiment's own shape (`reshape:`). The checkpoint is
  /// hashed as far as `hashes` does not know its files; null: all of it.
  ModelPlan(const Experiment& experiment, const ExperimentModel& model,
            const TrialChoice& choice = {}, const PieceHashCache* hashes = nullptr);
  /// The part of the trials that have another shape, which run on a model of that shape, held
  /// against its outputs. The baseline's records are those of the experiment's own shape. own: the
  /// plan of that.
  ModelPlan(const ModelPlan& own, const Experiment& experiment, const TrialChoice& choice,
            const ReshapeConfig& shape);

  /// Leaves this part alone to do from here on. May be called again, with another part.
  void take_part(const ModelPart& part);
  /// The conditions of all that was chosen that can be shared out, each id once. A search stands
  /// for its steps with the first one, of first_steps(), behind the others.
  std::vector<const Job*> conditions(const std::vector<Job>& first_steps) const;
  /// The first step of each search.
  std::vector<Job> first_steps();
  /// The stages of all items.
  std::vector<Stage> all_stages() const { return stages_of(Stage(0, data_->set.count())); }
  /// A trial that looks at all of its text while it runs, so that it can only be shared out as a
  /// whole: one that may stop, or a search. Null where there is none.
  const Trial* undivided() const;
  /// The condition of each row of rows() that is a trial's; -1: it was not chosen.
  const std::vector<Index>& condition_of_trial() const { return condition_of_trial_; }

  const std::string& name() const { return model_.name; }
  /// Tells the shape, too: "opt-nano, 4 channels ×16".
  std::string title() const;
  const DecoderSpec& spec() const { return model_.decoder.spec(); }
  /// The model in the shape of this part.
  Decoder& decoder() { return decoder_; }
  const Decoder& decoder() const { return decoder_; }
  const Reshape& shape() const { return shape_; }
  /// Whether it is of the experiment's own shape, so that its baseline is the experiment's.
  bool has_own_shape() const { return has_own_shape_; }
  /// The shapes of the chosen trials that are not this part's, each once.
  std::vector<ReshapeConfig> other_shapes(const TrialChoice& choice) const;
  const ModelData& data() const { return *data_; }
  const ModelIdentity& identity() const { return identity_; }
  /// The calibration sets that its trials are made from.
  const CalibrationSets& calibration() const { return *calibration_; }
  /// The set that predictors are made from; null where there is none (`predict:`).
  const CalibrationSetPtr& predictor_set() const { return predictor_set_; }
  const std::vector<Stage>& stages() const { return stages_; }
  /// The items of all stages together.
  const Stage& items() const { return items_; }
  const RowKey& baseline() const { return rows_.front(); }
  /// The floor's job where this part of the trials has to run it, else null. It takes part in
  /// stages with floor_stage() alone, and no stop rule ends it.
  const Job* floor() const { return runs_floor_ ? &*floor_ : nullptr; }
  bool may_stop() const { return may_stop_; }
  /// Whether a part of a stage's items may be run and recorded by itself. A stopping rule looks at
  /// whole stages.
  bool may_split(const Stage& stage) const {
    return !may_stop_ || stage.items.front() >= data_->set.windows;
  }
  bool has_searches() const { return !searches_.empty(); }
  /// Jobs that the experiment names, of all parts; searches bring more while it runs.
  const std::vector<Job>& jobs() const { return jobs_; }
  /// The jobs of this part and steps of searches, each condition once: a search may come upon a
  /// trial's.
  std::vector<const Job*> jobs_with(const std::vector<Job>& steps) const;
  const std::vector<Search>& searches() const { return searches_; }
  /// Rows of the results: the baseline, the floor where there is one, then every trial of the
  /// experiment, searches without a step too.
  std::vector<RowKey> rows() const;
  /// Puts in the rows of the searches that are its own. rows: of another plan of the model.
  void take_searches(std::vector<RowKey>& rows) const;
  /// Number of rows of this part of the trials, without the baseline.
  Index row_count() const { return row_count_; }

  /// Finds the finished steps of all searches in the records, and returns as jobs the steps that
  /// they ask for next; none where all have ended.
  std::vector<Job> advance_searches(const FinishedItems& finished,
                                    const std::vector<Record>& records);
  /// The trial of a record, which may be a step of a search; none where the experiment no longer
  /// has it. Not for records of the baseline.
  std::optional<Job> find(const Record& record);
  /// Whether there are trials and all of them had stopped before this stage, so that none has any
  /// text of it. The steps that advance_searches() has asked for count as well.
  bool all_stopped(const FinishedItems& finished, const Stage& stage) const;
  /// The most steps that any search has left.
  Index steps_left() const;
  /// One line for each search that ended without reaching its target.
  std::vector<std::string> search_warnings() const;

 private:
  void add_trials(const Experiment& experiment, const TrialChoice& choice);
  void add_floor();
  Json own_identity(const Json& identity) const;
  std::vector<Stage> stages_of(const Stage& items) const;
  ModelTrial make_trial(const Trial& trial) const;
  std::string id_of(const Trial& trial, const ModelTrial& model_trial) const;
  Index calibration_overlap(const Trial& trial) const;
  Job make_job(const Trial& trial);
  Search make_search(const Trial& trial, bool is_chosen);

  const ExperimentModel& model_;
  Decoder decoder_;
  ReshapeConfig experiment_shape_, shape_config_;
  Reshape shape_;
  bool has_own_shape_ = true;
  std::shared_ptr<const ModelData> data_;         ///< FinishedItems points to it
  std::shared_ptr<CalibrationSets> calibration_;  ///< trials are made ready with its source
  CalibrationSetPtr predictor_set_;
  ModelIdentity identity_;
  PathNumbers numbers_;
  std::optional<Job> floor_;  ///< where the experiment has text and does not switch it off
  bool runs_floor_ = true;
  std::vector<Job> jobs_;  ///< chosen, distinct ids, in the order of the file
  std::vector<bool> own_;  ///< by job: of this part
  std::vector<Search> searches_;
  std::vector<RowKey> rows_;          ///< a search's is empty
  std::vector<Index> row_of_search_;  ///< by search
  std::vector<Index> condition_of_trial_;
  std::vector<const Trial*> trial_of_condition_;  ///< the first
  Stage items_;
  std::vector<Stage> stages_;
  Index row_count_ = 0;
  bool may_stop_ = false;          ///< some trial has a stopping rule
  bool has_other_shapes_ = false;  ///< some trial has another shape, chosen or not
};

/// The plans of all models, those of one model side by side and that of the experiment's own shape
/// first.
std::vector<ModelPlan> plan_models(const Experiment& experiment, const TrialChoice& choice = {},
                                   const PieceHashCache* hashes = nullptr);
/// The rows of these models, each once.
std::vector<RowKey> rows_of(const std::vector<ModelPlan>& plans);
/// The models, each once.
std::vector<ModelIdentity> identities_of(const std::vector<ModelPlan>& plans);

/// Hash of everything that can change a trial's numbers and of nothing else: numerics version,
/// arithmetic, model, windows, the distortion of each site, when it may stop, and the seed where
/// something is drawn.
std::string trial_id(const std::string& model_hash, const std::string& data_hash,
                     const Json& identity, std::optional<std::uint64_t> seed,
                     Arithmetic arithmetic = Arithmetic::f32);

/// The windows of a stage that the floor has to run yet; none where it is not this part's.
Stage floor_left(const ModelPlan& model, const Stage& stage, const FinishedItems& finished);

}  // namespace nf
