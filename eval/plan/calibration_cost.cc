#include "eval/plan/calibration_cost.h"

#include <algorithm>
#include <map>
#include <set>

#include "eval/plan/calibration_place.h"
#include "eval/plan/stage.h"

namespace nf {
namespace {

/// Counts what a pass does, step after step (CalibrationLanes).
class Count {
 public:
  Count(const DecoderSpec& spec, const CalibrationPlan& plan, DistortionKinds* kinds)
      : spec_(spec), plan_(plan), kinds_(kinds), trees_(spec, plan) {
    for (std::size_t i = 0; i < plan.sets().size(); ++i) {
      const CalibratedSet& set = plan.sets()[i];
      sets_.push_back({&set, &trees_.tree(i), {}, 0.0});
      for (const EvalItem& item : set.set->items)
        sets_.back().block_flops += nf::block_flops(spec, item.layout);
      for (const LinearTensors& linear : spec.block(0).linears)
        if (sublayer_of(linear.role) == Sublayer::mlp)
          sets_.back().mlp_flops += 2.0 * static_cast<double>(set.set->size().tokens) *
                                    static_cast<double>(linear.out * linear.in);
    }
  }

  CalibrationCost count() {
    cost_.passes = plan_.empty() ? 0 : 1;
    cost_.outcomes = std::ssize(plan_.missing());
    cost_.blocks_read = std::min(plan_.until(), spec_.num_hidden_layers);
    for (const MissingOutcome& outcome : plan_.missing()) gather(outcome);
    for (const auto& [place, needs] : places_) add_statistics(place, needs);
    for (std::size_t set = 0; set < sets_.size(); ++set)
      for (Index step = 1; step < sets_[set].lanes->until() && step <= spec_.num_hidden_layers;
           ++step)
        pass(set, step);
    return cost_;
  }

 private:
  struct Set {
    const CalibratedSet* lanes;
    const LaneTree* tree;
    std::set<std::pair<Index, Index>> gathered;  ///< step, and leader of the group before it
    double block_flops = 0.0;
    double mlp_flops = 0.0;  ///< of these

    double flops(Sublayer sublayer) const {
      return sublayer == Sublayer::mlp ? mlp_flops : block_flops - mlp_flops;
    }
  };
  void gather(const MissingOutcome& outcome) {
    for (const NeedyStep& needy : plan_.needy_steps(outcome)) {
      const Role owner = is_block_role(needy.role) ? spec_.input_owner(needy.role) : needy.role;
      InputNeeds& needs = places_[trees_.place(outcome, needy)][owner];
      needs = needs.joined(needy.needs);
    }
    if (!outcome.is_weight()) return;
    for (const LinearTensors& linear : spec_.block(outcome.step - 1).linears)
      if (linear.role == outcome.role) {
        cost_.made_weights += static_cast<double>(linear.out) * static_cast<double>(linear.in);
        if (kinds_ != nullptr) add_making(outcome, static_cast<double>(linear.out));
      }
  }

  /// What making a weight takes, and with the first of the linears that read a tensor, the choice
  /// for all of them.
  void add_making(const MissingOutcome& outcome, double rows) {
    // x̂ costs what it costs the reference trial, whatever the dose.
    const ModelTrial& trial = *plan_.trials()[outcome.trial].trial;
    const SiteChain& chain = outcome.kind == OutcomeKind::made
                                 ? trial.reference().weight(outcome.step - 1, outcome.role)
                                 : *outcome.chain;
    const MakingKind kind{kinds_->of(chain, trial.seed()), spec_.input_owner(outcome.role)};
    const Sublayer sublayer = sublayer_of(outcome.role);
    cost_.made[kind] += {1.0, rows, flops_of(*outcome.chain, sublayer)};
    for (const std::size_t step : outcome.choosing_steps()) {
      const std::size_t entry = outcome.chain->steps[step].entry;
      if (chosen_.emplace(outcome.trial, outcome.step, entry, kind.second).second)
        cost_.chosen[kind] += choice_work(outcome, entry);
    }
  }

  MakingWork choice_work(const MissingOutcome& outcome, std::size_t entry) const {
    const ModelTrial& trial = *plan_.trials()[outcome.trial].trial;
    MakingWork work{.count = 1.0};
    std::map<Sublayer, double> replays;
    for (const LinearTensors& linear : spec_.block(outcome.step - 1).linears) {
      if (spec_.input_owner(linear.role) != spec_.input_owner(outcome.role)) continue;
      const SiteChain& chain = trial.weight(outcome.step - 1, linear.role);
      if (std::none_of(chain.steps.begin(), chain.steps.end(),
                       [entry](const SiteStep& step) { return step.entry == entry; }))
        continue;
      work.rows += static_cast<double>(linear.out);
      replays[sublayer_of(linear.role)] = flops_of(chain, sublayer_of(linear.role));
    }
    for (const auto& [sublayer, flops] : replays) work.replay_flops += flops;
    return work;
  }

  /// Operations of a sub-layer on the calibration set of a chain.
  double flops_of(const SiteChain& chain, Sublayer sublayer) const {
    double flops = 0.0;
    for (const ChainNeed& need : chain.needs())
      if (need.needs.replay)
        flops = std::max(flops, sets_[plan_.set_of(*need.calibration)].flops(sublayer));
    return flops;
  }

  void add_statistics(const CalibrationPlace& place, const std::map<Role, InputNeeds>& needs) {
    const Index step = place.step;
    Set& set = sets_[place.set];
    const Index tokens = set.lanes->set->size().tokens;
    for (const auto& [role, need] : needs) {
      Index in = spec_.embedding_size();
      if (is_block_role(role))
        for (const LinearTensors& linear : spec_.block(step - 1).linears)
          if (linear.role == role) in = linear.in;
      cost_.statistics_flops += need.flops(tokens, in);
    }
    if (step > spec_.num_hidden_layers) return;
    if (place.made == CalibrationPlace{}.made) set.gathered.emplace(step, place.leader);
    ++cost_.block_passes;
    cost_.block_flops += set.block_flops;
  }

  /// The groups that go on behind a block, but for those that have passed it while gathering.
  void pass(std::size_t number, Index step) {
    const Set& set = sets_[number];
    for (const LaneTree::Group& group : set.tree->groups(step)) {
      bool goes_on = false;
      for (Index place = group.first; place < group.last; ++place) {
        const Index lane = set.tree->lane(place);
        goes_on = goes_on ||
                  (lane == 0 ? set.lanes->root_until
                             : set.lanes->lanes[static_cast<std::size_t>(lane - 1)].until) > step;
      }
      const Index lane = set.tree->lane(group.first);
      const Index before = trees_.group(number, lane, step - 1).first;
      const bool untouched =
          lane == 0 || plan_.trials()[set.lanes->lanes[static_cast<std::size_t>(lane - 1)].trial]
                               .path->steps[static_cast<std::size_t>(step)] == 0;
      if (!goes_on || (untouched && set.gathered.contains({step, before}))) continue;
      ++cost_.block_passes;
      cost_.block_flops += set.block_flops;
    }
  }

  const DecoderSpec& spec_;
  const CalibrationPlan& plan_;
  DistortionKinds* kinds_;
  CalibrationTrees trees_;
  std::vector<Set> sets_;
  std::map<CalibrationPlace, std::map<Role, InputNeeds>> places_;
  /// Choices that are counted: trial, step, entry, first of the linears.
  std::set<std::tuple<std::size_t, Index, std::size_t, Role>> chosen_;
  CalibrationCost cost_;
};

void add(MakingWorks& works, const MakingWorks& more) {
  for (const auto& [kind, work] : more) works[kind] += work;
}

}  // namespace

MakingWork& MakingWork::operator+=(const MakingWork& more) {
  count += more.count;
  rows += more.rows;
  replay_flops += more.replay_flops;
  return *this;
}

CalibrationCost& CalibrationCost::operator+=(const CalibrationCost& more) {
  passes += more.passes;
  outcomes += more.outcomes;
  block_passes += more.block_passes;
  block_flops += more.block_flops;
  statistics_flops += more.statistics_flops;
  made_weights += more.made_weights;
  add(made, more.made);
  add(chosen, more.chosen);
  blocks_read += more.blocks_read;
  return *this;
}

CalibrationCost calibration_cost(const DecoderSpec& spec, const CalibrationPlan& plan,
                                 DistortionKinds* kinds) {
  return Count(spec, plan, kinds).count();
}

}  // namespace nf
