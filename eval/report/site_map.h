#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/results/followed_searches.h"
#include "eval/results/result_lines.h"
#include "eval/stats/mean_estimate.h"

namespace nf {

/// The question that a map answers of each place of a model.
enum class MapKind {
  sensitivity,  ///< KL where this place alone is distorted: `each`
  spared,       ///< KL where all but this place is distorted: `leave_one_out`
  tolerance,    ///< the value that a search finds for this place: `each` with `bisect`
};

/// A layer or role of a map.
struct MapCell {
  std::string label{};  ///< of the trial
  std::optional<double> value{};
  std::optional<double> low{}, high{};  ///< 95 %
  bool resolved = false;  ///< the value is known, with an interval that tells it from 0
  std::string note{};     ///< why it is not, or what was assumed
};

/// One trial's figure by layer and role.
struct SiteMap {
  MapKind kind = MapKind::sensitivity;
  std::string trial{};                         ///< its name, and the sweep point but for the place
  std::string target{};                        ///< of a tolerance: "KL 0.05"
  std::vector<std::string> layers{}, roles{};  ///< in order of the model; kEverywhere: all of them
  std::map<std::pair<std::string, std::string>, MapCell> cells{};  ///< by layer and role
};

/// The level of a map that has one layer or one role for all.
inline constexpr const char* kEverywhere = "all";

/// The maps of a model with at least two cells, in the order of the lines, those of searches last.
std::vector<SiteMap> site_maps(const ModelLines& model, const FollowedSearches& searches);

}  // namespace nf
