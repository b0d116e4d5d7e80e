#pragma once

#include <optional>
#include <vector>

#include "eval/predict/predictor.h"

namespace nf {

/// The dose of all entries of a row: 1 where none is written; none where they differ.
std::optional<double> dose_of(const RowKey& key);

/// A row at another dose, as seen from a row.
struct DosedRow {
  double dose = 0.0;  ///< over that of the row itself: below 1
  const ResultRow* row = nullptr;
};
/// The rows of the evidence that are a row's condition at doses below 1, its own left out: the same
/// trial, entries and sites, and the same seed. One whose KL may be rounding (is_below_floor()) is
/// left out. In ascending order of the dose; each dose once.
std::vector<DosedRow> smaller_doses(const ResultRow& row, const PredictorEvidence& evidence);

}  // namespace nf
