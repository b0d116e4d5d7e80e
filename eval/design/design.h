#pragma once

#include <string>

namespace nf {

/// Which generator made a trial. Its level stands in the trial's vars.
struct Design {
  std::string kind;    ///< "each", "leave_one_out", "cumulative", "pairs"; empty: none
  std::string factor;  ///< "layer", "role" or "site"; empty: none
};

}  // namespace nf
