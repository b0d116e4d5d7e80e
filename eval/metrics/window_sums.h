#pragma once

#include "eval/metrics/part_sums.h"

namespace nf {

/// Sufficient statistics of one window of one trial: sums over its scored tokens. Everything the
/// metrics say is computed from these, so windows can be pooled, paired and resampled.
struct WindowSums {
  Index window = 0;  ///< counted from the start of the text
  PartSums sums{};   ///< window_figures(); the others are 0
  Index bytes = -1;  ///< bytes of text that the scored tokens stand for; -1: not known
  /// The document that the window is part of, counted from the start of its file; -1: the window is
  /// a block of statistics of its own.
  Index document = -1;
};

}  // namespace nf
