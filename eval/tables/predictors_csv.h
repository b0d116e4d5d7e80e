#pragma once

#include <string>
#include <vector>

#include "eval/predict/predictor.h"

namespace nf {

/// Whether a row was recorded with `predict:`.
bool has_predictors(const std::vector<ResultRow>& rows);

/// predictors.csv: a row for each row of results.csv: id, name, model, seed, one column per
/// variable, one per predictor, which gives way to a variable of its name (predictors_NAME). A
/// figure that the records cannot say is empty. Those that learn are fitted on all rows of the
/// model. variables: the experiment's.
std::string predictors_csv(const std::vector<ResultRow>& rows,
                           const std::vector<std::string>& variables,
                           const PredictorRegistry& registry);

}  // namespace nf
