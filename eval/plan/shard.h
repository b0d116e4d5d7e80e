#pragma once

#include "core/base/types.h"
#include "eval/plan/work_rates.h"

namespace nf {

/// The way in which an experiment is cut.
enum class ShardBy {
  trials,  ///< each shard runs some trials on all of the text
  text,    ///< each shard runs all trials on some of the text
  both,    ///< some trials on some of the text, as it is cheapest
};

/// Part `index` (from 0) of `count` of an experiment. The same experiment, trials that were chosen,
/// count, `by` and rates make the same parts on every machine, and together they are the whole.
struct Shard {
  Index index = 0;
  Index count = 1;
  ShardBy by = ShardBy::trials;
  WorkRates rates{};  ///< that the parts are balanced by

  bool is_all() const { return count == 1; }
};

}  // namespace nf
