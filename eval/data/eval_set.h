#pragma once

#include <string>
#include <vector>

#include "eval/data/item.h"

namespace nf {

/// Everything one model is evaluated on: the text's windows, then the questions of all tasks. An
/// item's number is its place here.
struct EvalSet {
  std::vector<EvalItem> items;
  /// Names of the items in errors: "window 3", "question 7 of piqa".
  std::vector<std::string> names;
  Index windows = 0;  ///< items before this one are text

  Index count() const { return static_cast<Index>(items.size()); }
  const EvalItem& item(Index i) const { return items[static_cast<std::size_t>(i)]; }
  /// Whether window i is the first of a block of statistics: of a document, or, where there is but
  /// one text, of itself.
  bool begins_block(Index i) const {
    return i == 0 || item(i).document < 0 || item(i).document != item(i - 1).document;
  }
  const std::string& name(Index i) const { return names[static_cast<std::size_t>(i)]; }
};

}  // namespace nf
