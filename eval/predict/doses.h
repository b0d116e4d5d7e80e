#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/predict/predictor.h"

namespace nf {

/// The dose of all entries of a row: 1 where none is written; none where they differ, or are what a
/// search looks for.
std::optional<double> dose_of(const RowKey& key);

/// A row at another dose, as seen from a row.
struct DosedRow {
  double dose = 0.0;  ///< over that of the row itself: below 1
  const ResultRow* row = nullptr;
};
/// Rows at doses between 0 and 1, by their trials' names: of many thousand rows few are such. One
/// that failed is left out, and one whose KL may be rounding (is_below_floor()). Points into rows.
class SmallDoses {
 public:
  explicit SmallDoses(std::span<const ResultRow* const> rows);

  /// The rows that are a row's condition at smaller doses, its own left out: the same trial,
  /// entries and sites, and the same seed. In ascending order of the dose; each dose once.
  std::vector<DosedRow> below(const ResultRow& row) const;

 private:
  std::map<std::string, std::vector<DosedRow>> rows_;  ///< with doses of their own
};

}  // namespace nf
