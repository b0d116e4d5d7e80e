#pragma once

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "eval/plan/chain_keys.h"
#include "eval/plan/model_trial.h"

namespace nf {

class CalibrationResults;

/// The statistics that the steps of one chain act by, held as long as they are in use.
class ChainKnowledge {
 public:
  ChainKnowledge() = default;
  /// statistics: as chain_statistics() has them of this chain, or of another with the same needs,
  /// whose steps without any may be more or fewer
  ChainKnowledge(const SiteChain& chain, std::vector<InputStatisticsPtr> statistics);

  /// Knowledge by step, and behind them of the twin; empty where nothing is known.
  std::span<const StepKnowledge> steps() const { return steps_; }

 private:
  std::vector<InputStatisticsPtr> held_;
  std::vector<StepKnowledge> steps_;
};

/// The statistics of all needs of a chain in the order in which they are kept: of each step and
/// then of the twin those for x̂ and those that finish it; null where there is no need.
std::vector<InputStatisticsPtr> chain_statistics(
    const SiteChain& chain,
    const std::function<InputStatisticsPtr(const ChainNeed& need)>& statistics);

/// Knowledge of a calibration set for one chain of a trial. key: of its statistics. problem ← the
/// reason why there is none, where there is one and none was before.
ChainKnowledge chain_knowledge(const SiteChain& chain, const ChainKey& key,
                               const CalibrationResults& results, std::string& problem);

/// Knowledge of a calibration set for the distorted inputs of one block of a trial.
class InputKnowledge {
 public:
  InputKnowledge() = default;
  /// keys: of the trial. Takes note of a failure instead of what is not there.
  InputKnowledge(const ModelTrial& trial, Index layer, const TrialKeys& keys,
                 const CalibrationResults& results);

  std::span<const StepKnowledge> of(Role role) const {
    return by_role_[static_cast<std::size_t>(role)].steps();
  }
  /// The first failure; empty: there is none.
  const std::string& problem() const { return problem_; }

 private:
  std::array<ChainKnowledge, kRoleCount> by_role_;
  std::string problem_;
};

}  // namespace nf
