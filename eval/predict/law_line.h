#pragma once

#include <optional>
#include <set>
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

/// The lines of rows of one model, in the order of their first rows. Unfinished rows are left out,
/// and those without the measure; of lines those whose KL is 0 or may be rounding
/// (is_below_floor()).
std::vector<LawLine> law_lines(std::span<const ResultRow* const> rows, SizeMeasure measure);

/// The windows that all rows of these lines have.
std::set<Index> common_windows(const std::vector<LawLine>& lines);
/// KL of a line over these windows, nats a token; none where a row lacks one of them.
std::optional<double> damage_over(const LawLine& line, const std::set<Index>& windows);
/// Has all lines take their damage over the windows that all of them have, as where some stopped
/// early; as they are where there is no such window.
void take_common_damages(std::vector<LawLine>& lines);

}  // namespace nf
