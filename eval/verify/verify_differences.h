#pragma once

#include <string>
#include <vector>

#include "eval/records/record_difference.h"

namespace nf {

/// All differences between a record run again and the stored one: in figures that both have
/// (record_differences()), sites that only one has, and the reason of a failure. `first` is the
/// stored one's.
std::vector<RecordDifference> rerun_differences(const Record& stored, const Record& now);

/// The figures of a line of records.jsonl that do not follow from its own sums: among its metrics
/// and the relative L2 of its sites. Nothing reads these, but people do: where one of them is no
/// JSON, that is the difference.
std::vector<RecordDifference> derived_differences(const std::string& line, const Record& record,
                                                  const MetricRegistry& metrics);

}  // namespace nf
