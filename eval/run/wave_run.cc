#include "eval/run/wave_run.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "eval/plan/memory.h"
#include "eval/run/lane_activations.h"
#include "eval/run/lane_profile.h"
#include "eval/run/score_heads.h"
#include "perturb/noise_kernels.h"

namespace nf {
namespace {

/// Only the baseline's record tells of the untouched model's states.
void forget_residual(std::vector<PartSums>& parts) {
  for (PartSums& part : parts) {
    part.residual = 0.0;
    part.lacks_residual = true;
  }
}

}  // namespace

WaveRun::WaveRun(const StageRun& stage, std::span<const Lane> lanes, Index distorting_threads,
                 BaselineRows& baseline_rows)
    : stage_(stage),
      baseline_(baseline_rows),
      with_baseline_(baseline_rows.empty()),
      states_(stage, lanes, with_baseline_),
      blocks_(stage, states_, distorting_threads,
              std::any_of(lanes.begin(), lanes.end(),
                          [](const Lane& lane) { return lane.weight_stats; })),
      heads_(lanes.size() + 1) {}

void WaveRun::run() {
  blocks_.embed();
  const Index layers = spec().num_hidden_layers;
  BlockWeights weights;
  for (Index layer = 0; layer < layers; ++layer) {
    weights = stage_.decoder.load_block(layer, std::move(weights));
    if (layer + 1 < layers)
      stage_.decoder.prefetch_block(layer + 1);
    else
      stage_.decoder.prefetch_head(0, kHeadSlab);
    blocks_.pass(weights, states_.part(layer + 1));
  }
  weights = {};  // a block and the head are never held at once
  blocks_.release();
  pass_head();
}

/// The keys of what a lane knows of calibration sets; nothing where it needs nothing.
const TrialKeys& WaveRun::keys_of(const LaneState& lane) {
  static const TrialKeys nothing;
  return lane.path->calibrated ? *lane.path->calibrated : nothing;
}

/// Final norm, then the head, where the baseline and all lanes meet.
void WaveRun::pass_head() {
  if (stage_.gather.predictors != nullptr)
    stage_.gather.predictors->start(spec().num_hidden_layers);
  const Index step = states_.tree().steps() - 1;
  for (const Group& group : states_.part(step)) {
    const LaneState& leader = states_.leader(group);
    const ChainKey of_weight = keys_of(leader).head_weight_statistics;
    const bool distorts = leader.trial != nullptr && !leader.trial->lm_head().empty();
    pass_final_norm(group);
    if (distorts && !states_.has_ended(group))
      head(group.first).weight =
          blocks_.distorted_outer(group, Role::lm_head, leader.trial->lm_head(), of_weight);
  }
  if (!with_baseline_) head(0).scored = std::move(baseline_.scored);
  head(0).residuals = baseline_residuals();
  std::vector<HeadLane> lanes;
  for (const Group& group : states_.tree().groups(step)) {
    if (states_.has_ended(group)) continue;
    HeadState& own = head(group.first);
    own.scores = std::make_unique<TokenScores>(rows().scored_rows, rows().targets);
    own.scores->set_residuals(own.residuals);
    lanes.push_back({.scored = own.scored,
                     .head = own.weight.get(),
                     .scores = own.scores.get(),
                     .rounding = blocks_.rounding_of(group)});
  }
  score_heads(stage_.decoder, lanes, stage_.hooks);
  for (const Group& group : states_.tree().groups(step)) {
    HeadState& own = head(group.first);
    if (own.weight) blocks_.note_outer(group, *own.weight);
    own.weight.reset();
    states_.add_sites(group, own.input_sites);  // the weight's come before its input's
  }
}

/// Makes the head's input at the rows that predict a target: the normed hidden states, distorted
/// where the trial says so. The other rows go.
void WaveRun::pass_final_norm(const Group& group) {
  LaneState& leader = states_.leader(group);
  Matrix& scored = head(group.first).scored;
  const bool distorts = leader.trial != nullptr && !leader.trial->lm_head_input().empty();
  ChainKnowledge knowledge;
  if (distorts)
    knowledge = blocks_.knowledge_of(group, leader.trial->lm_head_input(),
                                     keys_of(leader).head_input_statistics);
  if (states_.has_ended(group)) return;
  take_residuals(group);
  std::vector<DistortedItems> outcomes(rows().batches.size());
  std::vector<SeenWindows> seen(rows().batches.size());
  const std::vector<Index> profiled = states_.profiled(group);
  scored.resize(rows().scored_rows, spec().embedding_size());
  stage_.each_batch(1, [&](Index, Index b) {
    const auto i = static_cast<std::size_t>(b);
    const Batch& batch = rows().batch(b);
    Matrix hidden(batch.rows(), spec().hidden_size);
    std::copy_n(states_.hidden(group, batch).data(), hidden.size(), hidden.data());
    stage_.decoder.final_norm(hidden, blocks_.rounding_of(group));
    if (distorts) {
      Matrix distorted(hidden.rows(), hidden.cols());
      outcomes[i] = distort_items(leader.trial->lm_head_input(), leader.trial->seed(), batch.items,
                                  stage_.gather.stats == StatsMode::all, hidden, distorted,
                                  {.knowledge = knowledge.steps()});
      hidden = std::move(distorted);
    }
    LaneProfile profile(0, batch, profiled);
    if (profile.is_wanted()) profile.see(Role::lm_head, hidden);
    seen[i] = profile.take();
    const GatheredRows& gathered = rows().scored[i];
    for (std::size_t r = 0; r < gathered.rows.size(); ++r)
      std::copy_n(hidden.view().row(gathered.rows[r]), hidden.cols(),
                  scored.view().row(gathered.first + static_cast<Index>(r)));
  });
  leader.hidden = {};
  for (const SeenWindows& windows : seen)
    for (const auto& [window, parts] : windows) states_.add_profile(group, window, parts);
  std::optional<PredictorSums> sums;
  if (PredictorProbe* const probe = distorts ? blocks_.probe_of(group) : nullptr)
    sums =
        probe->of_input(*leader.trial, Role::lm_head, knowledge.steps()).value_or(PredictorSums{});
  std::vector<SiteStats>& sites = head(group.first).input_sites;
  for (DistortedItems& outcome : outcomes) {
    states_.note(group, std::move(outcome.problem));
    for (SiteStats& site : outcome.sites) site.predictor = sums;
    std::move(outcome.sites.begin(), outcome.sites.end(), std::back_inserter(sites));
  }
}

/// What a group's states differ by from the untouched model's, whose own are taken for all.
void WaveRun::take_residuals(const Group& group) {
  const bool is_baseline = group.first == 0;
  if (is_baseline && !with_baseline_) return;  // its states are known
  if (is_baseline) baseline_.states.resize(rows().scored_rows, spec().hidden_size);
  std::vector<double>& residuals = head(group.first).residuals;
  residuals.resize(static_cast<std::size_t>(rows().scored_rows));
  stage_.each_batch(1, [&](Index, Index b) {
    const MatrixView hidden = states_.hidden(group, rows().batch(b));
    const GatheredRows& gathered = rows().scored[static_cast<std::size_t>(b)];
    for (std::size_t r = 0; r < gathered.rows.size(); ++r) {
      const Index at = gathered.first + static_cast<Index>(r);
      const float* const own = hidden.row(gathered.rows[r]);
      float* const untouched = baseline_.states.view().row(at);
      if (is_baseline)
        std::copy_n(own, hidden.cols(), untouched);
      else
        residuals[static_cast<std::size_t>(at)] =
            noise_kernels().squared_distance(untouched, own, hidden.cols());
    }
  });
}

std::vector<double> WaveRun::baseline_residuals() const {
  std::vector<double> residuals;
  for (Index row = 0; row < baseline_.states.rows(); ++row)
    residuals.push_back(
        noise_kernels().sum_squares(baseline_.states.view().row(row), baseline_.states.cols()));
  return residuals;
}

std::vector<LaneResult> WaveRun::take_lanes() {
  const LaneTree& tree = states_.tree();
  std::vector<LaneResult> results(heads_.size() - 1);
  for (const Group& group : tree.groups(tree.steps() - 1))
    for (Index i = group.first; i < group.last; ++i)
      if (tree.lane(i) > 0)
        results[static_cast<std::size_t>(tree.lane(i) - 1)] = leave(i, group.first);
  return results;
}

LaneResult WaveRun::take_baseline() {
  LaneResult result = leave(0, 0);
  baseline_.scored = std::move(head(0).scored);
  return result;
}

/// The result of the lane at a place, led from another.
LaneResult WaveRun::leave(Index place, Index leader) {
  const ItemProblem& problem = states_.at(leader).problem;
  LaneResult lane{.error = {},
                  .items = {},
                  .sites = std::move(states_.at(place).sites),
                  .profile = std::move(states_.at(place).profile)};
  for (std::size_t at = 0; at < stage_.stage.items.size() && lane.error.empty(); ++at) {
    const Index item = stage_.stage.items[at];
    if (problem.exists() && item >= problem.item) {
      lane.error = problem.text;
      break;
    }
    std::vector<PartSums> parts(static_cast<std::size_t>(stage_.set.item(item).parts));
    head(leader).scores->add_targets(rows().first_target[at], rows().first_target[at + 1],
                                     *head(0).scores, parts, stage_.gather.detail);
    if (place > 0) forget_residual(parts);
    for (const PartSums& part : parts)
      if (!part.is_finite())
        lane.error = fmt::format("logits of {} are not finite", stage_.set.name(item));
    lane.items.push_back(std::move(parts));
  }
  if (lane.error.empty()) return lane;
  if (leader == 0) states_.throw_root_failure(lane.error);
  lane.items.clear();
  lane.profile = {};
  return lane;
}

}  // namespace nf
