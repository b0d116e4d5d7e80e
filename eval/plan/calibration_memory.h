#pragma once

#include <span>
#include <vector>

#include "eval/plan/calibration_plan.h"
#include "eval/plan/memory.h"

namespace nf {

/// Bytes of memory that a pass of calibration sets needs, an upper estimate, with that many weights
/// made at the same time.
double calibration_bytes(const DecoderSpec& spec, const CalibrationPlan& plan, Index threads,
                         Index distorting_threads, double process_bytes);

/// A pass's trials, and how many weights are made in it at the same time.
struct CalibrationWave {
  std::vector<CalibratedTrial> trials;
  Index distorting_threads = 1;
};

/// Cuts the calibration of some trials into passes that stay within the budget, those with most in
/// common side by side. Nothing that is made depends on it. Throws ConfigError naming the least
/// budget that would do where it binds and not even one trial fits.
std::vector<CalibrationWave> cut_calibration(const DecoderSpec& spec,
                                             std::span<const CalibratedTrial> trials,
                                             const HasOutcome& has, Index threads,
                                             const MemoryBudget& budget);

}  // namespace nf
