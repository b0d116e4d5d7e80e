#pragma once

#include <string>
#include <vector>

#include "eval/experiment/experiment.h"
#include "eval/results/results.h"

namespace nf {

/// One line for each of `predict`, `detail` and `stats` that asks for more than was gathered when
/// records of these rows were made: trials are not run again for it. Empty where all is as asked
/// for.
std::vector<std::string> gather_warnings(const std::vector<Record>& records,
                                         const std::vector<RowKey>& rows, StatsMode stats,
                                         DetailMode detail, bool predicts = false);

/// One line for the records of trials that the experiment has no more, or that have been changed
/// and so have another id: they stay in records.jsonl, but the tables are without them. Empty where
/// there are none.
std::string other_records(const std::vector<Record>& records, const std::vector<RowKey>& rows);

}  // namespace nf
