#include "eval/experiment/equal_points.h"

#include <fmt/format.h>

namespace nf {

Json condition_of(const Trial& trial, const std::vector<Execution>& arms) {
  Json entries = Json::array(), executions = Json::array();
  for (const Entry& entry : trial.entries) entries.push_back(entry.config());
  for (const Execution arm : arms) executions.push_back(enum_name(arm));
  return {{"entries", entries},
          {"reshape", ConfigValue<ReshapeConfig>::write(trial.reshape)},
          {"execute", executions}};
}

void EqualPoints::add(const SweepPoint& point, const Json& condition) {
  const std::string text = point_text(point);
  const auto [same, is_new] = known_.emplace(condition, text);
  if (!is_new && same->second != text && first_.empty())
    first_ = fmt::format("the points {} and {} are the same trial; leave one of them out",
                         same->second, text);
}

}  // namespace nf
