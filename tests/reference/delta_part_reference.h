#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/tensor/view.h"
#include "perturb/unit.h"

namespace nf::reference {

/// A change of one matrix, and the inputs of its linear.
struct Change {
  ConstMatrixView x, made;              ///< [rows, cols] x and x̂
  SiteTensor tensor{};                  ///< weight or input
  std::vector<std::uint8_t> clipped{};  ///< [rows·cols]
  ConstMatrixView inputs{};             ///< [T, cols] of the calibration set
};

/// The part of x̂ − x that `keep:` leaves, [rows·cols], from its formulas: whole sorts, eigenvectors
/// of the full matrix. part: its name in YAML. k: of off_top_directions
std::vector<double> kept(const std::string& part, Index k, const Change& change);

/// x + dose·delta, rounded once.
std::vector<float> dosed(double dose, ConstMatrixView x, const std::vector<double>& delta);

}  // namespace nf::reference
