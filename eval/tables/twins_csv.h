#pragma once

#include <string>
#include <vector>

#include "eval/analysis/twin_ratios.h"
#include "eval/results/results.h"

namespace nf {

/// twins.csv: a row for each twin that has run. Columns: id, name, model, seed, one per variable
/// (the last of them `twin`), seeds (of the twin), kl, kl_low, kl_high (of the twin), kl_ratio
/// (KL of the trial over that of the twin), kl_ratio_low, kl_ratio_high, p (of the ratio against
/// 1), p_holm (over the twins of the trial), verdict, note. Empty where the experiment has no
/// twins. keys: those of all rows of the experiment, some of which may have no record yet;
/// variables: the experiment's.
std::string twins_csv(const std::vector<ResultRow>& rows, const std::vector<RowKey>& keys,
                      const std::vector<std::string>& variables);
/// The rows of these groups alone.
std::string twins_csv(const std::vector<TwinGroup>& groups,
                      const std::vector<std::string>& variables);
/// The rows of one group without the head, each with its line break.
std::string twin_rows(const TwinGroup& group, const std::vector<std::string>& variables);

}  // namespace nf
