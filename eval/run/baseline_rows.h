#pragma once

#include "core/tensor/matrix.h"

namespace nf {

/// The things that all waves of a stage must know of the untouched model, at the R rows that
/// predict a target.
struct BaselineRows {
  Matrix scored{};  ///< the head's input: [R, E]
  Matrix states{};  ///< what leaves the last block: [R, H]

  bool empty() const { return scored.empty(); }
  Index rows() const { return scored.rows(); }
  double bytes() const {
    return sizeof(float) *
           (static_cast<double>(scored.size()) + static_cast<double>(states.size()));
  }
};

}  // namespace nf
