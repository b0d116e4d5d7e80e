#include "eval/results/simulated_arms.h"

#include "eval/design/execute_words.h"

namespace nf {
namespace {

bool is_simulated(const RowKey& key) { return key.vars.at(kExecuteVariable) == kSimulatedArm; }

}  // namespace

std::optional<std::string> arms_of(const RowKey& key) {
  Json vars = key.vars;
  if (!vars.is_object() || vars.erase(kExecuteVariable) == 0) return std::nullopt;
  return Json({key.model, key.name, key.seed ? Json(*key.seed) : Json(), std::move(vars)})
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

SimulatedArms::SimulatedArms(const std::vector<ResultRow>& rows) {
  for (const ResultRow& row : rows)
    if (const auto arms = arms_of(row.key); arms && is_simulated(row.key)) arms_[*arms] = &row;
}

const ResultRow* SimulatedArms::of(const ResultRow& row) const {
  const std::optional<std::string> arms = arms_of(row.key);
  if (!arms || is_simulated(row.key)) return nullptr;
  const auto found = arms_.find(*arms);
  return found == arms_.end() ? nullptr : found->second;
}

}  // namespace nf
