#include "eval/plan/kept_work.h"

#include <fmt/format.h>

#include <set>

namespace nf {

KeptWork& KeptWork::operator+=(const KeptWork& more) {
  kept += more.kept;
  total += more.total;
  windows = windows || more.windows;
  questions = questions || more.questions;
  has_searches = has_searches || more.has_searches;
  floor_left = floor_left || more.floor_left;
  return *this;
}

std::string KeptWork::text() const {
  const std::string items = !questions ? "windows"
                            : windows  ? "windows and questions"
                                       : "questions";
  if (kept == total && !has_searches)
    return fmt::format("all {} trials × {} kept, {} left", total, items,
                       floor_left ? "the floor (kl_floor, what rounding alone makes) is"
                                  : "some of the baseline is");
  return fmt::format("{} of {}{} trials × {} kept", kept, has_searches ? "at least " : "", total,
                     items);
}

KeptWork kept_work(const ModelPlan& plan, const std::vector<Job>& steps,
                   const FinishedItems& finished) {
  std::set<std::string> ids;
  for (const Job* job : plan.jobs_with(steps)) ids.insert(job->key.id);
  for (const Search& search : plan.searches())
    if (search.is_ours)
      for (const SearchKey::Step& step : search.state.key.search->steps) ids.insert(step.id);
  const Stage& items = plan.items();
  const Index windows = plan.data().set.windows;
  KeptWork work{.total = std::ssize(ids) * items.count(),
                .windows = items.count() > 0 && items.items.front() < windows,
                .questions = items.count() > 0 && items.items.back() >= windows,
                .has_searches = !steps.empty()};
  for (const std::string& id : ids) work.kept += finished.count(id, items);
  for (const Stage& stage : plan.stages())
    work.floor_left = work.floor_left || !floor_left(plan, stage, finished).items.empty();
  return work;
}

}  // namespace nf
