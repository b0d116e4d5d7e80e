#pragma once

#include <functional>

#include "core/model/decoder.h"
#include "eval/run/lane.h"
#include "eval/run/stage_batches.h"

namespace nf {

class CalibrationResults;

/// The things that all waves of a stage share.
struct StageRun {
  const Decoder& decoder;
  const EvalSet& set;
  const Stage& stage;
  const StageRows& rows;
  Gather gather;
  const StageHooks& hooks;
  /// Made of calibration sets, for the trials that need it; null where none does.
  const CalibrationResults* calibration = nullptr;
  bool on_calibration_set = false;  ///< the stage is one

  const DecoderSpec& spec() const { return decoder.spec(); }
  /// Calls body(i, b) for 0 <= i < count and all batches b, shared out among threads or one after
  /// the other, as the plan of the batches says. Throws Interrupted.
  void each_batch(Index count, const std::function<void(Index, Index)>& body) const;
};

}  // namespace nf
