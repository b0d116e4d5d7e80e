#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/types.h"

namespace nf {

/// The integers that a distortion's x̂ would consist of, before it has seen any: x̂ = (code −
/// zero)·scale with one scale and one zero point for each row, an output of a weight or a position
/// of an input. Of an input or a weight under scales of the features s: x̂ = (code − zero)·scale·s,
/// and (code − zero)·scale/s.
struct IntegerLevels {
  /// The reason why there are none, with what to write; empty: there are.
  std::string problem{};
  /// Codes are the integers of [first, last], zero among them.
  Index first = 0, last = 0;
  bool has_zero = false;  ///< zero is another for each row; else it is 0
  /// Scales s of the features, by what they are made of: products of codes know s only where
  /// weights and inputs have the same. Null: there are none.
  Json channel_scale = nullptr;

  bool exist() const { return problem.empty(); }
  /// The largest |code − zero|.
  Index most() const { return has_zero ? last - first : std::max(-first, last); }
  /// Shifts that are added to codes so that those of inputs are bytes from 0 on, 128 for 8 bits
  /// around 0, and those of weights lie around 0.
  Index input_shift() const { return first < 0 ? last + 1 : 0; }
  Index weight_shift() const { return first < 0 ? 0 : -(last + 1) / 2; }
  /// The largest code of an input, and the largest |code| of a weight, so shifted.
  Index most_of_input() const { return last + input_shift(); }
  Index most_of_weight() const { return first < 0 ? std::max(-first, last) : (last + 1) / 2; }
};

/// Scales and zero points of codes of x̂, as apply() found them (DistortionContext::integers): a
/// code is round(x̂ / scale) + zero, exactly, with x̂ in the quantizer's own coordinates.
struct IntegerScales {
  std::vector<float> scale, zero;  ///< [rows]; zero: an integer
  std::vector<float> channel{};    ///< [in] s; empty: all are 1
  std::vector<bool> stays{};       ///< [in] of an input: x̂ is x there; empty: nowhere

  /// Makes it one of so many rows that have no scales yet.
  void resize(Index rows) {
    scale.assign(static_cast<std::size_t>(rows), 0.0f);
    zero.assign(static_cast<std::size_t>(rows), 0.0f);
    channel.clear();
    stays.clear();
  }
};

}  // namespace nf
