#include <algorithm>

#include "perturb/part_twins.h"
#include "perturb/top_directions_part.h"

namespace nf {
namespace {

/// 1 % of the inputs, at least 1.
Index leading(Index in) { return std::max<Index>(1, in / 100); }

}  // namespace

void register_off_top_directions(TwinTable& twins) {
  twins.add(
      {.name = "off_top_directions",
       .number = 15,
       .summary = "δ off the leading directions of the inputs, 1 % of them, as it is; weights",
       .keeps = "what is off the leading directions",
       .destroys = "what is along them",
       .surrogate = part_twin(off_top_directions(leading, "off_top_directions"), PartSize::own)});
}

}  // namespace nf
