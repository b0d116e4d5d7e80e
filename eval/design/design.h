#pragma once

#include <array>
#include <string>

#include "core/base/types.h"

namespace nf {

/// The generator that made a trial. Its level stands in the trial's vars.
struct Design {
  std::string kind;      ///< one of kDesignKinds; empty: none
  std::string factor;    ///< "layer", "role" or "site"; empty: none
  Index resolution = 0;  ///< of factorial: 4 or 5; 0 of the others
};

/// The keys of the generators.
inline constexpr std::array<const char*, 5> kDesignKinds = {"each", "leave_one_out", "cumulative",
                                                            "pairs", "factorial"};

/// Keys of a trial that cannot have twins: what they make is read together, or one against the
/// other.
inline constexpr std::array<const char*, 4> kWithoutTwins = {"pairs", "factorial", "cumulative",
                                                             "bisect"};

/// The level of a trial of pairs or factorial that has every level, as its column names it.
inline constexpr const char* kAllLevels = "all";

}  // namespace nf
