#include "eval/run/stage_run.h"

namespace nf {

void StageRun::each_batch(Index count, const std::function<void(Index, Index)>& body) const {
  const Index batches = rows.batch_count();
  const auto piece = [&](Index i) { body(i / batches, i % batches); };
  if (rows.plan.at_once > 1) return hooks.share(count * batches, piece);
  for (Index i = 0; i < count * batches; ++i) {
    if (hooks.should_stop()) throw Interrupted();
    piece(i);
  }
}

}  // namespace nf
