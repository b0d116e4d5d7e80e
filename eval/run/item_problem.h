#pragma once

#include <string>
#include <utility>

#include "core/base/types.h"

namespace nf {

/// The first item, of some, whose arithmetic failed.
struct ItemProblem {
  Index item = 0;      ///< its number in the evaluation
  std::string text{};  ///< where and how; empty: all is well

  bool exists() const { return !text.empty(); }
  /// Takes another problem in where it is of an earlier item. The first one told of an item stays:
  /// the outcome is then the same whoever shares a batch or a stage with it.
  void join(ItemProblem other) {
    if (other.exists() && (!exists() || other.item < item)) *this = std::move(other);
  }
};

}  // namespace nf
