#pragma once

#include <string>
#include <vector>

#include "eval/records/row_key.h"

namespace nf {

/// The trials of an experiment that a command takes (`--trials`), by patterns in which `*` stands
/// for any text, `?` for one letter and `[ab]` for one of these. A pattern means every trial whose
/// name it matches, or whose name and sweep point as tables print them ("noise-sweep r=0.1
/// dist=gaussian"); or NAME:VAR=VALUE,VAR=VALUE, as `compare` takes it: the points of a trial's
/// sweep with these values. No id depends on a choice, nor does any file of a run folder but what
/// its records are of.
class TrialChoice {
 public:
  TrialChoice() = default;  ///< all
  explicit TrialChoice(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  const std::vector<std::string>& patterns() const { return patterns_; }
  bool is_all() const { return patterns_.empty(); }
  /// vars: the sweep point and the level of the design.
  bool holds(const std::string& name, const Json& vars) const;
  /// Throws ConfigError for a pattern that matches none of these trials, all that there are, with
  /// what was meant or what there is.
  void check(const std::vector<RowKey>& trials) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace nf
