#include "eval/run/wave_run.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "eval/plan/memory.h"
#include "eval/run/lane_activations.h"
#include "eval/run/score_heads.h"

namespace nf {

WaveRun::WaveRun(const StageRun& stage, std::span<const Lane> lanes, Index distorting_threads,
                 Matrix& baseline_scored)
    : stage_(stage),
      baseline_scored_(baseline_scored),
      with_baseline_(baseline_scored.empty()),
      wants_weight_stats_(std::any_of(lanes.begin(), lanes.end(),
                                      [](const Lane& lane) { return lane.weight_stats; })),
      states_(stage, lanes, with_baseline_),
      heads_(lanes.size() + 1),
      distorted_(std::in_place, stage.decoder, distorting_threads,
                 stage.gather.stats != StatsMode::none) {}

void WaveRun::run() {
  embed();
  const Index layers = spec().num_hidden_layers;
  BlockWeights weights;
  for (Index layer = 0; layer < layers; ++layer) {
    weights = stage_.decoder.load_block(layer, std::move(weights));
    if (layer + 1 < layers)
      stage_.decoder.prefetch_block(layer + 1);
    else
      stage_.decoder.prefetch_head(0, kHeadSlab);
    pass_block(weights);
  }
  weights = {};  // a block and the head are never held at once
  distorted_.reset();
  pass_head();
}

void WaveRun::embed() {
  for (const Group& group : states_.tree().groups(0)) {
    const ModelTrial* trial = states_.leader(group).trial;
    const bool distorts = trial != nullptr && !trial->embed_tokens().empty();
    const TokenRows tokens = distorts ? distort_tokens(group) : TokenRows{};
    if (!states_.is_wanted(group) || states_.has_ended(group)) continue;
    states_.begin(group);
    stage_.each_batch(1, [&](Index, Index b) {
      const Batch& batch = rows().batch(b);
      stage_.decoder.embed(batch.ids, batch.layout, states_.hidden(group, batch),
                           distorts ? &tokens : nullptr, summation_of(group));
    });
  }
  stage_.decoder.release_outer(Role::embed_tokens);
}

Summation WaveRun::summation_of(const Group& group) const {
  const ModelTrial* trial = states_.at(group.first).trial;
  return trial == nullptr ? Summation::whole : trial->summation();
}

/// The embeddings of the stage's tokens as a group has them. All of the embedding passes by: its
/// statistics are those of the whole matrix, and a value that is not finite fails the group.
TokenRows WaveRun::distort_tokens(const Group& group) {
  std::vector<std::int32_t> ids;
  for (const Batch& batch : rows().batches)
    ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
  const std::unique_ptr<DistortedOuter> embedding =
      distorted_outer(group, Role::embed_tokens, states_.leader(group).trial->embed_tokens());
  TokenRows tokens = embedding->take_tokens(std::move(ids));
  note_outer(group, *embedding);
  return tokens;
}

std::unique_ptr<DistortedOuter> WaveRun::distorted_outer(const Group& group, Role role,
                                                         const SiteChain& chain) {
  return std::make_unique<DistortedOuter>(stage_.decoder, role, chain,
                                          states_.leader(group).trial->seed(), wants_weight_stats_,
                                          stage_.gather.stats != StatsMode::none);
}

/// Takes the problem and the statistics of a matrix of which all rows were made.
void WaveRun::note_outer(const Group& group, DistortedOuter& outer) {
  states_.note_of_all(group, outer.problem());
  states_.add_weight_sites(group, outer.take_sites());
}

/// All groups through one block: those that have the same weights together.
void WaveRun::pass_block(const BlockWeights& weights) {
  std::vector<Bundle> all = bundles(weights.layer);
  DistortedWeights::Uses uses;
  for (const Bundle& bundle : all)
    for (const auto& request : bundle.requests) ++uses[{request.role, request.number}];
  distorted_->start(weights, std::move(uses));
  for (Bundle& bundle : all) {
    PackedLinears packed = distort_weights(weights, bundle);
    std::erase_if(bundle.groups, [this](const Group& group) { return states_.has_ended(group); });
    pass_groups(weights, packed, bundle.groups);
    packed = {};  // shares the memory of what may be used again now
    distorted_->done(bundle.requests);
  }
}

std::vector<WaveRun::Bundle> WaveRun::bundles(Index layer) {
  std::map<std::vector<std::pair<Role, Index>>, Bundle> by_weights;
  for (const Group& group : states_.part(layer + 1)) {
    std::vector<DistortedWeights::Request> requests = requests_of(layer, group);
    std::vector<std::pair<Role, Index>> numbers;
    for (const auto& request : requests) numbers.emplace_back(request.role, request.number);
    Bundle& bundle = by_weights[std::move(numbers)];
    bundle.requests = std::move(requests);
    bundle.groups.push_back(group);
  }
  std::vector<Bundle> bundles;
  for (auto& [numbers, bundle] : by_weights) bundles.push_back(std::move(bundle));
  return bundles;
}

std::vector<DistortedWeights::Request> WaveRun::requests_of(Index layer, const Group& group) {
  const LaneState& leader = states_.leader(group);
  std::vector<DistortedWeights::Request> requests;
  for (const Role role : spec().roles()) {
    const Index number =
        leader.path->weights[static_cast<std::size_t>(layer)][static_cast<std::size_t>(role)];
    if (number != 0) requests.push_back({.role = role, .number = number, .trial = leader.trial});
  }
  return requests;
}

/// The block's weights as the groups of a bundle have them.
PackedLinears WaveRun::distort_weights(const BlockWeights& weights, const Bundle& bundle) {
  const std::vector<const DistortedWeight*> own =
      distorted_->get(bundle.requests, wants_weight_stats_,
                      [this](Index count, const std::function<void(Index)>& body) {
                        stage_.hooks.share(count, body);
                      });
  PackedLinears packed = weights.packed;
  for (std::size_t i = 0; i < own.size(); ++i) {
    packed[bundle.requests[i].role] = own[i]->packed;
    for (const Group& group : bundle.groups) {
      states_.note_of_all(group, own[i]->problem);
      states_.add_weight_sites(group, own[i]->sites);
    }
  }
  return packed;
}

void WaveRun::pass_groups(const BlockWeights& weights, const PackedLinears& packed,
                          const std::vector<Group>& groups) {
  const Index batches = rows().batch_count();
  std::vector<DistortedItems> outcomes(static_cast<std::size_t>(std::ssize(groups) * batches));
  stage_.each_batch(std::ssize(groups), [&](Index g, Index b) {
    const Group& group = groups[static_cast<std::size_t>(g)];
    const ModelTrial* trial = states_.leader(group).trial;
    DistortedItems& outcome = outcomes[static_cast<std::size_t>(g * batches + b)];
    const Batch& batch = rows().batch(b);
    const MatrixView hidden = states_.hidden(group, batch);
    if (trial != nullptr && trial->touches_inputs(weights.layer)) {
      LaneInputs inputs(*trial, weights.layer, batch.items, stage_.gather.stats == StatsMode::all);
      stage_.decoder.run(weights, packed, batch.layout, &inputs, hidden);
      outcome = inputs.take();
    } else {
      stage_.decoder.run(weights, packed, batch.layout, nullptr, hidden);
    }
    outcome.problem.join(hidden_problem(weights.layer, batch, hidden));
    stage_.hooks.advance(block_flops(spec(), batch.layout));
  });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Group& group = groups[i / static_cast<std::size_t>(batches)];
    states_.note(group, std::move(outcomes[i].problem));
    states_.add_sites(group, outcomes[i].sites);
  }
  stage_.hooks.share(std::ssize(groups), [&](Index g) {
    states_.clear_failed_items(groups[static_cast<std::size_t>(g)]);
  });
}

/// Final norm, then the head, where the baseline and all lanes meet.
void WaveRun::pass_head() {
  const Index step = states_.tree().steps() - 1;
  for (const Group& group : states_.part(step)) {
    const LaneState& leader = states_.leader(group);
    pass_final_norm(group);
    const bool distorts = leader.trial != nullptr && !leader.trial->lm_head().empty();
    if (distorts && !states_.has_ended(group))
      head(group.first).weight = distorted_outer(group, Role::lm_head, leader.trial->lm_head());
  }
  if (!with_baseline_) head(0).scored = std::move(baseline_scored_);
  std::vector<HeadLane> lanes;
  for (const Group& group : states_.tree().groups(step)) {
    if (states_.has_ended(group)) continue;
    HeadState& own = head(group.first);
    own.scores = std::make_unique<TokenScores>(rows().scored_rows, rows().targets);
    lanes.push_back({.scored = own.scored,
                     .head = own.weight.get(),
                     .scores = own.scores.get(),
                     .summation = summation_of(group)});
  }
  score_heads(stage_.decoder, lanes, stage_.hooks);
  for (const Group& group : states_.tree().groups(step)) {
    HeadState& own = head(group.first);
    if (own.weight) note_outer(group, *own.weight);
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
  std::vector<DistortedItems> outcomes(rows().batches.size());
  scored.resize(rows().scored_rows, spec().embedding_size());
  stage_.each_batch(1, [&](Index, Index b) {
    const auto i = static_cast<std::size_t>(b);
    const Batch& batch = rows().batch(b);
    Matrix hidden(batch.rows(), spec().hidden_size);
    std::copy_n(states_.hidden(group, batch).data(), hidden.size(), hidden.data());
    stage_.decoder.final_norm(hidden, summation_of(group));
    if (distorts) {
      Matrix distorted(hidden.rows(), hidden.cols());
      outcomes[i] = distort_items(leader.trial->lm_head_input(), leader.trial->seed(), batch.items,
                                  stage_.gather.stats == StatsMode::all, hidden, distorted);
      hidden = std::move(distorted);
    }
    const GatheredRows& gathered = rows().scored[i];
    for (std::size_t r = 0; r < gathered.rows.size(); ++r)
      std::copy_n(hidden.view().row(gathered.rows[r]), hidden.cols(),
                  scored.view().row(gathered.first + static_cast<Index>(r)));
  });
  leader.hidden = {};
  std::vector<SiteStats>& sites = head(group.first).input_sites;
  for (DistortedItems& outcome : outcomes) {
    states_.note(group, std::move(outcome.problem));
    std::move(outcome.sites.begin(), outcome.sites.end(), std::back_inserter(sites));
  }
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
  baseline_scored_ = std::move(head(0).scored);
  return result;
}

/// The result of the lane at a place, led from another.
LaneResult WaveRun::leave(Index place, Index leader) {
  const ItemProblem& problem = states_.at(leader).problem;
  LaneResult lane{.error = {}, .items = {}, .sites = std::move(states_.at(place).sites)};
  for (std::size_t at = 0; at < stage_.stage.items.size() && lane.error.empty(); ++at) {
    const Index item = stage_.stage.items[at];
    if (problem.exists() && item >= problem.item) {
      lane.error = problem.text;
      break;
    }
    std::vector<PartSums> parts(static_cast<std::size_t>(stage_.set.item(item).parts));
    head(leader).scores->add_targets(rows().first_target[at], rows().first_target[at + 1],
                                     *head(0).scores, parts, stage_.gather.detail);
    for (const PartSums& part : parts)
      if (!part.is_finite())
        lane.error = fmt::format("logits of {} are not finite", stage_.set.name(item));
    lane.items.push_back(std::move(parts));
  }
  if (lane.error.empty()) return lane;
  if (leader == 0) states_.throw_root_failure(lane.error);
  lane.items.clear();
  return lane;
}

}  // namespace nf
