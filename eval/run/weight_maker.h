#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <tuple>
#include <vector>

#include "core/model/decoder.h"
#include "eval/plan/missing_outcomes.h"
#include "eval/plan/model_trial.h"
#include "eval/run/calibration_results.h"

namespace nf {

/// Makes weights of one block that need statistics of their inputs, and keeps them: x̂, and in a
/// second step the weights that take statistics to be finished. A weight that cannot be made is
/// kept as a failure. Thread-safe for weights that look at no other.
class WeightMaker {
 public:
  /// The statistics, and the replay, that a need of a weight's chain asks for, as
  /// StepKnowledge::inputs and replay. `role`: the weight's.
  using Knowledge =
      std::function<StepKnowledge(const ModelTrial& trial, const ChainNeed& need, Role role)>;

  /// All must outlive this.
  WeightMaker(const Decoder& decoder, Index layer, const Knowledge& knowledge,
              CalibrationResults& results);

  /// outcome: of a weight, of the trial. made: the key of its x̂, which is there already where the
  /// outcome is finished from it.
  void make(const ModelTrial& trial, const MissingOutcome& outcome, const ChainKey& made);

 private:
  Matrix read(Role role) const;
  std::string keep(const MissingOutcome& outcome, const ChainKey& made, const SiteChain::Use& use);
  std::vector<StepKnowledge> knowledge_of(const ModelTrial& trial, Role role,
                                          std::vector<ChainNeed> needs);
  const TensorChoice* choice(const ModelTrial& trial, std::size_t entry, Role role);
  TensorChoicePtr choose(const ModelTrial& trial, std::size_t entry, Role role);

  const Decoder& decoder_;
  const DecoderSpec& spec_;
  Index layer_;
  const Knowledge& knowledge_;
  CalibrationResults& results_;
  /// Choices by trial, entry and the first role that reads the tensor.
  std::map<std::tuple<const ModelTrial*, std::size_t, Role>, TensorChoicePtr> choices_;
};

}  // namespace nf
