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
  return *this;
}

std::string KeptWork::text() const {
  return fmt::format("{} of {}{} trials × {} kept", kept, has_searches ? "at least " : "", total,
                     !questions ? "windows"
                     : windows  ? "windows and questions"
                                : "questions");
}

KeptWork kept_work(const ModelPlan& plan, const std::vector<Job>& steps,
                   const FinishedItems& finished) {
  std::set<std::string> ids;
  for (const Job* job : plan.jobs_with(steps)) ids.insert(job->key.id);
  for (const Search& search : plan.searches())
    if (search.is_ours)
      for (const SearchKey::Step& step : search.state.key.search->steps) ids.insert(step.id);
  const EvalSet& set = plan.data().set;
  KeptWork work{.total = std::ssize(ids) * set.count(),
                .windows = set.windows > 0,
                .questions = set.count() > set.windows,
                .has_searches = !steps.empty()};
  for (const std::string& id : ids) work.kept += finished.count(id);
  return work;
}

}  // namespace nf
