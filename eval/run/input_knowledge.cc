#include "eval/run/input_knowledge.h"

#include <utility>

#include "eval/run/calibration_results.h"

namespace nf {

ChainKnowledge::ChainKnowledge(std::vector<InputStatisticsPtr> statistics)
    : held_(std::move(statistics)) {
  for (const InputStatisticsPtr& each : held_) steps_.push_back({.inputs = each.get()});
}

InputKnowledge::InputKnowledge(const ModelTrial& trial, Index layer, const TrialKeys& keys,
                               const CalibrationResults& results) {
  for (std::size_t r = 0; r < kRoleCount; ++r) {
    const SiteChain& chain = trial.input(layer, static_cast<Role>(r));
    if (chain.input_needs().empty()) continue;
    const ChainKey& key = keys.inputs[static_cast<std::size_t>(layer)][r];
    if (const auto failure = results.failure(key)) {
      if (problem_.empty()) problem_ = *failure;
    } else {
      by_role_[r] = ChainKnowledge(results.read_statistics(chain.site, key));
    }
  }
}

}  // namespace nf
