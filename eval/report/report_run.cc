#include "eval/report/report_run.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "core/base/check.h"
#include "eval/records/run_place.h"
#include "eval/results/row_fields.h"
#include "eval/results/run_results.h"
#include "eval/tables/line_rows.h"

namespace nf {
namespace {

/// The folder's last component, whatever slashes are behind it; that of the batch folder whose
/// merged folder it is.
std::string folder_name(const std::filesystem::path& dir) {
  std::filesystem::path whole = std::filesystem::absolute(dir).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  const bool is_of_batch = whole.filename() == kMergedDir && is_batch_folder(whole.parent_path());
  return (is_of_batch ? whole.parent_path() : whole).filename().string();
}

bool is_finished(const ResultRow& row) { return row.status != Status::partial; }

}  // namespace

ReportRun make_report_run(RunContents contents) {
  NF_CHECK(contents.manifest.rows.has_value(), "a run without rows");
  ReportRun run;
  run.name = folder_name(contents.dir);
  run.searches = searches_of(contents);
  std::copy_if(run.searches.keys().begin(), run.searches.keys().end(), std::back_inserter(run.keys),
               [](const RowKey& key) { return !is_floor(key); });
  run.floors = floors_of(contents);
  const auto records = std::ssize(contents.records);
  run.rows =
      build_results(run.searches.rows(), std::move(contents.records), contents.manifest.models);
  run.models = group_rows(run.rows);
  mark_searches(&run.searches, run.models);
  run.variables = sweep_variables(run.keys);
  run.is_open = contents.manifest.csv_records != records;
  run.finished_rows = std::count_if(run.rows.begin(), run.rows.end(), is_finished);
  run.contents = std::move(contents);
  return run;
}

}  // namespace nf
