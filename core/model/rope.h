#pragma once

#include "core/model/decoder_spec.h"
#include "core/model/hf_config.h"
#include "core/tensor/matrix.h"

namespace nf {

/// Inverse frequencies out of config.json, for both spellings: `rope_theta` + `rope_scaling`, and
/// the newer `rope_parameters`. Types: default, linear (positions divided by factor) and llama3
/// (low frequencies slowed down, with a smooth band between). Throws DataError for any other type.
RopeSpec rope_spec(const HfConfig& config, Index head_dim);

/// Cosines and sines of positions 0 .. T-1: [T, D/2] each, angles in f32 as transformers has them.
struct RopeTable {
  RopeTable(const RopeSpec& spec, Index positions);
  Matrix cos, sin;
};

}  // namespace nf
