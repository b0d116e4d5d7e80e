#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "core/model/decoder.h"
#include "eval/plan/model_trial.h"
#include "eval/run/calibration_results.h"

namespace nf {

/// Makes weights of one block that need statistics of their inputs, and keeps them. A weight that
/// cannot be made is kept as a failure. Thread-safe for weights that look at no other.
class WeightMaker {
 public:
  /// All that a step of a weight's chain knows but its choice. `role`: the weight's.
  using Knowledge =
      std::function<StepKnowledge(const ModelTrial& trial, const SiteStep& step, Role role)>;

  /// All must outlive this.
  WeightMaker(const Decoder& decoder, Index layer, const Knowledge& knowledge,
              CalibrationResults& results);

  void make(const ModelTrial& trial, Role role, const ChainKey& key);

 private:
  Matrix read(Role role) const;
  std::vector<StepKnowledge> knowledge_of(const ModelTrial& trial, Role role, std::size_t steps);
  const TensorChoice* choice(const ModelTrial& trial, std::size_t entry, Role role);
  TensorChoicePtr choose(const ModelTrial& trial, std::size_t entry, Role role);

  const Decoder& decoder_;
  const DecoderSpec& spec_;
  Index layer_;
  const Knowledge& knowledge_;
  CalibrationResults& results_;
  /// By trial, entry and the first role that reads the tensor.
  std::map<std::tuple<const ModelTrial*, std::size_t, Role>, TensorChoicePtr> choices_;
};

}  // namespace nf
