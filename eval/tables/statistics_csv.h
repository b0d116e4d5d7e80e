#pragma once

#include <string>
#include <vector>

#include "eval/analysis/statistics.h"
#include "eval/results/results.h"

namespace nf {

/// statistics.csv: one row per model × trial × sweep point (seeds pooled) × figure of
/// all_figures(): id (of several seeds that of the first), name, model, seed (of one alone), one
/// column per variable, figure, seeds, blocks, tokens (of one seed; none for tasks), estimate, low,
/// high, bootstrap_low, bootstrap_high, sd_text, sd_seed, p, p_holm, p_bh, note. docs/statistics.md
/// says what each is. p: of delta_nll against 0, adjusted over all lines of the model. The field of
/// a figure that is not known is empty; failed rows are left out. variables: the experiment's.
std::string statistics_csv(const std::vector<ResultRow>& rows,
                           const std::vector<std::string>& variables,
                           const std::vector<TaskHeading>& tasks = {});
/// The first fields of all rows of a line, which has a row that did not fail: those of its key.
std::string line_key_text(const ResultLine& line, const std::vector<std::string>& variables);
/// The row of one statistic, with its line break. key: line_key_text() of its line.
std::string statistic_row(const Statistic& statistic, const std::string& key);

}  // namespace nf
