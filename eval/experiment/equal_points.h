#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "eval/experiment/sweep.h"
#include "eval/experiment/trial.h"

namespace nf {

/// Everything that a trial does at a point, by which points are compared. arms: of `execute`.
Json condition_of(const Trial& trial, const std::vector<Execution>& arms);

/// Finds points of a sweep that are written differently (`g64`, {group: 64}) and are the same
/// trial.
class EqualPoints {
 public:
  /// condition: condition_of() the trial at that point.
  void add(const SweepPoint& point, const Json& condition);
  /// The mistake of the first two that are equal; empty where all differ.
  const std::string& first() const { return first_; }

 private:
  std::map<Json, std::vector<SweepPoint>> known_;  ///< points by their conditions
  std::string first_;
};

}  // namespace nf
