#pragma once

#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// Whether a trial and its baseline share text.
bool has_documents(const std::vector<ResultRow>& rows);

/// documents.csv: of each result but the baseline a row for each document, or for each window of a
/// text that is but one: ΔNLL and KL per token; residual_norm, the root of the mean ‖h‖² over the
/// scored positions, h the state that leaves the untouched model's last block, which predicts the
/// ΔNLL of a document (arXiv 2506.12044); residual_error, ‖h - h̃‖²/‖h‖² over the same; and, the
/// same in all rows of a trial, Spearman's correlation of ΔNLL and of KL with residual_norm over
/// its rows. The latter four are empty where earlier versions of the program have not kept the
/// states' sums. variables: the experiment's.
std::string documents_csv(const std::vector<ResultRow>& rows,
                          const std::vector<std::string>& variables);
/// The rows of one result that did not fail, nor is its baseline; each with its line break.
std::string document_rows(const ResultRow& row, const ResultRow& baseline,
                          const std::vector<std::string>& variables);

}  // namespace nf
