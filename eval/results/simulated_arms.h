#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "eval/results/results.h"

namespace nf {

/// A text that the arms of one trial (`execute`) with one seed share, and no other key has; none
/// where the trial has no arms.
std::optional<std::string> arms_of(const RowKey& key);

/// The simulated arms among some rows, which must outlive this.
class SimulatedArms {
 public:
  explicit SimulatedArms(const std::vector<ResultRow>& rows);
  /// The simulated arm of a row that is another arm; null of that arm itself, of rows without arms,
  /// and where it has not run.
  const ResultRow* of(const ResultRow& row) const;

 private:
  std::map<std::string, const ResultRow*> arms_;  ///< by arms_of()
};

}  // namespace nf
