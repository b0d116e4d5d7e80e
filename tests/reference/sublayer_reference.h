#pragma once

#include <map>
#include <vector>

#include "core/model/decoder.h"
#include "core/tensor/matrix.h"
#include "perturb/sublayer_replay.h"
#include "tests/reference/forward.h"

namespace nf {

/// The sub-layers of one block of an OPT or a Llama in double, window by window, on given inputs:
/// the slow form of BlockReplay.
class ReferenceSublayers final : public SublayerReplay {
 public:
  /// attention, mlp: what q_proj and the MLP's first linear read, a window each, [T, H]
  ReferenceSublayers(const Decoder& decoder, Index layer, const std::vector<Matrix>& attention,
                     const std::vector<Matrix>& mlp);

  /// The weight of a role has been made.
  void make(Role role, ConstMatrixView weight);
  double error(Around around, std::span<const Candidate> candidates) const override;
  bool reads_alone(Role role) const override;
  /// Mean squared error of the linear's own output, all windows together. inputs: [T, in] each
  static double own_error(ConstMatrixView weight, ConstMatrixView candidate,
                          const std::vector<Matrix>& inputs);

 private:
  using Weights = std::map<Role, RowMatrix>;
  RowMatrix linear(const Weights& weights, Role role, const RowMatrix& x) const;
  RowMatrix attention_output(const Weights& weights, const RowMatrix& x) const;
  RowMatrix mlp_output(const Weights& weights, const RowMatrix& x) const;

  bool gated_;
  Activation activation_;
  ReferenceAttention attention_;
  Weights original_, made_, biases_;
  std::map<Sublayer, std::vector<RowMatrix>> inputs_;
};

}  // namespace nf
