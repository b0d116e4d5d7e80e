#include "eval/run/wave_run.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/base/check.h"
#include "core/ops/elementwise.h"
#include "eval/run/lane_activations.h"
#include "eval/run/score_heads.h"

namespace nf {
namespace {

std::vector<TrialPath> lane_paths(std::span<const Lane> lanes, const DecoderSpec& spec) {
  PathNumbers numbers;
  std::vector<TrialPath> paths = {TrialPath::untouched(spec)};
  for (const Lane& lane : lanes) paths.push_back(numbers.path(*lane.trial, spec));
  return paths;
}

LaneTree tree_of(const std::vector<TrialPath>& paths) {
  std::vector<const TrialPath*> pointers;
  for (const TrialPath& path : paths) pointers.push_back(&path);
  return LaneTree(pointers);
}

}  // namespace

WaveRun::WaveRun(const StageRun& stage, std::span<const Lane> lanes, Index distorting_threads,
                 Matrix& baseline_scored)
    : stage_(stage),
      baseline_scored_(baseline_scored),
      with_baseline_(baseline_scored.empty()),
      paths_(lane_paths(lanes, stage.decoder.spec())),
      tree_(tree_of(paths_)),
      distorted_(std::in_place, stage.decoder, distorting_threads,
                 stage.gather.stats != StatsMode::none) {
  for (const Index lane : tree_.order()) {
    Place place;
    place.path = &paths_[static_cast<std::size_t>(lane)];
    if (lane > 0) {
      place.trial = lanes[static_cast<std::size_t>(lane - 1)].trial;
      place.weight_stats = lanes[static_cast<std::size_t>(lane - 1)].weight_stats;
      wants_weight_stats_ = wants_weight_stats_ || place.weight_stats;
    }
    places_.push_back(std::move(place));
  }
}

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

/// Calls body(group, batch) for all batches of some groups, shared out or one after the other, as
/// the plan says.
void WaveRun::each_batch(Index groups, const std::function<void(Index, Index)>& body) const {
  const Index batches = rows().batch_count();
  const auto piece = [&](Index i) { body(i / batches, i % batches); };
  if (rows().plan.at_once > 1) return stage_.hooks.share(groups * batches, piece);
  for (Index i = 0; i < groups * batches; ++i) {
    if (stage_.hooks.should_stop()) throw Interrupted();
    piece(i);
  }
}

/// The baseline's own path is only followed where it is wanted, or where lanes still share it.
bool WaveRun::is_wanted(const Group& group) const {
  return group.first > 0 || group.size() > 1 || with_baseline_;
}

/// The groups that pass a step. Each new one begins with what the one it parts from has.
std::vector<LaneTree::Group> WaveRun::part(Index step) {
  std::vector<Group> groups = tree_.groups(step);
  struct Parting {
    Index from, to;
  };
  std::vector<Parting> partings;
  Index leader = 0;  // of the group before the step
  for (const Group& group : groups) {
    if (group.first == 0 || tree_.parts(group.first) < step)
      leader = group.first;
    else
      partings.push_back({leader, group.first});
  }
  const bool root_ends = !is_wanted(groups.front());
  std::erase_if(partings, [&](const Parting& parting) {
    place(parting.to).problem = place(parting.from).problem;
    return has_ended(place(parting.from));
  });
  const auto last_of_root = std::find_if(partings.rbegin(), partings.rend(),
                                         [](const Parting& parting) { return parting.from == 0; });
  const Index heir = root_ends && last_of_root != partings.rend() ? last_of_root->to : -1;
  std::erase_if(partings, [heir](const Parting& parting) { return parting.to == heir; });
  for (const Parting& parting : partings)
    place(parting.to).hidden.resize(rows().total_rows, spec().hidden_size);
  each_batch(std::ssize(partings), [&](Index i, Index b) {
    const Parting& parting = partings[static_cast<std::size_t>(i)];
    const MatrixView from = hidden(place(parting.from), rows().batch(b));
    std::copy_n(from.data(), from.size(), hidden(place(parting.to), rows().batch(b)).data());
  });
  if (heir > 0) place(heir).hidden = std::move(place(0).hidden);
  if (root_ends) place(0).hidden = {};
  std::erase_if(groups, [&](const Group& group) {
    return !is_wanted(group) || has_ended(place(group.first));
  });
  return groups;
}

void WaveRun::embed() {
  for (const Group& group : tree_.groups(0)) {
    Place& leader = place(group.first);
    Matrix tokens;
    if (leader.trial != nullptr && tree_.parts(group.first) == 0)
      tokens = distort_outer(group, Role::embed_tokens, leader.trial->embed_tokens());
    if (!is_wanted(group) || has_ended(leader)) continue;
    leader.hidden.resize(rows().total_rows, spec().hidden_size);
    each_batch(1, [&](Index, Index b) {
      const Batch& batch = rows().batch(b);
      stage_.decoder.embed(batch.ids, batch.layout, hidden(leader, batch), tokens);
    });
  }
  stage_.decoder.release_embedding();
}

/// The embedding or the head as a group has it; empty where it is the checkpoint's.
Matrix WaveRun::distort_outer(const Group& group, Role role, const SiteChain& chain) {
  if (chain.empty()) return {};
  const Matrix weight = stage_.decoder.load_outer(role);
  Matrix distorted(weight.rows(), weight.cols());
  std::vector<SiteStats> sites;
  note_of_all(group,
              distort_weight(chain, place(group.first).trial->seed(), wants_weight_stats_,
                             stage_.gather.stats != StatsMode::none, weight, distorted, sites));
  add_sites(group, sites, true);
  return distorted;
}

std::vector<DistortedWeights::Request> WaveRun::requests_of(Index layer, const Group& group) {
  const Place& leader = place(group.first);
  std::vector<DistortedWeights::Request> requests;
  for (const Role role : spec().roles()) {
    const Index number =
        leader.path->weights[static_cast<std::size_t>(layer)][static_cast<std::size_t>(role)];
    if (number != 0) requests.push_back({.role = role, .number = number, .trial = leader.trial});
  }
  return requests;
}

/// All groups through one block: those that have the same weights together.
void WaveRun::pass_block(const BlockWeights& weights) {
  struct Bundle {
    std::vector<DistortedWeights::Request> requests;
    std::vector<Group> groups;
  };
  const auto numbers = [](const std::vector<DistortedWeights::Request>& requests) {
    std::vector<std::pair<Role, Index>> keys;
    for (const auto& request : requests) keys.emplace_back(request.role, request.number);
    return keys;
  };
  std::map<std::vector<std::pair<Role, Index>>, Bundle> bundles;
  DistortedWeights::Uses uses;
  for (const Group& group : part(weights.layer + 1)) {
    std::vector<DistortedWeights::Request> requests = requests_of(weights.layer, group);
    Bundle& bundle = bundles[numbers(requests)];
    bundle.requests = std::move(requests);
    bundle.groups.push_back(group);
  }
  for (const auto& [keys, bundle] : bundles)
    for (const auto& key : keys) ++uses[key];
  distorted_->start(weights, std::move(uses));
  for (auto& [keys, bundle] : bundles) {
    const std::vector<const DistortedWeight*> own =
        distorted_->get(bundle.requests, wants_weight_stats_,
                        [this](Index count, const std::function<void(Index)>& body) {
                          stage_.hooks.share(count, body);
                        });
    PackedLinears packed = weights.packed;
    for (std::size_t i = 0; i < own.size(); ++i) {
      packed[bundle.requests[i].role] = own[i]->packed;
      for (const Group& group : bundle.groups) {
        note_of_all(group, own[i]->problem);
        add_sites(group, own[i]->sites, true);
      }
    }
    std::erase_if(bundle.groups,
                  [this](const Group& group) { return has_ended(place(group.first)); });
    pass_groups(weights, packed, bundle.groups);
    packed = {};  // shares the memory of what may be used again now
    distorted_->done(bundle.requests);
  }
}

void WaveRun::pass_groups(const BlockWeights& weights, const PackedLinears& packed,
                          const std::vector<Group>& groups) {
  const Index batches = rows().batch_count();
  std::vector<DistortedItems> outcomes(static_cast<std::size_t>(std::ssize(groups) * batches));
  each_batch(std::ssize(groups), [&](Index g, Index b) {
    Place& leader = place(groups[static_cast<std::size_t>(g)].first);
    DistortedItems& outcome = outcomes[static_cast<std::size_t>(g * batches + b)];
    const Batch& batch = rows().batch(b);
    const MatrixView states = hidden(leader, batch);
    if (leader.trial != nullptr && leader.trial->touches_inputs(weights.layer)) {
      LaneInputs inputs(*leader.trial, weights.layer, batch.items,
                        stage_.gather.stats == StatsMode::all);
      stage_.decoder.run(weights, packed, batch.layout, &inputs, states);
      outcome = inputs.take();
    } else {
      stage_.decoder.run(weights, packed, batch.layout, nullptr, states);
    }
    outcome.problem.join(hidden_problem(weights.layer, batch, states));
    stage_.hooks.advance(block_flops(spec(), batch.layout));
  });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const Group& group = groups[i / static_cast<std::size_t>(batches)];
    note(group, std::move(outcomes[i].problem));
    add_sites(group, outcomes[i].sites, false);
  }
  stage_.hooks.share(std::ssize(groups), [&](Index g) {
    clear_failed_items(place(groups[static_cast<std::size_t>(g)].first));
  });
}

/// An item that has failed is of no more interest, nor are those behind it; but what is not finite
/// may not go on into distortions, which are not made for it.
void WaveRun::clear_failed_items(Place& leader) {
  if (!leader.failed() || has_ended(leader)) return;
  for (const Batch& batch : rows().batches)
    for (const ItemRows& item : batch.items)
      if (item.item >= leader.problem.item) {
        const MatrixView states = hidden(leader, batch).middle_rows(item.first, item.rows);
        std::fill_n(states.data(), states.size(), 0.0f);
      }
}

ItemProblem WaveRun::hidden_problem(Index layer, const Batch& batch, ConstMatrixView hidden) {
  const Index bad = first_non_finite(hidden);
  if (bad < 0) return {};
  const Index row = bad / hidden.cols();
  const auto item = std::find_if(batch.items.rbegin(), batch.items.rend(),
                                 [row](const ItemRows& each) { return each.first <= row; });
  return {item->item,
          fmt::format("layers.{}: hidden state at position {}, feature {} is not finite", layer,
                      row - item->first, bad % hidden.cols())};
}

/// What counts is the first item that fails, and of it the first problem: what a trial is told to
/// have failed on is then the same wherever stages are cut. So a lane goes on for the items before
/// one that has failed. A lane that parts later inherits the problem.
void WaveRun::note(const Group& group, ItemProblem problem) {
  if (!problem.exists()) return;
  problem.text = fmt::format("{}: {}", stage_.set.name(problem.item), problem.text);
  if (group.first == 0) throw_baseline_failure(problem.text);
  Place& leader = place(group.first);
  leader.problem.join(std::move(problem));
  if (has_ended(leader)) leader.hidden = {};
}

/// A weight that is not finite fails whatever reads it, so the first item too.
void WaveRun::note_of_all(const Group& group, const std::string& problem) {
  if (problem.empty()) return;
  if (group.first == 0) throw_baseline_failure(problem);
  Place& leader = place(group.first);
  if (has_ended(leader)) return;
  leader.problem = {stage_.stage.items.front(), problem};
  leader.hidden = {};
}

/// The first item has failed, so there is nothing more to learn.
bool WaveRun::has_ended(const Place& leader) const {
  return leader.failed() && leader.problem.item == stage_.stage.items.front();
}

void WaveRun::add_sites(const Group& group, const std::vector<SiteStats>& sites, bool of_weight) {
  for (Index i = group.first; i < group.last; ++i)
    if (!of_weight || place(i).weight_stats)
      for (const SiteStats& site : sites) add_site(site, place(i).sites);
}

void WaveRun::throw_baseline_failure(const std::string& problem) const {
  throw NumericError(fmt::format("{}: the untouched model fails: {}",
                                 stage_.decoder.checkpoint().dir().string(), problem));
}

/// Final norm, then the head, where the baseline and all lanes meet.
void WaveRun::pass_head() {
  const Index step = tree_.steps() - 1;
  std::vector<Matrix> heads(places_.size());  // distorted ones: [V, E]
  for (const Group& group : part(step)) {
    Place& leader = place(group.first);
    if (leader.trial != nullptr && leader.path->head_weight != 0)
      heads[static_cast<std::size_t>(group.first)] =
          distort_outer(group, Role::lm_head, leader.trial->lm_head());
    if (!has_ended(leader)) pass_final_norm(group);
  }
  if (!with_baseline_) place(0).scored = std::move(baseline_scored_);
  std::vector<HeadLane> lanes;
  for (const Group& group : tree_.groups(step)) {
    Place& leader = place(group.first);
    if (has_ended(leader)) continue;
    leader.scores = std::make_unique<TokenScores>(rows().scored_rows, rows().targets);
    lanes.push_back({.scored = leader.scored.view(),
                     .head = &heads[static_cast<std::size_t>(group.first)],
                     .scores = leader.scores.get()});
  }
  score_heads(stage_.decoder, lanes, stage_.hooks);
}

/// What the head reads at the rows that predict a target: the normed hidden states, distorted where
/// the trial says so. The other rows go.
void WaveRun::pass_final_norm(const Group& group) {
  Place& leader = place(group.first);
  const bool distorts = leader.trial != nullptr && !leader.trial->lm_head_input().empty();
  std::vector<DistortedItems> outcomes(rows().batches.size());
  leader.scored.resize(rows().scored_rows, spec().embedding_size());
  each_batch(1, [&](Index, Index b) {
    const auto i = static_cast<std::size_t>(b);
    const Batch& batch = rows().batch(b);
    Matrix hidden(batch.rows(), spec().hidden_size);
    std::copy_n(this->hidden(leader, batch).data(), hidden.size(), hidden.data());
    stage_.decoder.final_norm(hidden);
    if (distorts) {
      Matrix distorted(hidden.rows(), hidden.cols());
      outcomes[i] = distort_items(leader.trial->lm_head_input(), leader.trial->seed(), batch.items,
                                  stage_.gather.stats == StatsMode::all, hidden, distorted);
      hidden = std::move(distorted);
    }
    const GatheredRows& scored = rows().scored[i];
    for (std::size_t r = 0; r < scored.rows.size(); ++r)
      std::copy_n(hidden.view().row(scored.rows[r]), hidden.cols(),
                  leader.scored.view().row(scored.first + static_cast<Index>(r)));
  });
  leader.hidden = {};
  for (DistortedItems& outcome : outcomes) {
    note(group, std::move(outcome.problem));
    add_sites(group, outcome.sites, false);
  }
}

std::vector<LaneResult> WaveRun::take_lanes() {
  std::vector<LaneResult> results(places_.size() - 1);
  for (const Group& group : tree_.groups(tree_.steps() - 1))
    for (Index i = group.first; i < group.last; ++i)
      if (tree_.lane(i) > 0)
        results[static_cast<std::size_t>(tree_.lane(i) - 1)] = leave(i, group.first);
  return results;
}

LaneResult WaveRun::take_baseline() {
  LaneResult result = leave(0, 0);
  baseline_scored_ = std::move(place(0).scored);
  return result;
}

LaneResult WaveRun::leave(Index lane_place, Index leader_place) {
  const Place& leader = place(leader_place);
  LaneResult lane{.error = {}, .items = {}, .sites = std::move(place(lane_place).sites)};
  for (std::size_t at = 0; at < stage_.stage.items.size() && lane.error.empty(); ++at) {
    const Index item = stage_.stage.items[at];
    if (leader.failed() && item >= leader.problem.item) {
      lane.error = leader.problem.text;
      break;
    }
    std::vector<PartSums> parts(static_cast<std::size_t>(stage_.set.item(item).parts));
    leader.scores->add_targets(rows().first_target[at], rows().first_target[at + 1],
                               *place(0).scores, parts, stage_.gather.detail);
    for (const PartSums& part : parts)
      if (!std::isfinite(part.nll) || !std::isfinite(part.kl) || !std::isfinite(part.kl_reverse))
        lane.error = fmt::format("logits of {} are not finite", stage_.set.name(item));
    lane.items.push_back(std::move(parts));
  }
  if (lane.error.empty()) return lane;
  if (leader_place == 0) throw_baseline_failure(lane.error);
  lane.items.clear();
  return lane;
}

}  // namespace nf
