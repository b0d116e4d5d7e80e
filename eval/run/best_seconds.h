#pragma once

#include <functional>

#include "core/base/types.h"

namespace nf {

/// The rounds of a timing, of which the best counts, as a run sees it: the first also makes kernels
/// and touches new memory.
struct TimingRounds {
  int least = 3;
  /// Short pieces are timed until so many seconds have passed: the more rounds there are, the surer
  /// one had the machine to itself.
  double enough_seconds = 0.05;
};

/// The least of what `round` returns. One round is enough of a piece that takes a second.
double best_of(const std::function<double()>& round, const TimingRounds& rounds = {});

/// Processor time of this thread, in which other programs have no part.
double thread_seconds();

/// Seconds of work in which all threads may have a part.
double best_seconds(const std::function<void()>& work);

/// Seconds that one thread takes for work(thread) while all threads are at theirs: they share
/// caches and memory.
double best_thread_seconds(const std::function<void(Index)>& work, const TimingRounds& rounds = {});

}  // namespace nf
