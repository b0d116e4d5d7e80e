#include "eval/run/lane_blocks.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "eval/run/lane_activations.h"
#include "eval/run/lane_profile.h"

namespace nf {

LaneBlocks::LaneBlocks(const StageRun& stage, LaneStates& states, Index distorting_threads,
                       bool wants_weight_stats)
    : stage_(stage),
      states_(states),
      wants_weight_stats_(wants_weight_stats),
      distorted_(stage.decoder, distorting_threads, stage.gather.stats != StatsMode::none,
                 stage.calibration, stage.gather.predictors) {}

void LaneBlocks::embed() {
  for (const Group& group : states_.tree().groups(0)) {
    const ModelTrial* trial = states_.leader(group).trial;
    const bool distorts = trial != nullptr && !trial->embed_tokens().empty();
    const TokenRows tokens = distorts ? distort_tokens(group) : TokenRows{};
    if (!states_.is_wanted(group) || states_.has_ended(group)) continue;
    states_.begin(group);
    stage_.each_batch(1, [&](Index, Index b) {
      const Batch& batch = stage_.rows.batch(b);
      stage_.decoder.embed(batch.ids, batch.layout, states_.hidden(group, batch),
                           distorts ? &tokens : nullptr, rounding_of(group));
    });
  }
  stage_.decoder.release_outer(Role::embed_tokens);
}

Rounding LaneBlocks::rounding_of(const Group& group) const {
  const ModelTrial* trial = states_.at(group.first).trial;
  return trial == nullptr ? Rounding::usual : trial->rounding();
}

/// The embeddings of the stage's tokens as a group has them. All of the embedding passes by: its
/// statistics are those of the whole matrix, and a value that is not finite fails the group.
TokenRows LaneBlocks::distort_tokens(const Group& group) {
  std::vector<std::int32_t> ids;
  for (const Batch& batch : stage_.rows.batches)
    ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
  const std::unique_ptr<DistortedOuter> embedding =
      distorted_outer(group, Role::embed_tokens, states_.leader(group).trial->embed_tokens());
  TokenRows tokens = embedding->take_tokens(std::move(ids));
  note_outer(group, *embedding);
  return tokens;
}

std::unique_ptr<DistortedOuter> LaneBlocks::distorted_outer(const Group& group, Role role,
                                                            const SiteChain& chain,
                                                            const ChainKey& key) {
  ChainKnowledge knowledge = knowledge_of(group, chain, key);
  if (states_.has_ended(group)) return nullptr;
  return std::make_unique<DistortedOuter>(
      stage_.decoder, role, chain, states_.leader(group).trial->seed(), wants_weight_stats_,
      stage_.gather.stats != StatsMode::none, std::move(knowledge), stage_.gather.predictors);
}

PredictorProbe* LaneBlocks::probe_of(const Group& group) const {
  for (Index place = group.first; place < group.last; ++place)
    if (states_.at(place).weight_stats) return stage_.gather.predictors;
  return nullptr;
}

ChainKnowledge LaneBlocks::knowledge_of(const Group& group, const SiteChain& chain,
                                        const ChainKey& key) {
  if (key.is_nothing() || stage_.calibration == nullptr) return {};
  std::string problem;
  ChainKnowledge knowledge = chain_knowledge(chain, key, *stage_.calibration, problem);
  states_.note_of_all(group, problem);
  return knowledge;
}

void LaneBlocks::note_outer(const Group& group, DistortedOuter& outer) {
  states_.note_of_all(group, outer.problem());
  states_.add_weight_sites(group, outer.take_sites());
}

void LaneBlocks::pass(const BlockWeights& weights, const std::vector<Group>& groups) {
  std::vector<Bundle> all = bundles(weights.layer, groups);
  DistortedWeights::Uses uses;
  for (const Bundle& bundle : all)
    for (const auto& request : bundle.requests) ++uses[{request.role, request.number}];
  if (stage_.gather.predictors != nullptr) stage_.gather.predictors->start(weights.layer);
  distorted_.start(weights, std::move(uses));
  for (Bundle& bundle : all) {
    PackedLinears packed = distort_weights(weights, bundle);
    std::erase_if(bundle.groups, [this](const Group& group) { return states_.has_ended(group); });
    pass_groups(weights, packed, bundle.groups);
    packed = {};  // shares the memory of what may be used again now
    distorted_.done(bundle.requests);
  }
}

std::vector<LaneBlocks::Bundle> LaneBlocks::bundles(Index layer, const std::vector<Group>& groups) {
  std::map<std::vector<std::pair<Role, Index>>, Bundle> by_weights;
  for (const Group& group : groups) {
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

std::vector<DistortedWeights::Request> LaneBlocks::requests_of(Index layer, const Group& group) {
  const LaneState& leader = states_.leader(group);
  std::vector<DistortedWeights::Request> requests;
  for (const Role role : stage_.spec().roles()) {
    const auto l = static_cast<std::size_t>(layer), r = static_cast<std::size_t>(role);
    const Index number = leader.path->weights[l][r];
    if (number == 0) continue;
    requests.push_back({.role = role, .number = number, .trial = leader.trial});
    if (leader.path->calibrated)
      requests.back().keys = WeightKeys::of(*leader.path->calibrated, layer, role);
  }
  return requests;
}

/// The block's weights as the groups of a bundle have them.
PackedLinears LaneBlocks::distort_weights(const BlockWeights& weights, const Bundle& bundle) {
  const std::vector<const DistortedWeight*> own =
      distorted_.get(bundle.requests, wants_weight_stats_,
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

/// What a group knows of its calibration sets for the inputs of a block; a failure is noted.
InputKnowledge LaneBlocks::knowledge_of(Index layer, const Group& group) {
  const LaneState& leader = states_.leader(group);
  if (!leader.path->calibrated || stage_.calibration == nullptr) return {};
  InputKnowledge knowledge(*leader.trial, layer, *leader.path->calibrated, *stage_.calibration);
  states_.note_of_all(group, knowledge.problem());
  return knowledge;
}

LaneBlocks::InputSums LaneBlocks::predictor_sums(Index layer, const Group& group,
                                                 const InputKnowledge& knowledge) {
  PredictorProbe* const probe = probe_of(group);
  const ModelTrial* trial = states_.leader(group).trial;
  InputSums sums;
  if (probe == nullptr || trial == nullptr) return sums;
  for (const Role role : stage_.spec().roles()) {
    const SiteChain& chain = trial->input(layer, role);
    if (chain.empty() || sums.contains(chain.site.name())) continue;
    if (auto own = probe->of_input(*trial, role, knowledge.of(role)))
      sums.emplace(chain.site.name(), *std::move(own));
  }
  return sums;
}

void LaneBlocks::pass_groups(const BlockWeights& weights, const PackedLinears& packed,
                             std::vector<Group> groups) {
  std::vector<InputKnowledge> knowledge;
  for (const Group& group : groups) knowledge.push_back(knowledge_of(weights.layer, group));
  for (std::size_t g = groups.size(); g-- > 0;)
    if (states_.has_ended(groups[g])) {
      groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(g));
      knowledge.erase(knowledge.begin() + static_cast<std::ptrdiff_t>(g));
    }
  std::vector<InputSums> sums;
  for (std::size_t g = 0; g < groups.size(); ++g)
    sums.push_back(predictor_sums(weights.layer, groups[g], knowledge[g]));
  const Index batches = stage_.rows.batch_count();
  const auto count = static_cast<std::size_t>(std::ssize(groups) * batches);
  std::vector<DistortedItems> outcomes(count);
  std::vector<SeenWindows> seen(count);
  std::vector<std::vector<Index>> profiled;
  for (const Group& group : groups) profiled.push_back(states_.profiled(group));
  stage_.each_batch(std::ssize(groups), [&](Index g, Index b) {
    const Group& group = groups[static_cast<std::size_t>(g)];
    const ModelTrial* trial = states_.leader(group).trial;
    DistortedItems& outcome = outcomes[static_cast<std::size_t>(g * batches + b)];
    const Batch& batch = stage_.rows.batch(b);
    const MatrixView hidden = states_.hidden(group, batch);
    LaneProfile profile(weights.layer, batch, profiled[static_cast<std::size_t>(g)]);
    InputProbe* const probe = profile.is_wanted() ? &profile : nullptr;
    if (trial != nullptr && trial->touches_inputs(weights.layer)) {
      LaneInputs inputs(*trial, weights.layer, batch.items, stage_.gather.stats == StatsMode::all,
                        &knowledge[static_cast<std::size_t>(g)], stage_.on_calibration_set);
      stage_.decoder.run(weights, packed, batch.layout, &inputs, hidden, probe);
      outcome = inputs.take();
    } else {
      stage_.decoder.run(weights, packed, batch.layout, nullptr, hidden, probe, rounding_of(group));
    }
    outcome.problem.join(hidden_problem(weights.layer, batch, hidden));
    seen[static_cast<std::size_t>(g * batches + b)] = profile.take();
    stage_.hooks.advance(block_flops(stage_.spec(), batch.layout));
  });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::size_t g = i / static_cast<std::size_t>(batches);
    const Group& group = groups[g];
    for (SiteStats& site : outcomes[i].sites) {
      if (const auto own = sums[g].find(site.site); own != sums[g].end())
        site.predictor = own->second;
      else if (probe_of(group) != nullptr)
        site.predictor.emplace();  // asked for, and nothing is known
    }
    states_.note(group, std::move(outcomes[i].problem));
    states_.add_sites(group, outcomes[i].sites);
    for (const auto& [window, parts] : seen[i]) states_.add_profile(group, window, parts);
  }
  stage_.hooks.share(std::ssize(groups), [&](Index g) {
    states_.clear_failed_items(groups[static_cast<std::size_t>(g)]);
  });
}

}  // namespace nf
