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
  Count(const DecoderSpec& spec, const CalibrationPlan& plan)
      : spec_(spec), plan_(plan), trees_(spec, plan) {
    for (std::size_t i = 0; i < plan.sets().size(); ++i) {
      sets_.push_back({&plan.sets()[i], &trees_.tree(i), {}, 0.0});
      for (const EvalItem& item : plan.sets()[i].set->items)
        sets_.back().block_flops += nf::block_flops(spec, item.layout);
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
  };
  void gather(const MissingOutcome& outcome) {
    for (const NeedyStep& needy : plan_.needy_steps(outcome)) {
      const Role owner = is_block_role(needy.role) ? spec_.input_owner(needy.role) : needy.role;
      InputNeeds& needs = places_[trees_.place(outcome, needy)][owner];
      needs = needs.joined(needy.needs);
    }
    if (!outcome.is_weight()) return;
    for (const LinearTensors& linear : spec_.block(outcome.step - 1).linears)
      if (linear.role == outcome.role)
        cost_.made_weights += static_cast<double>(linear.out) * static_cast<double>(linear.in);
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
  CalibrationTrees trees_;
  std::vector<Set> sets_;
  std::map<CalibrationPlace, std::map<Role, InputNeeds>> places_;
  CalibrationCost cost_;
};

}  // namespace

CalibrationCost& CalibrationCost::operator+=(const CalibrationCost& more) {
  passes += more.passes;
  outcomes += more.outcomes;
  block_passes += more.block_passes;
  block_flops += more.block_flops;
  statistics_flops += more.statistics_flops;
  made_weights += more.made_weights;
  blocks_read += more.blocks_read;
  return *this;
}

CalibrationCost calibration_cost(const DecoderSpec& spec, const CalibrationPlan& plan) {
  return Count(spec, plan).count();
}

}  // namespace nf
