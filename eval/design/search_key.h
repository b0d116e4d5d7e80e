#pragma once

#include <string>
#include <vector>

#include "eval/design/bisect_config.h"

namespace nf {

/// The variable whose value a search looks for: "${bisect}" in entries, a key of `vars` in records,
/// a column in tables.
inline constexpr const char* kSearchVariable = "bisect";

/// A search (`bisect`) as a run's manifest has it: with its records it can be followed without the
/// experiment.
struct SearchKey {
  /// A value that was asked for, and the id of the trial at that value. The records may bear the
  /// name of another trial that does the same.
  struct Step {
    double value = 0.0;
    std::string id;
  };

  /// Hash of the condition with the value left open and of the settings. It is equal where the same
  /// values would be asked for and do the same.
  std::string id;
  BisectConfig config;
  std::vector<Step> steps;  ///< in the order asked for; the last one may be unfinished

  /// The id of the step with that value; empty where it was not asked for.
  std::string step_id(double value) const;
  /// Takes the step up unless it is known.
  void add_step(double value, const std::string& step_id);
};

/// "search" of a row in the manifest: id, metric, target, range, rel_tolerance, max_steps, steps.
Json search_to_json(const SearchKey& search);
/// Throws Json::exception or Error where `json` is no search.
SearchKey search_from_json(const Json& json);

}  // namespace nf
