#include "eval/plan/calibration_memory.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/base/error.h"
#include "eval/plan/lane_tree.h"

namespace nf {
namespace {

/// The memory of a process before differs a little from run to run.
constexpr double kRunToRun = 4.0 * kMiB;

double number(Index n) { return static_cast<double>(n); }

/// The lanes of a set as a tree, lane 0 the untouched model.
LaneTree tree_of(const DecoderSpec& spec, const CalibrationPlan& plan, const CalibratedSet& set) {
  const TrialPath untouched = TrialPath::untouched(spec);
  std::vector<const TrialPath*> paths = {&untouched};
  for (const CalibratedSet::Lane& lane : set.lanes) paths.push_back(plan.trials()[lane.trial].path);
  return LaneTree(paths);
}

/// The most groups of a set that hold hidden states at the same time.
Index most_groups(const CalibratedSet& set, const LaneTree& tree) {
  Index most = 1;
  for (Index step = 0; step < tree.steps(); ++step) {
    Index count = 0;
    for (const LaneTree::Group& group : tree.groups(step)) {
      const auto goes_on = [&](Index place) {
        const Index lane = tree.lane(place);
        return (lane == 0 ? set.root_until : set.lanes[static_cast<std::size_t>(lane - 1)].until) >=
               step;
      };
      for (Index place = group.first; place < group.last; ++place)
        if (goes_on(place)) {
          ++count;
          break;
        }
    }
    most = std::max(most, count);
  }
  return most;
}

Index features(const DecoderSpec& spec, Role role) {
  if (!is_block_role(role)) return spec.embedding_size();
  for (const LinearTensors& linear : spec.block(0).linears)
    if (linear.role == role) return linear.in;
  return spec.hidden_size;
}

/// Statistics that are held while one outcome is made: of all tensors that its sources are asked
/// about at that step.
double statistics_bytes(const DecoderSpec& spec, const CalibrationPlan& plan) {
  using Source = std::tuple<Index, std::size_t, std::size_t>;  // step, set, trial (0: untouched)
  std::map<Source, std::map<Role, InputNeeds>> needs;
  const auto source_of = [&](const MissingOutcome& outcome, const NeedyStep& needy) {
    const StepCalibration& calibration = needy.step->calibration;
    const bool untouched = calibration.propagate == Propagate::none;
    return Source(outcome.step, plan.set_of(calibration), untouched ? 0 : outcome.trial + 1);
  };
  for (const MissingOutcome& outcome : plan.missing())
    for (const NeedyStep& needy : plan.needy_steps(outcome)) {
      const Role owner = is_block_role(needy.role) ? spec.input_owner(needy.role) : needy.role;
      InputNeeds& all = needs[source_of(outcome, needy)][owner];
      all = all.joined(needy.needs);
    }
  const auto bytes_of = [&](const Source& source) {
    const CalibrationSize size = plan.sets()[std::get<1>(source)].set->size();
    double bytes = 0.0;
    bool replays = false;
    for (const auto& [role, need] : needs.at(source)) {
      bytes += need.bytes(features(spec, role));
      replays = replays || need.replay;
    }
    // Both sub-layers' inputs, and the outputs that candidates are compared with.
    if (replays) bytes += 4.0 * sizeof(float) * number(size.tokens) * number(spec.hidden_size);
    return bytes;
  };
  double most = 0.0;
  for (const MissingOutcome& outcome : plan.missing()) {
    std::set<Source> sources;
    for (const NeedyStep& needy : plan.needy_steps(outcome))
      sources.insert(source_of(outcome, needy));
    double bytes = 0.0;
    for (const Source& source : sources) bytes += bytes_of(source);
    most = std::max(most, bytes);
  }
  return most;
}

/// Bytes of making one weight: as read, as made, and what its chain takes.
double making_bytes(const DecoderSpec& spec, const CalibrationPlan& plan) {
  double most = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears) {
    const double matrix = sizeof(float) * number(linear.out) * number(linear.in);
    most = std::max(most, 2.0 * matrix);
    for (const MissingOutcome& outcome : plan.missing())
      if (outcome.role == linear.role)
        most = std::max(most, 2.0 * matrix + outcome.chain->scratch_bytes(linear.out, linear.in));
  }
  return most;
}

}  // namespace

double calibration_bytes(const DecoderSpec& spec, const CalibrationPlan& plan, Index threads,
                         Index distorting_threads, double process_bytes) {
  std::vector<const ModelTrial*> trials;
  for (const CalibratedTrial& each : plan.trials()) trials.push_back(each.trial);
  double fixed = 0.0, lanes = 0.0;
  for (const CalibratedSet& set : plan.sets()) {
    const Stage stage(0, std::ssize(set.set->items));
    const StageMemory memory =
        stage_memory(spec, set.set->items, stage, trials, threads, process_bytes);
    fixed = std::max(fixed, memory.fixed + memory.turn + memory.distortion);
    // One more: what the untouched block makes of a group that goes on both ways.
    lanes += memory.lane * number(most_groups(set, tree_of(spec, plan, set)) + 1);
  }
  return fixed + lanes + statistics_bytes(spec, plan) +
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
          "memory: {:.0f} MiB{} are too few to calibrate this model on {} threads: at least {:.0f} "
          "MiB are needed; a calibration set of fewer or shorter windows, or fewer threads, need "
          "less",
          budget.bytes / kMiB, budget.is_given ? "" : ", most of what is free here,", threads,
          std::ceil((least + kRunToRun) / kMiB)));
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
