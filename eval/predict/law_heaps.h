#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "eval/predict/coverage_law.h"
#include "eval/predict/law_line.h"
#include "eval/predict/law_report.h"

namespace nf {

/// The lines of a model in three heaps: what the law is fitted on comes first in `fit`.
struct LawHeaps {
  std::vector<LawLine> fit{};  ///< parts, then the corner and what left one out
  std::vector<std::size_t> singles{};
  std::vector<LawLine> others{};
  std::optional<LawCorner> corner{};
  /// The line that leaves it out, for each of the corner's parts.
  std::vector<std::optional<std::size_t>> left_out{};
};

/// law_lines() of a model into heaps, each condition once, whatever it is called.
LawHeaps sort_law_lines(const std::vector<LawLine>& all, const LawRequest& request);

}  // namespace nf
