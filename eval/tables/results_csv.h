#pragma once

#include <string>
#include <vector>

#include "eval/metrics/metric_registry.h"
#include "eval/results/results.h"

namespace nf {

/// results.csv, RFC 4180, shortest round-trip decimals: one row per result, the columns are
/// results_columns(). A figure that is not known is empty: of a failed row, of a text where there
/// is none, of a task without questions; and so are intervals of fewer than 8 blocks. Intervals are
/// at 95 %, over the text. variables: the experiment's, as sweep_variables() has them. tasks: the
/// experiment's, in its order.
std::string results_csv(const std::vector<ResultRow>& rows,
                        const std::vector<std::string>& variables, const MetricRegistry& metrics,
                        const std::vector<TaskHeading>& tasks = {});
/// The rows that a row is told beside; null where there is none.
struct RowCompanions {
  const ResultRow* baseline = nullptr;   ///< of its model
  const ResultRow* simulated = nullptr;  ///< SimulatedArms::of()
};
/// The row of one result, with its line break.
std::string result_row(const ResultRow& row, const RowCompanions& others,
                       const std::vector<std::string>& variables, const MetricRegistry& metrics,
                       const std::vector<TaskHeading>& tasks);

}  // namespace nf
