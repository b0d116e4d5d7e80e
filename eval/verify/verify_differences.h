#pragma once

#include <string>
#include <vector>

#include "eval/records/record_difference.h"

namespace nf {

/// Everything in which a record run again differs from the stored one: the figures that both have
/// (record_differences()), sites that only one has, and why it failed. `first` is what was stored.
std::vector<RecordDifference> rerun_differences(const Record& stored, const Record& now);

/// Where a line of records.jsonl does not hold what follows from its own sums: its metrics and the
/// relative L2 of its sites. Nothing reads these, but people do.
std::vector<RecordDifference> derived_differences(const std::string& line, const Record& record);

}  // namespace nf
