#pragma once

#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// sites.csv: one row per trial and site, the columns are sites_columns(). Figures of |δ|: max;
/// of δ: mean, kurtosis; of δ against x: relative_l2, sqnr_db, correlation (of |δ| and |x|); of x̃
/// against x: cosine; shares in [0, 1]: energy_below_median (of ‖δ‖²), sign_flips, to_zero, clipped
/// (of the elements). A figure that was not gathered, or has no value, is empty. variables: the
/// experiment's.
std::string sites_csv(const std::vector<ResultRow>& rows,
                      const std::vector<std::string>& variables);
/// The rows of one result, each with its line break.
std::string site_rows(const ResultRow& row, const std::vector<std::string>& variables);

}  // namespace nf
