#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/model/layout.h"

namespace nf {

/// A token whose probability is wanted: row `row` of the item predicts it, for part `part`. One row
/// may have several (a question's last context row and the first token of each choice).
struct Target {
  Index row = 0;
  std::int32_t token = 0;
  Index part = 0;
};

/// A piece of evaluation: a window of text, or a question with all its choices. It is the unit of
/// statistics, and scopes and draws mean its input, [T, in], by "the input of one window".
struct EvalItem {
  std::vector<std::int32_t> ids;  ///< [T], one for each row of the layout
  Layout layout;
  std::vector<Target> targets;  ///< in ascending order of row, then part
  Index parts = 1;              ///< sums that are kept apart: 1 for a window, one for each choice
  /// Number of the first row in the draws: element = (first_row + row)·features + feature. A window
  /// has window·context; questions lie far enough apart never to overlap.
  std::int64_t first_row = 0;
  /// Bytes of text that the targets stand for; -1 where that is not known (token ids given).
  Index bytes = -1;
  /// The document that a window is part of, counted from the start of its file; -1 where there is
  /// but one, and for a question. Only statistics look at it, no figure depends on it.
  Index document = -1;
};

/// XXH3-128 over everything of the items that a result depends on (ids, layouts, targets, parts,
/// first rows, bytes, not documents) and over the convention's name and version: the same hash, the
/// same numbers.
std::string hash_items(std::span<const EvalItem> items, std::string_view convention);

}  // namespace nf
