#include "eval/cli/run_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "eval/cli/resolved_entries.h"
#include "eval/records/file_names.h"
#include "eval/results/run_results.h"

namespace nf {
namespace {

void check_same(const ModelIdentity& first, const std::string& first_folder,
                const ModelIdentity& second, const std::string& second_folder) {
  const std::optional<StatedDifference> difference = model_difference(first, second);
  if (difference)
    throw ConfigError(fmt::format(
        "{}: model '{}' is not that of {}: {}; only runs of one model and one text go together",
        second_folder, printable(second.model), first_folder, difference->what));
}

}  // namespace

RunRows read_run_rows(const std::vector<std::string>& folders, RecordParts parts) {
  RunRows all;
  std::map<std::string, std::pair<ModelIdentity, std::string>> models;
  for (const std::string& folder : folders) {
    const RunContents run = RunFolder::read(folder, parts);
    if (run.records.empty())
      throw ConfigError(fmt::format("{}: holds no records yet, there is nothing to learn from",
                                    (run.dir / kRecords).string()));
    for (const ModelIdentity& model : run.manifest.models) {
      const auto [known, is_new] = models.try_emplace(model.model, model, folder);
      if (!is_new) check_same(known->second.first, known->second.second, model, folder);
    }
    all.keys.insert(all.keys.end(), run.manifest.rows->begin(), run.manifest.rows->end());
    std::vector<ResultRow> rows = results_of(run);
    fill_entries(run, rows);
    std::move(rows.begin(), rows.end(), std::back_inserter(all.rows));
  }
  return all;
}

}  // namespace nf
