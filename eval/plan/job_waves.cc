#include "eval/plan/job_waves.h"

#include <algorithm>

#include "core/base/parallel.h"
#include "eval/plan/input_watch.h"

namespace nf {
namespace {

/// The jobs with the baseline before them.
std::vector<const TrialPath*> paths_of(const TrialPath& baseline,
                                       std::span<const Job* const> jobs) {
  std::vector<const TrialPath*> paths = {&baseline};
  for (const Job* job : jobs) paths.push_back(&job->path);
  return paths;
}

}  // namespace

LaneTree job_tree(const DecoderSpec& spec, std::span<const Job* const> jobs) {
  const TrialPath baseline = TrialPath::untouched(spec);
  return LaneTree(paths_of(baseline, jobs));
}

Index block_passes(const LaneTree& tree) {
  Index passes = 0;
  for (Index step = 1; step + 1 < tree.steps(); ++step) passes += tree.passes(step, true);
  return passes;
}

namespace {

/// A wave may take a little longer than its even share of the time: what the waves have in common
/// is computed in each of them, so as many would not do it.
constexpr double kEvenShare = 1.05;

/// The most jobs from `first` on that are done in that time, at least one. More take longer.
Index jobs_in(double seconds, const std::vector<const Job*>& jobs, Index first,
              const std::function<double(const std::vector<const Job*>&)>& seconds_of) {
  const auto fit = [&](Index count) {
    return seconds_of({jobs.begin() + first, jobs.begin() + first + count}) <= seconds;
  };
  Index fits = 1, too_many = 2;
  for (; too_many <= std::ssize(jobs) - first && fit(too_many); too_many *= 2) fits = too_many;
  too_many = std::min(too_many, std::ssize(jobs) - first + 1);
  while (too_many - fits > 1) {
    const Index middle = fits + (too_many - fits) / 2;
    (fit(middle) ? fits : too_many) = middle;
  }
  return fits;
}

/// The limit that keeps waves of these jobs within their time, each about as long as the others.
/// jobs: in the order of the waves; they must outlive the limit.
WaveLimit time_limit(const Stage& stage, const std::vector<const Job*>& jobs,
                     const WaveTime& time) {
  if (!time.is_limited()) return {};
  const double whole = time.seconds_of(stage, jobs, time.baseline_kept);
  const double share = whole / std::max(1.0, std::ceil(whole / time.seconds));
  const double most = std::min(time.seconds, kEvenShare * share);
  return [&stage, &jobs, &time, most](Index first) {
    return jobs_in(most, jobs, first, [&](const std::vector<const Job*>& wave) {
      return time.seconds_of(stage, wave, time.baseline_kept || first > 0);
    });
  };
}

}  // namespace

WavePlan cut_waves(const ModelPlan& model, const Stage& stage, std::vector<const Job*>& jobs,
                   const MemoryBudget& budget, const WaveTime& time, Index waves) {
  std::vector<const Job*> sorted;
  std::vector<const ModelTrial*> trials;
  const LaneTree tree = job_tree(model.spec(), jobs);
  for (const Index lane : tree.order()) {
    if (lane == 0) continue;
    sorted.push_back(jobs[static_cast<std::size_t>(lane - 1)]);
    trials.push_back(&sorted.back()->trial);
  }
  jobs = std::move(sorted);
  MemoryBudget own = budget;
  own.process_bytes += predictor_bytes(model.spec(), model.predictor_set(), trials);
  return plan_waves(model.spec(), model.data().set.items, stage, trials, thread_count(), own,
                    time_limit(stage, jobs, time), waves);
}

WaveCost stage_cost(const ModelPlan& model, const Stage& stage, const std::vector<const Job*>& jobs,
                    const WavePlan& plan, bool baseline_kept, const StoredBytes& stored,
                    DistortionKinds* kinds, bool measures_weights) {
  const TrialPath baseline = TrialPath::untouched(model.spec());
  WaveCost cost;
  std::size_t first = 0;
  for (std::size_t w = 0; w < plan.lanes.size(); ++w) {
    const auto own = std::span(jobs).subspan(first, static_cast<std::size_t>(plan.lanes[w]));
    const std::vector<const TrialPath*> paths = paths_of(baseline, own);
    std::vector<const ModelTrial*> trials = {nullptr};
    for (const Job* job : own) trials.push_back(&job->trial);
    const LaneTree tree(paths);
    cost += wave_cost({.spec = model.spec(),
                       .items = model.data().set.items,
                       .stage = stage,
                       .tree = tree,
                       .paths = paths,
                       .trials = trials,
                       .with_baseline = w == 0 && !baseline_kept,
                       .measures_weights = measures_weights,
                       .threads = timed_threads()},
                      stored, kinds);
    first += own.size();
  }
  return cost;
}

}  // namespace nf
