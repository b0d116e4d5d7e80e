#pragma once

#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// Whether a row has a window with detail by entropy (`detail: entropy`).
bool has_entropy(const std::vector<ResultRow>& rows);

/// entropy.csv: of each result that has such detail ten rows or fewer, groups of its scored tokens
/// by the entropy of the baseline's distribution: entropy_low and entropy_high in nats, a lower end
/// belonging to its group; then means over the tokens of a group. Windows without such detail do
/// not count. variables: the experiment's.
std::string entropy_csv(const std::vector<ResultRow>& rows,
                        const std::vector<std::string>& variables);
/// The rows of one result, each with its line break; none where it has no such detail.
std::string entropy_rows(const ResultRow& row, const std::vector<std::string>& variables);

}  // namespace nf
