#pragma once

#include <span>

#include "core/model/site.h"
#include "core/tensor/view.h"

namespace nf {

/// A sub-layer of a block (attention with o_proj, or the MLP) run again on a calibration set with
/// other weights: how far its output moves. The inputs are those that were recorded, whatever has
/// been made of earlier weights. Thread-safe.
class SublayerReplay {
 public:
  /// The weights that stand beside the candidates, in both of the outputs that are compared.
  enum class Around {
    untouched,  ///< those of the checkpoint
    made,       ///< of roles earlier in the block (q, k, v, o, gate, up, down) as they were made
  };
  struct Candidate {
    Role role = Role::q_proj;
    ConstMatrixView weight;  ///< [out, in]
  };

  virtual ~SublayerReplay() = default;
  /// Mean over tokens and features of the squared difference between the sub-layer's output (before
  /// it is added to the residual stream, and before a norm behind it) with the candidates and with
  /// the checkpoint's weights in their places. candidates: roles of one sub-layer
  virtual double error(Around around, std::span<const Candidate> candidates) const = 0;
  /// True where no other linear of the model reads the tensor that the role reads: o_proj,
  /// down_proj, and up_proj where nothing is beside it.
  virtual bool reads_alone(Role role) const = 0;
};

}  // namespace nf
