#pragma once

#include <span>
#include <string>
#include <vector>

#include "eval/predict/site_size.h"

namespace nf {

/// The rows that differ in their seeds alone, as a law sees them.
struct LawLine {
  RowKey key{};  ///< of the first row
  std::vector<const ResultRow*> rows{};
  SiteSizes sizes{};    ///< the mean over the rows
  double damage = 0.0;  ///< KL, nats a token, the mean over the rows
};

/// The lines of rows of one model, in the order of their first rows. Rows without the measure are
/// left out, as are those whose KL is 0 or may be rounding (is_below_floor()).
std::vector<LawLine> law_lines(std::span<const ResultRow* const> rows, SizeMeasure measure);

}  // namespace nf
