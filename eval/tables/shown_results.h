#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/analysis/compare_selector.h"
#include "eval/metrics/metric_registry.h"
#include "eval/output/table_format.h"
#include "eval/results/followed_searches.h"

namespace nf {

/// The part of a folder's results that is asked for, and how.
struct ShowRequest {
  std::vector<TrialSelector> selectors{};  ///< none: all trials
  std::vector<std::string> figures{};      ///< of line_figures(); none: the usual columns
  std::vector<std::string> columns{};      ///< of line_columns(); these alone, in this order
  /// Columns that lines are sorted by, the best first; "-NAME": the other way round. None: the
  /// order of the experiment.
  std::vector<std::string> sort{};
  std::optional<Index> top{};  ///< of each model, the baseline not counted
  TableFormat format = TableFormat::table;

  bool is_whole() const { return selectors.empty() && figures.empty() && columns.empty() && !top; }
};

/// The table of a folder's lines (name and sweep point, seeds pooled), each model's baseline first,
/// for readers with remarks and a legend. What is not shown costs no interval. rows:
/// build_results() of searches.rows(). terminal: its width, 0: as wide as it comes. Throws
/// ConfigError where a column or figure is unknown.
std::string shown_results(const std::vector<ResultRow>& rows, const FollowedSearches& searches,
                          const MetricRegistry& metrics, const std::vector<TaskHeading>& tasks,
                          const ShowRequest& request, Index terminal);

}  // namespace nf
