#pragma once

#include <vector>

#include "core/tensor/matrix.h"
#include "eval/plan/model_trial.h"

namespace nf {

/// Values like a tensor's, for timings: of any size about zero, none like another.
Matrix some_values(Index rows, Index cols);

/// Statistics of inputs [T, in] that were never seen, for timings of what needs some: of the size
/// of the calibration sets that the steps of a chain name.
class SampleInputs {
 public:
  SampleInputs(const SiteChain& chain, Index in);

  /// Knowledge by step of the chain, and of its twin, without choices. replay: for the steps that
  /// ask for one.
  std::vector<StepKnowledge> knowledge(const SublayerReplay* replay) const;

 private:
  const SiteChain& chain_;
  std::vector<InputStatistics> by_need_;
};

}  // namespace nf
