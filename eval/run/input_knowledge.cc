#include "eval/run/input_knowledge.h"

#include <utility>

#include "eval/run/calibration_results.h"

namespace nf {

ChainKnowledge::ChainKnowledge(std::vector<InputStatisticsPtr> statistics)
    : held_(std::move(statistics)) {
  for (const InputStatisticsPtr& each : held_) steps_.push_back({.inputs = each.get()});
}

ChainKnowledge chain_knowledge(const SiteChain& chain, const ChainKey& key,
                               const CalibrationResults& results, std::string& problem) {
  if (chain.input_needs().empty()) return {};
  if (const auto failure = results.failure(key)) {
    if (problem.empty()) problem = *failure;
    return {};
  }
  return ChainKnowledge(results.read_statistics(chain.site, key));
}

InputKnowledge::InputKnowledge(const ModelTrial& trial, Index layer, const TrialKeys& keys,
                               const CalibrationResults& results) {
  for (std::size_t r = 0; r < kRoleCount; ++r) {
    const ChainKey& key = keys.inputs[static_cast<std::size_t>(layer)][r];
    by_role_[r] = chain_knowledge(trial.input(layer, static_cast<Role>(r)), key, results, problem_);
  }
}

}  // namespace nf
