#include "eval/plan/wave_cost.h"

#include <algorithm>
#include <set>

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "eval/plan/batch_plan.h"

namespace nf {
namespace {

double number(Index n) { return static_cast<double>(n); }

void add(const KindWork& more, KindWork& work) {
  for (const auto& [kind, values] : more) work[kind] += values;
}

/// The time of equal pieces on some threads, as a multiple of what it were if they could be cut.
double stretch(Index pieces, Index threads) {
  return pieces == 0 ? 1.0 : number((pieces + threads - 1) / threads * threads) / number(pieces);
}

/// The same of unequal pieces, taken up one by one in their order.
double stretch(const std::vector<double>& pieces, Index threads) {
  std::vector<double> busy(static_cast<std::size_t>(threads));
  double all = 0.0;
  for (const double piece : pieces) {
    *std::min_element(busy.begin(), busy.end()) += piece;
    all += piece;
  }
  return all == 0.0 ? 1.0 : *std::max_element(busy.begin(), busy.end()) * number(threads) / all;
}

/// Counts what a wave does, step after step.
class WaveCount {
 public:
  WaveCount(const Wave& wave, DistortionKinds* kinds)
      : wave_(wave),
        kinds_(kinds),
        plan_(plan_batches(wave.items, wave.stage, wave.threads)),
        batches_(std::ssize(pack_batches(wave.items, wave.stage, plan_.rows))) {
    for (const Index i : wave.stage.items) {
      const EvalItem& item = wave.items[static_cast<std::size_t>(i)];
      rows_ += number(item.layout.rows());
      scored_ += scored_rows(item);
      block_flops_ += block_flops(wave.spec, item.layout);
    }
  }

  WaveCost count() {
    const Index layers = wave_.spec.num_hidden_layers;
    embed();
    for (Index layer = 0; layer < layers; ++layer) pass_block(layer);
    pass_head();
    return std::move(cost_);
  }

 private:
  using Weights = std::array<Index, kRoleCount>;

  const TrialPath& path(Index lane) const { return *wave_.paths[static_cast<std::size_t>(lane)]; }
  const ModelTrial* trial(Index lane) const {
    return kinds_ == nullptr ? nullptr : wave_.trials[static_cast<std::size_t>(lane)];
  }
  /// The lanes that lead the groups which are computed at a step.
  std::vector<Index> leaders(Index step, bool with_baseline) const {
    const std::vector<LaneTree::Group> groups = wave_.tree.groups(step);
    std::vector<Index> lanes;
    for (const LaneTree::Group& group : groups)
      if (group.first > 0 || group.size() > 1 || with_baseline)
        lanes.push_back(wave_.tree.lane(group.first));
    return lanes;
  }
  /// Batches of some groups side by side.
  double batch_stretch(Index groups) const {
    return plan_.at_once > 1 ? stretch(groups * batches_, wave_.threads) : 1.0;
  }

  void embed() {
    if (kinds_ == nullptr) return;
    for (const Index lane : leaders(0, wave_.with_baseline))
      add_outer(lane, &ModelTrial::embed_tokens);
  }

  void add_outer(Index lane, const SiteChain& (ModelTrial::*chain_of)() const) {
    const ModelTrial* own = trial(lane);
    if (own == nullptr || (own->*chain_of)().empty()) return;
    cost_.outer[kinds_->of((own->*chain_of)(), own->seed())] +=
        number(wave_.spec.vocab_size) * number(wave_.spec.embedding_size());
  }

  void pass_block(Index layer) {
    std::map<Weights, std::vector<Index>> bundles;  // lanes that lead groups of equal weights
    for (const Index lane : leaders(layer + 1, wave_.with_baseline))
      bundles[path(lane).weights[static_cast<std::size_t>(layer)]].push_back(lane);
    std::set<std::pair<Role, Index>> made;
    for (const auto& [weights, lanes] : bundles) {
      distort_weights(layer, weights, lanes.front(), made);
      const double share = batch_stretch(std::ssize(lanes));
      for (const Index lane : lanes) {
        run_block(layer, lane, share);
        distort_activations(layer, lane, share);
      }
    }
    cost_.block_passes += wave_.tree.passes(layer + 1, wave_.with_baseline);
    ++cost_.blocks_read;
  }

  void run_block(Index layer, Index lane, double share) {
    const ModelTrial* own = wave_.trials[static_cast<std::size_t>(lane)];
    const double integers =
        own == nullptr ? 0.0 : integer_share(wave_.spec, *own, layer) * block_flops_;
    cost_.integer_flops += integers;
    cost_.integer_work += share * integers;
    cost_.block_work += share * (block_flops_ - integers);
  }

  /// Weights of a bundle that no bundle before has made.
  void distort_weights(Index layer, const Weights& weights, Index lane,
                       std::set<std::pair<Role, Index>>& made) {
    std::vector<double> pieces;
    std::vector<Role> roles;
    for (const LinearTensors& linear : wave_.spec.block(layer).linears) {
      const Index weight = weights[static_cast<std::size_t>(linear.role)];
      if (weight == 0 || !made.emplace(linear.role, weight).second) continue;
      pieces.push_back(number(linear.out) * number(linear.in));
      roles.push_back(linear.role);
    }
    const double share = stretch(pieces, wave_.threads);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      cost_.distorted_weights += pieces[i];
      cost_.packing_work += pieces[i] * share;
      const ModelTrial* own = trial(lane);
      if (own == nullptr || own->weight(layer, roles[i]).empty()) continue;
      KindWork& work = wave_.measures_weights ? cost_.measured_weights : cost_.weights;
      work[kinds_->of(own->weight(layer, roles[i]), own->seed())] += pieces[i] * share;
    }
  }

  /// Inputs that several roles read are distorted once.
  void distort_activations(Index layer, Index lane, double share) {
    const ModelTrial* own = trial(lane);
    if (own == nullptr || !own->touches_inputs(layer)) return;
    std::set<std::pair<Role, int>> done;
    for (const LinearTensors& linear : wave_.spec.block(layer).linears) {
      const SiteChain& chain = own->input(layer, linear.role);
      if (!chain.empty() && done.emplace(wave_.spec.input_owner(linear.role), chain.variant).second)
        add_activation(chain, own->seed(), linear.in, share);
    }
    const Index kv = wave_.spec.num_key_value_heads * wave_.spec.head_dim;
    for (const SiteTensor state : kStates)
      if (const SiteChain& chain = own->state(layer, state); !chain.empty())
        add_activation(chain, own->seed(), state == SiteTensor::resid ? wave_.spec.hidden_size : kv,
                       share);
  }

  void add_activation(const SiteChain& chain, std::uint64_t seed, Index width, double share) {
    cost_.activations[kinds_->of(chain, seed)] += rows_ * number(width) * share;
  }

  void pass_head() {
    const Index step = wave_.tree.steps() - 1;
    const double flops = head_flops(wave_.spec, scored_);
    // At the head the baseline is always met again.
    cost_.head_passes = wave_.tree.passes(step, true);
    cost_.head_flops = number(cost_.head_passes) * flops;
    cost_.block_flops = number(cost_.block_passes) * block_flops_;
    const double share = stretch((scored_ + kRowTile - 1) / kRowTile, wave_.threads);
    cost_.baseline_head_work = share * flops;
    cost_.trial_head_work = share * (cost_.head_flops - flops);
    if (kinds_ == nullptr) return;
    for (const Index lane : leaders(step, true)) {
      const ModelTrial* own = trial(lane);
      if (own == nullptr) continue;
      if (own->has_own_head()) ++cost_.own_heads;
      add_outer(lane, &ModelTrial::lm_head);
      if (!own->lm_head_input().empty())
        add_activation(own->lm_head_input(), own->seed(), wave_.spec.embedding_size(),
                       batch_stretch(1));
    }
  }

  const Wave& wave_;
  DistortionKinds* kinds_;
  BatchPlan plan_;
  Index batches_;
  double rows_ = 0.0, block_flops_ = 0.0;
  Index scored_ = 0;
  WaveCost cost_{.waves = 1};
};

}  // namespace

WaveCost& WaveCost::operator+=(const WaveCost& more) {
  waves += more.waves;
  lanes += more.lanes;
  block_passes += more.block_passes;
  head_passes += more.head_passes;
  blocks_read += more.blocks_read;
  block_flops += more.block_flops;
  integer_flops += more.integer_flops;
  head_flops += more.head_flops;
  distorted_weights += more.distorted_weights;
  bytes_read += more.bytes_read;
  block_work += more.block_work;
  integer_work += more.integer_work;
  baseline_head_work += more.baseline_head_work;
  trial_head_work += more.trial_head_work;
  packing_work += more.packing_work;
  own_heads += more.own_heads;
  add(more.measured_weights, measured_weights);
  add(more.weights, weights);
  add(more.activations, activations);
  add(more.outer, outer);
  return *this;
}

double integer_share(const DecoderSpec& spec, const ModelTrial& trial, Index layer) {
  double integers = 0.0, all = 0.0;
  for (const LinearTensors& linear : spec.block(layer).linears) {
    const double values = number(linear.out) * number(linear.in);
    all += values;
    if (trial.weight(layer, linear.role).integers) integers += values;
  }
  return integers / all;
}

Index timed_threads() {
  return thread_count() > most_threads() ? usable_threads() : thread_count();
}

WaveCost wave_cost(const Wave& wave, const StoredBytes& stored, DistortionKinds* kinds) {
  WaveCost cost = WaveCount(wave, kinds).count();
  cost.lanes = wave.tree.lanes();
  cost.bytes_read =
      number(cost.blocks_read) * stored.block + stored.head + cost.distorted_weights * stored.value;
  return cost;
}

}  // namespace nf
