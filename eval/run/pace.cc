#include "eval/run/pace.h"

#include <algorithm>

namespace nf {
namespace {

/// Weight of what was known before a wave ended.
constexpr double kMemory = 0.5;

}  // namespace

void Pace::note(double expected_seconds, double seconds) {
  expected_ = kMemory * expected_ + expected_seconds;
  taken_ = kMemory * taken_ + seconds;
  if (expected_ > 0.0) factor_ = std::max(1.0, taken_ / expected_);
}

}  // namespace nf
