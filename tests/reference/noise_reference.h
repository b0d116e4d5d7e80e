#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "perturb/distribution.h"
#include "perturb/relation.h"
#include "perturb/unit.h"

namespace nf {

/// One draw, from the scalar Philox and libm, in double but for u, which is an f32.
double reference_draw(Distribution distribution, std::uint64_t element, std::uint64_t key,
                      std::uint64_t seed);

/// The coordinates (row, column) of every unit's values, both in reading order, written out from
/// the table in docs: no rectangles.
std::vector<std::vector<std::pair<Index, Index>>> reference_units(const Unit& unit,
                                                                  SiteTensor tensor, Index rows,
                                                                  Index cols);

/// δ of a noise with ‖δ‖ = relative_l2·‖x‖ in each unit, in double. x, z, step, delta: [rows,
/// cols]; step is read for relation `step` only. z: the draws.
std::vector<double> reference_delta(ConstMatrixView x, ConstMatrixView z, ConstMatrixView step,
                                    const Relation& relation, double floor, double relative_l2,
                                    const Unit& unit, SiteTensor tensor);

}  // namespace nf
