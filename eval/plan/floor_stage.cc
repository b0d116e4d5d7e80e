#include "eval/plan/floor_stage.h"

#include <algorithm>
#include <iterator>

namespace nf {

Stage floor_stage(const EvalSet& set, const Stage& stage) {
  const Index windows = std::min(kFloorWindows, set.windows);
  Stage part;
  std::copy_if(stage.items.begin(), stage.items.end(), std::back_inserter(part.items),
               [windows](Index item) { return item < windows; });
  return part;
}

}  // namespace nf
