#pragma once

#include <string>
#include <vector>

#include "core/model/decoder_spec.h"
#include "core/model/hf_config.h"
#include "core/tensor/matrix.h"

namespace nf {

/// A family's options for reading its rotary positions.
struct RopeOptions {
  Index head_dim = 0;
  bool interleaved = false;
  double theta = 10000.0;  ///< where config.json names none
  std::vector<std::string> theta_names = {"rope_theta"};
  /// The share of head_dim that is rotated, where config.json names none.
  double partial_rotary_factor = 1.0;
  std::vector<std::string> partial_names = {"partial_rotary_factor", "rotary_pct"};
  bool may_be_partial = false;
};

/// Inverse frequencies out of config.json, for both spellings: `rope_theta` + `rope_scaling` (its
/// type under `rope_type` or `type`), and the newer `rope_parameters`. Types: default, linear
/// (positions divided by factor) and llama3 (low frequencies slowed down, with a smooth band
/// between). What stands inside the object goes before what stands outside, and rope_scaling before
/// rope_parameters, with a warning where they differ. Throws DataError for any other type and for a
/// rotation of odd or too many features.
RopeSpec rope_spec(const HfConfig& config, const RopeOptions& options);

/// Cosines and sines of positions 0 .. T-1, angles in f32 as transformers has them.
class RopeTable {
 public:
  RopeTable(const RopeSpec& spec, Index positions);
  Index positions() const { return cos_.rows(); }
  /// Rotates one head's features as they stand at `position`. features: [D]
  void rotate(float* features, Index position) const;

 private:
  Matrix cos_, sin_;  // [T, n]
  bool interleaved_;
};

}  // namespace nf
