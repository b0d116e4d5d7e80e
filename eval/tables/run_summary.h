#pragma once

#include <string>
#include <vector>

#include "eval/metrics/metric_registry.h"
#include "eval/metrics/task_figures.h"
#include "eval/results/followed_searches.h"

namespace nf {

/// Where the summary of a run ends.
struct SummaryLimits {
  Index columns = 0;      ///< of the terminal; 0: lines are as long as they come
  Index lines = 60;       ///< of all of it, one that the terminal wraps counted as several
  std::string command{};  ///< shows the rest
};

/// The end of a run: tables of the results, what its searches, designs and twins found, and
/// `below`, which is shown whole. What has no room is left out, the command that shows it named.
/// rows: build_results() of searches.rows().
std::string run_summary(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                        const MetricRegistry& metrics, const std::vector<TaskHeading>& tasks,
                        const std::string& below, const SummaryLimits& limits);

/// The lines that a text takes on a terminal so wide; 0: of any width.
Index wrapped_lines(const std::string& text, Index columns);

}  // namespace nf
