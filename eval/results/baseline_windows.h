#pragma once

#include <cstddef>

#include "eval/results/results.h"

namespace nf {

/// Finds the windows of a baseline for those of a row, both in ascending order: it goes on where it
/// stopped, so that the windows of a row cost no search.
class BaselineWindows {
 public:
  explicit BaselineWindows(const ResultRow& baseline) : windows_(&baseline.windows) {}

  /// The sums of the window of that number, greater than the one before; null where there is none.
  const PartSums* find(Index window) {
    while (next_ < windows_->size() && (*windows_)[next_].window < window) ++next_;
    if (next_ == windows_->size() || (*windows_)[next_].window != window) return nullptr;
    return &(*windows_)[next_].sums;
  }

 private:
  const std::vector<WindowSums>* windows_;
  std::size_t next_ = 0;
};

}  // namespace nf
