#include "eval/tables/result_files.h"

#include <utility>

#include "core/io/atomic_file.h"
#include "eval/records/file_names.h"
#include "eval/records/profile_order.h"
#include "eval/records/trial_profile.h"
#include "eval/results/row_fields.h"
#include "eval/tables/confidence_csv.h"
#include "eval/tables/documents_csv.h"
#include "eval/tables/effects_csv.h"
#include "eval/tables/entropy_csv.h"
#include "eval/tables/predictors_csv.h"
#include "eval/tables/profiles_csv.h"
#include "eval/tables/results_csv.h"
#include "eval/tables/searches_csv.h"
#include "eval/tables/sites_csv.h"
#include "eval/tables/statistics_csv.h"
#include "eval/tables/twins_csv.h"

namespace nf {

std::vector<ResultFile> result_files(const std::vector<ResultRow>& rows,
                                     const FollowedSearches& searches,
                                     const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks) {
  const std::vector<std::string> variables = sweep_variables(searches.keys());
  const auto none = std::string();
  return {
      {kResultsCsv, results_csv(rows, variables, metrics, tasks)},
      {kStatisticsCsv, statistics_csv(rows, variables, tasks)},
      {kEffectsCsv, effects_csv(rows, searches.keys(), variables)},
      {kSitesCsv, sites_csv(rows, variables)},
      {kDocumentsCsv, has_documents(rows) ? documents_csv(rows, variables) : none},
      {kConfidenceCsv, has_confidence(rows) ? confidence_csv(rows, variables) : none},
      {kEntropyCsv, has_entropy(rows) ? entropy_csv(rows, variables) : none},
      {kSearchesCsv, searches_csv(searches, rows, variables)},
      {kTwinsCsv, twins_csv(rows, searches.keys(), variables)},
      {kPredictorsCsv,
       has_predictors(rows) ? predictors_csv(rows, variables, PredictorRegistry::builtin()) : none},
  };
}

std::string profile_table(const std::filesystem::path& dir, const std::vector<RowKey>& keys) {
  std::vector<TrialProfile> profiles = read_profiles(dir);
  if (profiles.empty()) return "";
  sort_profiles(keys, profiles);
  return profiles_csv(profiles);
}

void write_profile_table(const std::filesystem::path& dir, const std::vector<RowKey>& keys) {
  if (const std::string table = profile_table(dir, keys); !table.empty())
    write_file_atomically(dir / kProfilesCsv, table);
}

std::vector<ResultRow> write_results(RunFolder& folder, const std::vector<RowKey>& keys,
                                     const MetricRegistry& metrics,
                                     const std::vector<TaskHeading>& tasks) {
  const FollowedSearches searches(keys, folder.models(), folder.records());
  std::vector<ResultRow> rows = build_results(searches.rows(), folder.records(), folder.models());
  folder.write_tables(result_files(rows, searches, metrics, tasks), searches.keys(), tasks);
  write_profile_table(folder.dir(), keys);
  return rows;
}

}  // namespace nf
