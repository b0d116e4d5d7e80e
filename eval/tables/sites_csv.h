#pragma once

#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// sites.csv: one row per trial and site: name, model, seed, one column per sweep variable, site,
/// elements, relative_l2, sqnr_db, max (of |δ|), mean (of δ), kurtosis, cosine, correlation (of |δ|
/// and |x|), and as shares in [0, 1]: energy_below_median (of ‖δ‖²), sign_flips, to_zero, clipped
/// (of the elements). A figure that was not gathered is empty.
std::string sites_csv(const std::vector<ResultRow>& rows);

}  // namespace nf
