#include "eval/plan/calibration_memory.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/counted.h"
#include "core/base/error.h"
#include "eval/plan/calibration_place.h"

namespace nf {
namespace {

/// The memory of a process before differs a little from run to run.
constexpr double kRunToRun = 4.0 * kMiB;

double number(Index n) { return static_cast<double>(n); }

/// The most hidden states of all windows of a set that are held at the same time: those of each
/// group, and what a group has behind a block that some of its lanes leave untouched.
Index most_hidden(const CalibrationPlan& plan, const CalibratedSet& set, const LaneTree& tree) {
  const auto until = [&set](Index lane) {
    return lane == 0 ? set.root_until : set.lanes[static_cast<std::size_t>(lane - 1)].until;
  };
  // Groups at a step of which some lane goes as far.
  const auto count = [&](Index step, Index as_far) {
    Index groups = 0;
    for (const LaneTree::Group& group : tree.groups(step)) {
      bool goes_on = false;
      for (Index place = group.first; place < group.last; ++place)
        goes_on = goes_on || until(tree.lane(place)) >= as_far;
      groups += goes_on ? 1 : 0;
    }
    return groups;
  };
  const auto both_ways = [&](const LaneTree::Group& before, Index step) {
    bool untouched = false, touched = false;
    for (Index place = before.first; place < before.last; ++place) {
      const Index lane = tree.lane(place);
      if (until(lane) <= step) continue;
      const bool passes =
          lane == 0 || plan.trials()[set.lanes[static_cast<std::size_t>(lane - 1)].trial]
                               .path->steps[static_cast<std::size_t>(step)] == 0;
      (passes ? untouched : touched) = true;
    }
    return untouched && touched;
  };
  Index most = 0;
  for (Index step = 1; step < tree.steps(); ++step) {
    Index behind = 0;
    for (const LaneTree::Group& before : tree.groups(step - 1))
      behind += both_ways(before, step) ? 1 : 0;
    most = std::max(most, std::max(count(step - 1, step), count(step, step + 1)) + behind);
  }
  return most + 1;  // of the batches that are run now
}

Index features(const DecoderSpec& spec, Role role) {
  if (!is_block_role(role)) return spec.embedding_size();
  for (const LinearTensors& linear : spec.block(0).linears)
    if (linear.role == role) return linear.in;
  return spec.hidden_size;
}

/// The linears of a block, packed.
double block_bytes(const DecoderSpec& spec) {
  double bytes = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears)
    bytes += sizeof(float) * number(linear.out) * number(linear.in);
  return bytes;
}

/// What is held while some outcomes are made together: all that their places are asked about, and
/// the linears of their blocks as trials have them.
double held_bytes(const DecoderSpec& spec, const CalibrationPlan& plan,
                  const CalibrationTrees& trees, const MissingOutcomes& together) {
  std::map<CalibrationPlace, std::map<Role, InputNeeds>> places;
  for (const MissingOutcome* outcome : together)
    for (const NeedyStep& needy : plan.needy_steps(*outcome)) {
      const Role owner = is_block_role(needy.role) ? spec.input_owner(needy.role) : needy.role;
      InputNeeds& needs = places[trees.place(*outcome, needy)][owner];
      needs = needs.joined(needy.needs);
    }
  double bytes = 0.0;
  bool own_linears = false;
  for (const auto& [place, needs] : places) {
    bool replays = false;
    for (const auto& [role, need] : needs) {
      bytes += need.bytes(features(spec, role));
      if (need.first_windows)  // twice, as they grow and when they are handed over
        bytes += 2.0 * sizeof(float) * plan.sets()[place.set].set->size().first_tokens() *
                 number(features(spec, role));
      replays = replays || need.replay;
    }
    // Both sub-layers' inputs, and the outputs that candidates are compared with.
    const CalibrationSize size = plan.sets()[place.set].set->size();
    if (replays) bytes += 4.0 * sizeof(float) * number(size.tokens) * number(spec.hidden_size);
    const bool has_made = place.made != CalibrationPlace{}.made;
    if (replays || has_made) bytes += block_bytes(spec);
    own_linears = own_linears || replays || has_made;
  }
  return bytes + (own_linears ? block_bytes(spec) : 0.0);  // those of the last trial
}

double statistics_bytes(const DecoderSpec& spec, const CalibrationPlan& plan,
                        const CalibrationTrees& trees) {
  std::map<Index, MissingOutcomes> by_step;
  for (const MissingOutcome& outcome : plan.missing()) by_step[outcome.step].push_back(&outcome);
  const auto place_of = [&trees](const MissingOutcome& outcome, const NeedyStep& needy) {
    return trees.place(outcome, needy);
  };
  double most = 0.0;
  for (const auto& [step, outcomes] : by_step)
    for (const MissingOutcomes& together : made_together(plan, outcomes, place_of))
      most = std::max(most, held_bytes(spec, plan, trees, together));
  return most;
}

/// Bytes of making one weight: as read, as made, and what its chain takes, or what finishing it
/// does.
double making_bytes(const DecoderSpec& spec, const CalibrationPlan& plan) {
  double most = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears) {
    const double matrix = sizeof(float) * number(linear.out) * number(linear.in);
    most = std::max(most, 2.0 * matrix);
    for (const MissingOutcome& outcome : plan.missing())
      if (outcome.role == linear.role)
        most = std::max(most, 2.0 * matrix + outcome.scratch_bytes(linear.out, linear.in));
  }
  return most;
}

}  // namespace

double calibration_bytes(const DecoderSpec& spec, const CalibrationPlan& plan, Index threads,
                         Index distorting_threads, double process_bytes) {
  std::vector<const ModelTrial*> trials;
  for (const CalibratedTrial& each : plan.trials()) trials.push_back(each.trial);
  const CalibrationTrees trees(spec, plan);
  double fixed = 0.0, lanes = 0.0;
  for (std::size_t i = 0; i < plan.sets().size(); ++i) {
    const CalibratedSet& set = plan.sets()[i];
    const Stage stage(0, std::ssize(set.set->items));
    const StageMemory memory =
        stage_memory(spec, set.set->items, stage, trials, threads, process_bytes);
    fixed = std::max(fixed, memory.fixed + memory.turn + memory.distortion);
    lanes += memory.lane * number(most_hidden(plan, set, trees.tree(i)));
  }
  return fixed + lanes + statistics_bytes(spec, plan, trees) +
         making_bytes(spec, plan) * number(distorting_threads);
}

std::vector<CalibrationWave> cut_calibration(const DecoderSpec& spec,
                                             std::span<const CalibratedTrial> trials,
                                             const HasOutcome& has, Index threads,
                                             const MemoryBudget& budget) {
  const TrialPath untouched = TrialPath::untouched(spec);
  std::vector<const TrialPath*> paths = {&untouched};
  for (const CalibratedTrial& each : trials) paths.push_back(each.path);
  std::vector<CalibratedTrial> sorted;
  const LaneTree tree(paths);
  for (const Index lane : tree.order())
    if (lane > 0) sorted.push_back(trials[static_cast<std::size_t>(lane - 1)]);

  std::vector<CalibrationWave> waves;
  for (std::size_t first = 0; first < sorted.size();) {
    const std::span<const CalibratedTrial> left = std::span(sorted).subspan(first);
    std::size_t fits = left.size();
    double least = 0.0, more = 0.0;
    for (;; fits = (fits + 1) / 2) {
      least = more = 0.0;  // with one weight at a time, and of each that is made beside it
      const CalibrationPlan plan(spec, left.first(fits), has);
      if (plan.empty()) break;
      least = calibration_bytes(spec, plan, threads, 1, budget.process_bytes);
      more = making_bytes(spec, plan);
      if (least <= budget.bytes || fits == 1) break;
    }
    if (least > budget.bytes && budget.is_binding)
      throw ConfigError(fmt::format(
          "memory: {:.0f} MiB{} are too few to calibrate this model on {}: at least {:.0f} "
          "MiB are needed; a calibration set of fewer or shorter windows, or fewer threads, need "
          "less",
          budget.bytes / kMiB, budget.is_given ? "" : ", most of what is free here,",
          counted(threads, "thread"), std::ceil((least + kRunToRun) / kMiB)));
    CalibrationWave wave{
        .trials = {left.begin(), left.begin() + static_cast<std::ptrdiff_t>(fits)}};
    while (wave.distorting_threads < threads &&
           least + more * number(wave.distorting_threads) <= budget.bytes)
      ++wave.distorting_threads;
    waves.push_back(std::move(wave));
    first += fits;
  }
  return waves;
}

}  // namespace nf
