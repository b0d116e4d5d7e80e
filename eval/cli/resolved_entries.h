#pragma once

#include <vector>

#include "eval/records/run_folder.h"
#include "eval/results/results.h"

namespace nf {

/// Gives rows their RowKey::entries where the folder's manifest has none, as one of an earlier
/// version of the program has: out of its resolved.yaml. Rows of searches stay without.
void fill_entries(const RunContents& run, std::vector<ResultRow>& rows);

}  // namespace nf
