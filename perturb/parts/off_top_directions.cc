#include "perturb/top_directions_part.h"

namespace nf {

void register_off_top_directions(DeltaPartTable& parts) {
  Kind<DeltaPartPtr> kind{.name = "off_top_directions"};
  kind.take_parameter<Index>(
      {.summary = "without its components along the k leading directions of the inputs of the "
                  "calibration set; weights",
       .range = at_least(1),
       .example = 4},
      [](const Index& k) { return off_top_directions(k); });
  parts.add(std::move(kind));
}

}  // namespace nf
