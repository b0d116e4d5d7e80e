#include "eval/results/run_results.h"

#include <utility>

namespace nf {

FollowedSearches searches_of(const RunContents& run) {
  return {*run.manifest.rows, run.manifest.models, run.records};
}

std::vector<ResultRow> results_of(const RunContents& run) {
  return build_results(searches_of(run).rows(), run.records, run.manifest.models);
}

std::vector<ResultRow> take_results(RunContents& run) {
  const std::vector<RowKey> keys = searches_of(run).rows();
  return build_results(keys, std::move(run.records), run.manifest.models);
}

std::vector<ResultRow> floors_of(const RunContents& run) {
  return build_floors(*run.manifest.rows, run.records);
}

}  // namespace nf
