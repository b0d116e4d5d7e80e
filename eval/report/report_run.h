#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "eval/data/window_text.h"
#include "eval/records/run_folder.h"
#include "eval/results/followed_searches.h"
#include "eval/results/result_lines.h"

namespace nf {

/// A run folder as the report sees it: its records, and what rows and lines they make. It moves,
/// but is not copied: its lines point into its rows.
struct ReportRun {
  ReportRun() = default;
  ReportRun(ReportRun&&) = default;
  ReportRun& operator=(ReportRun&&) = default;
  ReportRun(const ReportRun&) = delete;
  ReportRun& operator=(const ReportRun&) = delete;
  ~ReportRun() = default;

  /// The folder's last component: a page names no path. Made unique among the runs of a page.
  std::string name{};
  RunContents contents{};
  FollowedSearches searches{};
  std::vector<RowKey> keys{};  ///< of all rows, those without a record too; no floor
  std::vector<ResultRow> rows{};
  std::vector<ResultRow> floors{};
  std::vector<ModelLines> models{};      ///< points into `rows`; searches are marked
  std::vector<std::string> variables{};  ///< sweep_variables() of the keys
  /// Whether the tables beside the records were not made of all of them: the run goes on, or was
  /// killed.
  bool is_open = false;
  /// Text of the windows that were evaluated, by model and number; none where it is not to be had.
  /// Null: nobody asked for it.
  std::function<std::optional<WindowText>(const std::string& model, Index window)> window_text{};
  Index finished_rows = 0;  ///< of `keys`, those with all their text and questions, or a failure
};

/// The run of a folder that was read. contents.manifest.rows: must be there.
ReportRun make_report_run(RunContents contents);

}  // namespace nf
