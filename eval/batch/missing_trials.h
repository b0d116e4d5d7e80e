#pragma once

#include <string>
#include <vector>

#include "eval/records/run_folder.h"
#include "eval/results/results.h"

namespace nf {

/// A row of the results that has records, in the rows' order.
struct RowEnd {
  const RowKey* key = nullptr;
  bool is_whole = false;  ///< it has all of its text and questions, or ended before by itself
};
/// models: of the joined folder.
bool is_whole(const ResultRow& row, const std::vector<ModelIdentity>& models);

/// The trials that the runs of an experiment, joined, still lack: "5 trials of shard 3/3 are not
/// here: a, b, c", a line for each shard, or one for all where the runs do not say how they were
/// shared out; and "2 trials have not run to the end: d, e", with the shards that have more of
/// their text. rows: of the joined folder.
std::vector<std::string> missing_trials(const std::vector<RunContents>& runs,
                                        const std::vector<RowKey>& rows,
                                        const std::vector<RowEnd>& results);

}  // namespace nf
