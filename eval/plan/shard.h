#pragma once

#include "core/base/types.h"

namespace nf {

/// The part of the trials that is run: part `index` (from 0) of `count`, neighbours in the file
/// together.
struct Shard {
  Index index = 0;
  Index count = 1;
  bool holds(Index trial, Index trials) const { return trial * count / trials == index; }
};

}  // namespace nf
