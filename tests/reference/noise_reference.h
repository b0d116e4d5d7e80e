#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "core/tensor/view.h"
#include "perturb/unit.h"

namespace nf {

/// The words of an element's Philox block that draws are made of, from the scalar Philox.
struct ReferenceWords {
  std::uint32_t word0 = 0, word1 = 0;
  double u = 0.0;          ///< (⌊word0/2⌋ + ½)/2^31, rounded as an f32
  double fraction0 = 0.0;  ///< (word0 | 1)/2^31 as a signed number
  double fraction1 = 0.0;  ///< (word1 | 1)/2^31 as a signed number
};
ReferenceWords reference_words(std::uint64_t element, std::uint64_t key, std::uint64_t seed);

/// The coordinates (row, column) of every unit's values, both in reading order, written out from
/// the table in docs: no rectangles.
std::vector<std::vector<std::pair<Index, Index>>> reference_units(const Unit& unit,
                                                                  SiteTensor tensor, Index rows,
                                                                  Index cols);

/// One unit as a relation sees it, in reading order.
struct ReferenceUnit {
  std::vector<double> sizes;  ///< |x|
  std::vector<double> steps;  ///< grid steps; empty where there are none
  double largest() const;     ///< max |x|
  double rms() const;         ///< root mean square of x
};
/// Weight of value i of a unit.
using ReferenceWeight = std::function<double(const ReferenceUnit& unit, std::size_t i)>;

/// δ of a noise with ‖δ‖ = relative_l2·‖x‖ in each unit, in double. x, z, step, delta: [rows,
/// cols]; step may be empty. z: the draws.
std::vector<double> reference_delta(ConstMatrixView x, ConstMatrixView z, ConstMatrixView step,
                                    const ReferenceWeight& weight, double relative_l2,
                                    const Unit& unit, SiteTensor tensor);

}  // namespace nf
