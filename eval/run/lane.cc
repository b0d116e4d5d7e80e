#include "eval/run/lane.h"

#include "core/base/parallel.h"

namespace nf {

void StageHooks::share(Index count, const std::function<void(Index)>& body) const {
  parallel_for(count, [&](Index i) {
    if (should_stop()) throw Interrupted();
    body(i);
  });
}

}  // namespace nf
