#include "eval/experiment/equal_points.h"

#include <fmt/format.h>

#include <algorithm>

namespace nf {
namespace {

/// Whether two points have the same values, some of them written as a word by one and as a mapping
/// by the other. Other values that come to the same trial are a control's, which does not look at
/// one.
bool are_one(const SweepPoint& a, const SweepPoint& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& own, const auto& other) {
    const Json value = to_json(own.second), same = to_json(other.second);
    return own.first == other.first &&
           (value == same || value.is_structured() != same.is_structured());
  });
}

}  // namespace

Json condition_of(const Trial& trial, const std::vector<Execution>& arms) {
  Json entries = Json::array(), executions = Json::array();
  for (const Entry& entry : trial.entries) entries.push_back(entry.config());
  for (const Execution arm : arms) executions.push_back(enum_name(arm));
  return {{"entries", entries},
          {"reshape", ConfigValue<ReshapeConfig>::write(trial.reshape)},
          {"execute", executions}};
}

void EqualPoints::add(const SweepPoint& point, const Json& condition) {
  std::vector<SweepPoint>& points = known_[condition];
  const std::string text = point_text(point);
  for (const SweepPoint& known : points)
    if (first_.empty() && point_text(known) != text && are_one(known, point))
      first_ = fmt::format("the points {} and {} are the same trial; leave one of them out",
                           point_text(known), text);
  points.push_back(point);
}

}  // namespace nf
