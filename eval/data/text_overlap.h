#pragma once

#include <string>

#include "eval/data/calibration_set.h"
#include "eval/data/eval_set.h"

namespace nf {

/// Tokens that a calibration set and what is evaluated must share in a row to be the same text.
/// Shorter runs (licences, headings, idioms) are in any two texts.
inline constexpr Index kSharedRun = 64;

/// The part of what is evaluated that stands in a calibration set, too.
struct TextOverlap {
  Index tokens = 0;   ///< evaluated ones, in runs of at least kSharedRun
  Index longest = 0;  ///< the longest run
  std::string first;  ///< name of the item with the first of them

  bool empty() const { return tokens == 0; }
};

/// Windows count as one text on either side, so that a run may go on from one to the next; each
/// choice of a question is a text of its own, what choices share counted once.
TextOverlap find_overlap(const CalibrationSet& calibration, const EvalSet& evaluated);

}  // namespace nf
