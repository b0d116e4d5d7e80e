#pragma once

#include <string>

#include "core/base/version.h"
#include "eval/records/run_folder.h"
#include "eval/tables/result_files.h"
#include "tests/support/builtin_kinds.h"

namespace nf {

inline const std::vector<ModelIdentity> kContentsModels = {{"opt", "m1", "d1"}};

/// A record over two windows from `first` on, whose sums follow from id and window.
inline Record window_record(const std::string& id, const std::string& name, Index first) {
  Record record{.id = id, .name = name, .model = "opt"};
  if (name != "baseline") record.seed = 0;
  for (Index window = first; window < first + 2; ++window)
    record.windows.push_back({.window = window,
                              .sums = {.tokens = 10,
                                       .nll = 0.1 * static_cast<double>(window + std::ssize(id)),
                                       .kl = 0.3,
                                       .top1 = 9},
                              .bytes = 40});
  record.env = {{"isa", "avx2"}};
  return record;
}

/// A row of the results that such records belong to.
inline RowKey window_row(const std::string& id, const std::string& name,
                         const Json& vars = Json::object()) {
  RowKey row{.id = id, .name = name, .model = "opt", .vars = vars};
  if (name != "baseline") row.seed = 0;
  return row;
}

/// A folder of a run that left these records and rows.
inline void write_run(const std::filesystem::path& dir, const std::vector<Record>& records,
                      const std::vector<RowKey>& rows, const std::vector<TaskHeading>& tasks = {},
                      const std::vector<ModelIdentity>& models = kContentsModels,
                      const Json& env = {{"isa", "avx2"}}) {
  RunFolder folder = RunFolder::open(dir, models, env);
  folder.write_description("experiment: e\n", "resolved: r\n",
                           {{"command", "noisefloor run"},
                            {"experiment_dir", "/experiments"},
                            {"set", Json::array({"seed=3"})},
                            {"set_dir", "/caller"}},
                           rows, tasks);
  for (const Record& record : records) folder.append(record, builtin_metrics());
  write_results(folder, rows, builtin_metrics(), tasks);
}

}  // namespace nf
