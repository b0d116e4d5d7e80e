#include "eval/plan/stage_part.h"

#include <algorithm>
#include <cmath>

#include "eval/plan/floor_stage.h"

namespace nf {
namespace {

/// A wave that takes so much longer than it should is still within "about".
constexpr double kAbout = 1.05;

/// Rows of a part below which there are only as many parts as the time asks for: more would be
/// slower than any plan says, since few rows keep no threads busy.
constexpr Index kFewestRows = 2048;

/// A way to cut some work: into how many parts by items, each into waves by lanes.
struct Way {
  Index parts = 1;
  double seconds = 0.0;  ///< in all
  double longest = 0.0;  ///< of a wave
};

/// The ways to cut a part of a stage.
class Ways {
 public:
  Ways(const ModelPlan& model, const StagePart& part, bool baseline_kept,
       const MemoryBudget& budget, const SaveRule& rule)
      : model_(model), part_(part), kept_(baseline_kept), budget_(budget), rule_(rule) {}

  Way of(Index parts, double limit) const {
    // They are of about equal size, so one speaks for all.
    const Stage first = split_stage(model_.data().set.items, part_.stage, parts).front();
    std::vector<const Job*> jobs = part_.jobs;
    const WavePlan waves =
        cut_waves(model_, first, jobs, budget_,
                  {.seconds = limit, .seconds_of = rule_.seconds_of, .baseline_kept = kept_});
    Way way{.parts = parts};
    for (const double seconds : seconds_of_waves(first, jobs, waves, kept_, rule_.seconds_of)) {
      way.seconds += static_cast<double>(parts) * seconds;
      way.longest = std::max(way.longest, seconds);
    }
    return way;
  }

  /// The cheapest whose waves end in time; where none does, that of the shortest waves.
  Way best(double limit) const {
    Way best = of(1, limit);
    const auto in_time = [&](const Way& way) { return way.longest <= kAbout * limit; };
    for (Index parts = 2; parts < 2 * part_.stage.count(); parts *= 2) {
      if (!model_.may_split(part_.stage)) break;
      if (in_time(best) && rows() < parts * kFewestRows) break;
      const Way way = of(std::min(parts, part_.stage.count()), limit);
      const bool better =
          in_time(best) ? in_time(way) && way.seconds < best.seconds : way.longest < best.longest;
      if (better) best = way;
    }
    return best;
  }

 private:
  Index rows() const {
    Index rows = 0;
    for (const Index i : part_.stage.items) rows += model_.data().set.item(i).layout.rows();
    return rows;
  }

  const ModelPlan& model_;
  const StagePart& part_;
  bool kept_;
  const MemoryBudget& budget_;
  const SaveRule& rule_;
};

/// Appends the part, cut as the rule asks.
void cut_part(const ModelPlan& model, const StagePart& part, bool baseline_kept,
              const MemoryBudget& budget, const SaveRule& rule, std::vector<StagePart>& parts) {
  Way way;
  double seconds = rule.seconds;
  if (rule.seconds_of && std::isfinite(seconds) && !part.without_floor()) {
    const Ways ways(model, part, baseline_kept, budget, rule);
    const Way whole = ways.of(1, std::numeric_limits<double>::infinity());
    while (whole.longest > kAbout * seconds) {
      way = ways.best(seconds);
      if (rule.at_any_cost || way.seconds <= (1.0 + kSaveShare) * whole.seconds) break;
      seconds *= 2.0;
      way = {};
    }
  }
  for (Stage& stage : split_stage(model.data().set.items, part.stage, way.parts)) {
    StagePart cut = part;
    cut.floor = floor_stage(model.data().set, stage);
    std::erase_if(cut.floor.items, [&](Index item) {
      return !std::binary_search(part.floor.items.begin(), part.floor.items.end(), item);
    });
    cut.stage = std::move(stage);
    cut.wave_seconds = seconds;
    parts.push_back(std::move(cut));
  }
}

}  // namespace

StagePart work_in(const ModelPlan& model, Stage part, const std::vector<const Job*>& jobs,
                  const FinishedItems& finished) {
  StagePart work;
  for (const Job* job : jobs)
    if (!finished.has(job->key.id, part)) work.jobs.push_back(job);
  // The baseline has nothing left to be compared with where all trials have stopped.
  work.with_baseline = !finished.has(model.baseline().id, part) &&
                       (!work.jobs.empty() || !model.all_stopped(finished, part));
  work.floor = floor_left(model, part, finished);
  work.stage = std::move(part);
  return work;
}

std::vector<double> seconds_of_waves(const Stage& stage, const std::vector<const Job*>& jobs,
                                     const WavePlan& waves, bool baseline_kept,
                                     const WaveSeconds& seconds_of) {
  std::vector<double> seconds;
  auto first = jobs.begin();
  for (const Index lanes : waves.lanes) {
    seconds.push_back(seconds_of(stage, {first, first + lanes}, baseline_kept || !seconds.empty()));
    first += lanes;
  }
  return seconds;
}

std::vector<StagePart> plan_parts(const ModelPlan& model, const Stage& stage,
                                  const std::vector<const Job*>& jobs,
                                  const FinishedItems& finished, bool baseline_kept,
                                  const MemoryBudget& budget, const SaveRule& rule) {
  std::vector<const Job*> free;   // may run a part of the stage
  std::vector<const Job*> whole;  // a stopping rule looks at all of it
  for (const Job* job : jobs)
    if (!finished.has(job->key.id, stage))
      (job->stop && !model.may_split(stage) ? whole : free).push_back(job);
  std::vector<std::string> ids;
  for (const Job* job : free) ids.push_back(job->key.id);
  if (model.may_split(stage)) ids.push_back(model.baseline().id);
  std::vector<Stage> uniform = finished.uniform_parts(stage, ids);
  std::vector<StagePart> parts;
  const auto add = [&](Stage part, const std::vector<const Job*>& some) {
    const StagePart work = work_in(model, std::move(part), some, finished);
    if (!work.empty()) cut_part(model, work, baseline_kept, budget, rule, parts);
  };
  const bool together = uniform.size() == 1;
  if (together) free.insert(free.end(), whole.begin(), whole.end());
  for (Stage& part : uniform) add(std::move(part), free);
  if (!together && !whole.empty()) {
    parts.push_back(work_in(model, stage, whole, finished));
    parts.back().with_baseline = false;  // the parts before it have left a record of it,
    parts.back().floor = {};             // and of the floor
  }
  return parts;
}

}  // namespace nf
