#include "eval/run/input_knowledge.h"

#include <utility>

#include "core/base/check.h"
#include "eval/run/calibration_results.h"

namespace nf {

ChainKnowledge::ChainKnowledge(const SiteChain& chain, std::vector<InputStatisticsPtr> statistics)
    : held_(std::move(statistics)) {
  NF_CHECK(held_.size() % 2 == 0, "{} statistics", held_.size());
  for (std::size_t i = 0; i < held_.size(); i += 2)
    steps_.push_back({.inputs = held_[i].get(), .finish_inputs = held_[i + 1].get()});
  steps_.resize(chain.steps.size() + 1);
}

std::vector<InputStatisticsPtr> chain_statistics(
    const SiteChain& chain,
    const std::function<InputStatisticsPtr(const ChainNeed& need)>& statistics) {
  std::vector<InputStatisticsPtr> all(2 * (chain.steps.size() + 1));
  for (const ChainNeed& need : chain.needs())
    all[2 * need.step + (need.finishes ? 1 : 0)] = statistics(need);
  return all;
}

ChainKnowledge chain_knowledge(const SiteChain& chain, const ChainKey& key,
                               const CalibrationResults& results, std::string& problem) {
  if (chain.input_needs().empty()) return {};
  if (const auto failure = results.failure(key)) {
    if (problem.empty()) problem = *failure;
    return {};
  }
  return ChainKnowledge(chain, results.read_statistics(chain.site, key));
}

InputKnowledge::InputKnowledge(const ModelTrial& trial, Index layer, const TrialKeys& keys,
                               const CalibrationResults& results) {
  for (std::size_t r = 0; r < kRoleCount; ++r) {
    const ChainKey& key = keys.statistics[static_cast<std::size_t>(layer)][r];
    by_role_[r] = chain_knowledge(trial.input(layer, static_cast<Role>(r)), key, results, problem_);
  }
}

}  // namespace nf
