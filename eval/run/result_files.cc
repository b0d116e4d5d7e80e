#include "eval/run/result_files.h"

#include "eval/run/confidence_csv.h"
#include "eval/run/searches_csv.h"
#include "eval/run/statistics.h"

namespace nf {

std::vector<ResultFile> result_files(const std::vector<ResultRow>& rows,
                                     const FollowedSearches& searches,
                                     const std::vector<TaskHeading>& tasks) {
  return {{"results.csv", results_csv(rows, tasks)},
          {"statistics.csv", statistics_csv(rows, tasks)},
          {"effects.csv", effects_csv(rows, searches.rows())},
          {"sites.csv", sites_csv(rows)},
          {"confidence.csv", has_confidence(rows) ? confidence_csv(rows) : ""},
          {"searches.csv", searches_csv(searches, rows)}};
}

}  // namespace nf
