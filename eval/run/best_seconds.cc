#include "eval/run/best_seconds.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <numeric>
#include <vector>

#include "core/base/parallel.h"

namespace nf {
namespace {

constexpr int kMostRounds = 25;
/// One run is enough of a piece that takes so long (a long window through a large block).
constexpr double kLongSeconds = 1.0;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double best_of(const std::function<double()>& round, const TimingRounds& rounds) {
  double best = std::numeric_limits<double>::infinity();
  const Clock::time_point start = Clock::now();
  for (int i = 0; i < kMostRounds; ++i) {
    const double passed = seconds_since(start);
    if (passed > kLongSeconds || (i >= rounds.least && passed > rounds.enough_seconds)) break;
    best = std::min(best, round());
  }
  return best;
}

double best_seconds(const std::function<void()>& work) {
  return best_of([&work] {
    const Clock::time_point start = Clock::now();
    work();
    return seconds_since(start);
  });
}

double best_thread_seconds(const std::function<void(Index)>& work, const TimingRounds& rounds) {
  const Index threads = thread_count();
  std::vector<double> seconds(static_cast<std::size_t>(threads));
  return best_of(
      [&] {
        parallel_for(threads, [&](Index thread) {
          const double start = thread_seconds();
          work(thread);
          seconds[static_cast<std::size_t>(thread)] = thread_seconds() - start;
        });
        return std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(threads);
      },
      rounds);
}

}  // namespace nf
