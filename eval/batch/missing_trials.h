#pragma once

#include <string>
#include <vector>

#include "eval/records/run_folder.h"
#include "eval/results/results.h"

namespace nf {

/// The trials that the runs of an experiment, joined, still lack: "5 trials of shard 3/3 are not
/// here: a, b, c", a line for each shard, or one for all where the runs do not say how they were
/// shared out; and "2 trials have not run to the end: d, e", with the shards that have more of
/// their text. rows: of the joined folder; results: those that have records.
std::vector<std::string> missing_trials(const std::vector<RunContents>& runs,
                                        const std::vector<RowKey>& rows,
                                        const std::vector<ResultRow>& results);

}  // namespace nf
