#pragma once

#include <cstdint>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A value's place and its 64-bit draw.
struct DrawnPlace {
  std::uint64_t draw = 0;
  std::uint32_t place = 0;
};

/// Sorts by (draw, place), the places given in ascending order: the place that stands i-th is the
/// one whose value comes to the i-th of the places. Draws are uniform, so that the time grows
/// little faster than the number of places.
void shuffle_places(std::vector<DrawnPlace>& places);

}  // namespace nf
