#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/model/decoder_spec.h"
#include "core/model/rope.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {

/// One linear as the checkpoint has it, in f32.
struct LinearWeights {
  Role role = Role::q_proj;
  Matrix weight;            ///< [out, in]
  std::vector<float> bias;  ///< [out] or empty
};

struct NormWeights {
  std::vector<float> weight;  ///< [H]
  std::vector<float> bias;    ///< [H] or empty
};

/// One block's weights in f32: what distortions read, and what stays untouched by them (biases,
/// norms).
struct BlockWeights {
  Index layer = 0;
  NormWeights attention_norm, mlp_norm;
  std::vector<LinearWeights> linears;  ///< in order of use

  const LinearWeights& linear(Role role) const;
};

/// The packed weights of one block's linears, by role. Copies share storage: a lane that distorts
/// one role replaces one entry.
using PackedLinears = std::array<PackedWeight, kRoleCount>;

/// Replaces inputs of linears while a block runs on one window: the door through which activations
/// are distorted. Made by the caller for one (lane, layer, window).
class InputFilter {
 public:
  virtual ~InputFilter() = default;
  /// What the input of `role` goes through: 0 for nothing, else a number. Roles that read the same
  /// tensor and have the same number share one x̃.
  virtual int variant(Role role) const = 0;
  /// distorted ← x̃ of the input that `role` reads. x, distorted: [T, in], not overlapping.
  virtual void apply(Role role, ConstMatrixView x, MatrixView distorted) = 0;
};

/// Runs one decoder block on one window in place, in the calling thread. hidden: [T, H]
/// rope: at least T positions where the spec has rotary positions, else ignored. filter may be
/// null.
void run_block(const DecoderSpec& spec, const BlockWeights& weights, const PackedLinears& packed,
               const RopeTable* rope, InputFilter* filter, MatrixView hidden);

/// y = norm(x) as the spec says. x, y: [T, H], may be the same.
void run_norm(const DecoderSpec& spec, const NormWeights& norm, ConstMatrixView x, MatrixView y);

}  // namespace nf
