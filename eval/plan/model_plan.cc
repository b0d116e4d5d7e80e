#include "eval/plan/model_plan.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/base/version.h"
#include "core/io/content_hash.h"
#include "eval/design/search_key.h"
#include "eval/plan/floor_stage.h"
#include "eval/plan/stop_rule.h"
#include "eval/records/row_key.h"

namespace nf {
namespace {

/// RowKey::entries.
Json entries_of(const Trial& trial) {
  Json entries = Json::array();
  for (const Entry& entry : trial.entries) {
    Json config = entry.config();
    config.erase("sites");
    config["tensor"] = site_tensor_name(entry.sites.tensor);
    if (!trial.reshape.is_none())
      config["reshape"] = ConfigValue<ReshapeConfig>::write(trial.reshape);
    entries.push_back(std::move(config));
  }
  return entries;
}

/// Part of an identity.
Json shape_json(const Reshape& shape) { return {{"reshape", reshape_identity(shape)}}; }

Json stop_json(const StopConfig& stop) {
  return {{"kl_halfwidth", stop.kl_halfwidth}, {"min_blocks", stop.min_blocks}};
}

}  // namespace

std::string trial_id(const std::string& model_hash, const std::string& data_hash,
                     const Json& identity, std::optional<std::uint64_t> seed,
                     Arithmetic arithmetic) {
  ContentHash hash;
  hash.add(fmt::format("numerics {}", kNumericsVersion));
  if (arithmetic != Arithmetic::f32) hash.add(fmt::format("arithmetic {}", enum_name(arithmetic)));
  hash.add(model_hash);
  hash.add(data_hash);
  hash.add(identity.dump());
  hash.add(seed ? fmt::format("seed {}", *seed) : "no draws");
  return hash.hex();
}

ModelPlan::ModelPlan(const Experiment& experiment, const ExperimentModel& model,
                     const TrialChoice& choice, const PieceHashCache* hashes)
    : model_(model),
      decoder_(model.decoder),
      experiment_shape_(experiment.config.reshape),
      shape_config_(experiment_shape_),
      shape_(reshape_of(shape_config_, model.decoder.spec())),
      data_(std::make_shared<const ModelData>(read_model_data(experiment, model))),
      calibration_(std::make_shared<CalibrationSets>(experiment, model, data_->set)),
      identity_{.model = model.name,
                .model_hash = model.decoder.checkpoint().content_hash(hashes),
                .data_hash = data_->hash,
                .windows = data_->set.windows,
                .questions = question_counts(*data_)} {
  if (!shape_.is_nothing()) decoder_ = model.decoder.reshaped(shape_);
  rows_.push_back({.id = trial_id(identity_.model_hash, identity_.data_hash,
                                  own_identity("baseline"), {}, model.decoder.arithmetic()),
                   .name = "baseline",
                   .model = model.name});
  add_trials(experiment, choice);
}

ModelPlan::ModelPlan(const ModelPlan& own, const Experiment& experiment, const TrialChoice& choice,
                     const ReshapeConfig& shape)
    : model_(own.model_),
      decoder_(own.model_.decoder.reshaped(reshape_of(shape, own.spec()))),
      experiment_shape_(own.experiment_shape_),
      shape_config_(shape),
      shape_(reshape_of(shape, own.spec())),
      has_own_shape_(false),
      data_(own.data_),
      calibration_(own.calibration_),
      predictor_set_(own.predictor_set_),
      identity_(own.identity_) {
  rows_.push_back(own.baseline());
  add_trials(experiment, choice);
}

void ModelPlan::add_trials(const Experiment& experiment, const TrialChoice& choice) {
  if (experiment.config.floor && data_->set.windows > 0) add_floor();
  std::map<std::string, Index> jobs;  // by id
  const auto is_taken = [&](const Trial& trial) {
    return choice.holds(trial.name, trial.vars) && reshape_of(trial.reshape, spec()) == shape_;
  };
  for (const Trial& trial : model_.trials) {
    // The others give their rows only: the folder may hold records of theirs.
    const bool is_chosen = is_taken(trial);
    has_other_shapes_ = has_other_shapes_ || reshape_of(trial.reshape, spec()) != shape_;
    condition_of_trial_.push_back(-1);
    if (trial.bisect) {
      row_of_search_.push_back(std::ssize(rows_));
      rows_.emplace_back();
      searches_.push_back(make_search(trial, is_chosen));
      continue;
    }
    Job job = make_job(trial);
    rows_.push_back(job.key);
    if (!is_chosen) continue;
    const auto [known, is_new] = jobs.emplace(job.key.id, std::ssize(jobs_));
    condition_of_trial_.back() = known->second;
    if (!is_new) continue;
    trial_of_condition_.push_back(&trial);
    jobs_.push_back(std::move(job));
  }
  for (std::size_t t = 0; t < model_.trials.size(); ++t) {
    const Trial& trial = model_.trials[t];
    if (!trial.bisect || !is_taken(trial)) continue;
    condition_of_trial_[t] = std::ssize(trial_of_condition_);
    trial_of_condition_.push_back(&trial);
  }
  const ExperimentConfig& config = experiment.config;
  if (config.predict.calibration && predictor_set_ == nullptr)
    predictor_set_ =
        calibration_->read(*config.predict.calibration, static_cast<std::uint64_t>(config.seed))
            .set;
  identity_.calibration = calibration_->identities();
  ModelPart all{.conditions = std::vector<Index>(trial_of_condition_.size()),
                .last_item = data_->set.count(),
                .with_floor = true};
  std::iota(all.conditions.begin(), all.conditions.end(), Index{0});
  take_part(all);
}

void ModelPlan::take_part(const ModelPart& part) {
  std::vector<bool> is_ours(trial_of_condition_.size(), false);
  for (const Index condition : part.conditions) is_ours[static_cast<std::size_t>(condition)] = true;
  own_.assign(is_ours.begin(), is_ours.begin() + std::ssize(jobs_));
  std::size_t next = jobs_.size();
  for (Search& search : searches_)
    if (search.is_chosen) search.is_ours = is_ours[next++];
  row_count_ = 0;
  for (const Index condition : condition_of_trial_)
    if (condition >= 0 && is_ours[static_cast<std::size_t>(condition)]) ++row_count_;
  may_stop_ = false;
  for (const Index condition : part.conditions)
    may_stop_ = may_stop_ || trial_of_condition_[static_cast<std::size_t>(condition)]->stop;
  runs_floor_ = floor_.has_value() && part.with_floor && has_own_shape_;
  items_ = Stage(part.first_item, part.last_item);
  stages_ = stages_of(items_);
}

std::vector<Stage> ModelPlan::stages_of(const Stage& items) const {
  if (may_stop_) return cut_stop_stages(spec(), data_->set);
  if (items.items.empty()) return {};
  const Index first = items.items.front();
  std::vector<Stage> stages = cut_stages(
      spec(),
      std::span(data_->set.items).subspan(static_cast<std::size_t>(first), items.items.size()));
  for (Stage& stage : stages)
    for (Index& item : stage.items) item += first;
  return stages;
}

std::vector<Job> ModelPlan::first_steps() {
  std::vector<Job> steps;
  for (const Search& search : searches_)
    if (search.is_chosen)
      steps.push_back(make_job(search.trial.at(*Bisection(*search.trial.bisect).next())));
  return steps;
}

std::vector<const Job*> ModelPlan::conditions(const std::vector<Job>& first_steps) const {
  std::vector<const Job*> all;
  for (const Job& job : jobs_) all.push_back(&job);
  for (const Job& step : first_steps) all.push_back(&step);
  return all;
}

const Trial* ModelPlan::undivided() const {
  const auto found = std::find_if(trial_of_condition_.begin(), trial_of_condition_.end(),
                                  [](const Trial* trial) { return trial->stop || trial->bisect; });
  return found == trial_of_condition_.end() ? nullptr : *found;
}

std::string ModelPlan::title() const {
  const std::string shape = reshape_text(shape_config_);
  if (!shape.empty()) return fmt::format("{}, {}", name(), shape);
  return has_own_shape_ ? name() : name() + ", not reshaped";
}

std::vector<ReshapeConfig> ModelPlan::other_shapes(const TrialChoice& choice) const {
  std::vector<ReshapeConfig> configs;
  std::vector<Reshape> known = {shape_};
  for (const Trial& trial : model_.trials) {
    if (!choice.holds(trial.name, trial.vars)) continue;
    Reshape reshape = reshape_of(trial.reshape, spec());
    if (std::find(known.begin(), known.end(), reshape) != known.end()) continue;
    known.push_back(std::move(reshape));
    configs.push_back(trial.reshape);
  }
  return configs;
}

/// The identity of a row that has no trial, in the experiment's own shape.
Json ModelPlan::own_identity(const Json& identity) const {
  const Reshape own = reshape_of(experiment_shape_, spec());
  return own.is_nothing() ? identity : Json::array({identity, shape_json(own)});
}

void ModelPlan::add_floor() {
  ModelTrial floor = ModelTrial::floor(spec());
  const Json identity = own_identity(floor.identity());
  RowKey key{.id = trial_id(identity_.model_hash, identity_.data_hash, identity, {},
                            model_.decoder.arithmetic()),
             .name = kFloorName,
             .model = name()};
  rows_.push_back(key);
  TrialPath path = numbers_.path(floor, spec());
  floor_ = Job{std::move(floor), std::move(path), std::move(key), std::nullopt};
}

ModelTrial ModelPlan::make_trial(const Trial& trial) const {
  return ModelTrial(trial, spec(), calibration_->source());
}

/// The most evaluated tokens that a set shares from which the trial is made.
Index ModelPlan::calibration_overlap(const Trial& trial) const {
  Index most = 0;
  if (trial.twin.calibration)
    most = calibration_->read(*trial.twin.calibration, trial.seed).overlap.tokens;
  for (const Entry& entry : trial.entries)
    if (entry.calibration)
      most = std::max(most, calibration_->read(*entry.calibration, trial.seed).overlap.tokens);
  return most;
}

std::string ModelPlan::id_of(const Trial& trial, const ModelTrial& model_trial) const {
  Json identity = model_trial.identity();
  if (trial.stop) identity.push_back({{"stop", stop_json(*trial.stop)}});
  if (const Reshape shape = reshape_of(trial.reshape, spec()); !shape.is_nothing())
    identity.push_back(shape_json(shape));
  const std::optional<std::uint64_t> drawn =
      trial.draws() ? std::optional(trial.seed) : std::nullopt;
  return trial_id(identity_.model_hash, identity_.data_hash, identity, drawn,
                  model_.decoder.arithmetic());
}

Search ModelPlan::make_search(const Trial& trial, bool is_chosen) {
  const BisectConfig& config = *trial.bisect;
  SearchKey search{.id = {}, .config = config, .steps = {}};
  // Conditions that do the same at both ends of the range do the same in between.
  ContentHash hash;
  for (const double end : {config.range.lowest, config.range.highest}) {
    const Trial at_end = trial.at(end);
    hash.add(id_of(at_end, make_trial(at_end)));
  }
  hash.add(search_to_json(search).dump());
  search.id = hash.hex();
  RowKey key{.id = {},
             .name = trial.name,
             .model = name(),
             .seed = trial.seed,
             .vars = trial.vars,
             .design = trial.design,
             .entries = entries_of(trial),
             .stops = trial.at(config.range.lowest).stop.has_value(),
             .calibration_overlap = calibration_overlap(trial),
             .search = std::move(search)};
  return {.trial = trial,
          .state = {.key = std::move(key), .bisection = Bisection(config)},
          .is_chosen = is_chosen,
          .is_ours = is_chosen};
}

Job ModelPlan::make_job(const Trial& trial) {
  ModelTrial model_trial = make_trial(trial);
  RowKey key{.id = id_of(trial, model_trial),
             .name = trial.name,
             .model = name(),
             .seed = trial.seed,
             .vars = trial.vars,
             .design = trial.design,
             .entries = entries_of(trial),
             .stops = trial.stop.has_value(),
             .calibration_overlap = calibration_overlap(trial)};
  TrialPath path = numbers_.path(model_trial, spec());
  return {std::move(model_trial), std::move(path), std::move(key), trial.stop};
}

std::vector<const Job*> ModelPlan::jobs_with(const std::vector<Job>& steps) const {
  std::vector<const Job*> all;
  std::set<std::string> seen;
  const auto add = [&](const Job& job) {
    if (seen.insert(job.key.id).second) all.push_back(&job);
  };
  for (std::size_t i = 0; i < jobs_.size(); ++i)
    if (own_[i]) add(jobs_[i]);
  for (const Job& step : steps) add(step);
  return all;
}

std::vector<RowKey> ModelPlan::rows() const {
  std::vector<RowKey> rows = rows_;
  for (std::size_t s = 0; s < searches_.size(); ++s)
    rows[static_cast<std::size_t>(row_of_search_[s])] = searches_[s].state.key;
  return rows;
}

void ModelPlan::take_searches(std::vector<RowKey>& rows) const {
  for (std::size_t s = 0; s < searches_.size(); ++s)
    if (searches_[s].is_ours)
      rows[static_cast<std::size_t>(row_of_search_[s])] = searches_[s].state.key;
}

std::optional<Job> ModelPlan::find(const Record& record) {
  if (floor_ && has_own_shape_ && floor_->key.id == record.id) return floor_;
  for (const Job& job : jobs_)
    if (job.key.id == record.id) return job;
  const auto value = record.vars.find(kSearchVariable);
  if (value == record.vars.end() || !value->is_number()) return std::nullopt;
  Json point = record.vars;
  point.erase(kSearchVariable);
  for (const Search& search : searches_) {
    if (!search.is_ours || search.trial.vars != point) continue;
    Job step = make_job(search.trial.at(value->get<double>()));
    if (step.key.id == record.id) return step;
  }
  return std::nullopt;
}

bool ModelPlan::all_stopped(const FinishedItems& finished, const Stage& stage) const {
  const Index first = stage.items.front();
  if (!may_stop_ || row_count() == 0 || first >= data_->set.windows) return false;
  if (has_own_shape_ && has_other_shapes_) return false;  // their baseline is recorded here
  const auto had_stopped = [&](const std::string& id) {
    return finished.has(id, stage) && !finished.windows(id).contains(first);
  };
  const auto steps_had_stopped = [&](const Search& search) {
    const std::vector<SearchKey::Step>& steps = search.state.key.search->steps;
    return !search.is_ours || std::all_of(steps.begin(), steps.end(),
                                          [&](const auto& step) { return had_stopped(step.id); });
  };
  for (std::size_t i = 0; i < jobs_.size(); ++i)
    if (own_[i] && !had_stopped(jobs_[i].key.id)) return false;
  return std::all_of(searches_.begin(), searches_.end(), steps_had_stopped);
}

Index ModelPlan::steps_left() const {
  Index left = 0;
  for (const Search& search : searches_)
    if (search.is_ours && search.state.bisection.next())
      left = std::max(left, search.trial.bisect->max_steps - search.state.bisection.steps());
  return left;
}

std::vector<std::string> ModelPlan::search_warnings() const {
  std::vector<std::string> warnings;
  for (const Search& search : searches_) {
    const Bisection::State state = search.state.bisection.state();
    if (!search.is_ours || state == Bisection::State::searching ||
        state == Bisection::State::converged)
      continue;
    const Bisection::Point best = search.state.bisection.best();
    warnings.push_back(fmt::format("{}: {}: {}; the nearest is {} with {}", name(),
                                   condition_text(search.state.key), why_not_converged(state),
                                   best.value, best.metric));
  }
  return warnings;
}

std::vector<Job> ModelPlan::advance_searches(const FinishedItems& finished,
                                             const std::vector<Record>& records) {
  std::vector<Job> wanted;
  std::set<std::string> seen;
  if (searches_.empty()) return wanted;
  const std::vector<ResultRow> of_baseline = build_results({baseline()}, records);
  for (Search& search : searches_) {
    search.state.follow(
        [&](double value) -> std::optional<ResultRow> {
          Job step = make_job(search.trial.at(value));
          search.state.key.search->add_step(value, step.key.id);
          if (finished.has_all(step.key.id)) return build_results({step.key}, records).front();
          if (search.is_ours && seen.insert(step.key.id).second) wanted.push_back(std::move(step));
          return std::nullopt;
        },
        of_baseline.empty() ? nullptr : &of_baseline.front());
    // The plan asks for values alone: windows and sites of all steps would stay to the run's end.
    for (ResultRow& step : search.state.steps) step = {.key = step.key};
  }
  return wanted;
}

std::vector<ModelPlan> plan_models(const Experiment& experiment, const TrialChoice& choice,
                                   const PieceHashCache* hashes) {
  std::vector<ModelPlan> plans;
  for (const ExperimentModel& model : experiment.models) {
    const std::size_t first = plans.size();
    plans.emplace_back(experiment, model, choice, hashes);
    for (const ReshapeConfig& shape : plans[first].other_shapes(choice)) {
      ModelPlan other(plans[first], experiment, choice, shape);
      if (other.row_count() > 0) plans.push_back(std::move(other));
    }
  }
  return plans;
}

std::vector<RowKey> rows_of(const std::vector<ModelPlan>& plans) {
  std::vector<RowKey> all;
  std::vector<RowKey> own;  // of one model
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].has_own_shape())
      own = plans[i].rows();
    else
      plans[i].take_searches(own);
    const bool is_last = i + 1 == plans.size() || plans[i + 1].has_own_shape();
    if (is_last) all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

std::vector<ModelIdentity> identities_of(const std::vector<ModelPlan>& plans) {
  std::vector<ModelIdentity> identities;
  for (const ModelPlan& plan : plans)
    if (plan.has_own_shape()) identities.push_back(plan.identity());
  return identities;
}

Stage floor_left(const ModelPlan& model, const Stage& stage, const FinishedItems& finished) {
  if (model.floor() == nullptr) return {};
  Stage part = floor_stage(model.data().set, stage);
  std::erase_if(part.items, [&](Index item) {
    return finished.has(model.floor()->key.id, Stage(item, item + 1));
  });
  return part;
}

}  // namespace nf
