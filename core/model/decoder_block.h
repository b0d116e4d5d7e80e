#pragma once

#include <array>
#include <vector>

#include "core/model/decoder_spec.h"
#include "core/model/layout.h"
#include "core/model/rope.h"
#include "core/ops/gemm.h"
#include "core/tensor/matrix.h"

namespace nf {

/// A norm's parameters; both empty: there is no such norm.
struct NormWeights {
  std::vector<float> weight;
  std::vector<float> bias;
  bool exists() const { return !weight.empty(); }
};

/// One value for each linear of a block, by role.
template <class T>
class ByRole {
 public:
  T& operator[](Role role) { return values_[static_cast<std::size_t>(role)]; }
  const T& operator[](Role role) const { return values_[static_cast<std::size_t>(role)]; }

 private:
  std::array<T, kRoleCount> values_{};
};

/// The packed weights of one block's linears. Copies share storage: a lane that distorts one role
/// replaces one entry.
using PackedLinears = ByRole<PackedWeight>;

/// One block as a run needs it. Distortions replace `packed`; the rest stays untouched by them. The
/// f32 weights are not kept: who distorts one reads it again (Decoder::read_weight).
struct BlockWeights {
  Index layer = 0;
  BlockSpec spec;
  NormWeights attention_norm, mlp_norm;  ///< [H]
  NormWeights q_norm, k_norm;            ///< [D], [A, D] or [K, D]
  ByRole<std::vector<float>> biases;     ///< [out] or empty
  PackedLinears packed;
};

/// Replaces inputs of linears, and states of the block, while it runs: the door through which
/// activations are distorted. Made by the caller for one (lane, layer, batch).
class InputFilter {
 public:
  virtual ~InputFilter() = default;
  /// Number of the distortion that the input of `role` goes through, 0 for none. Roles that read
  /// the same tensor and have the same number share one x̃.
  virtual int variant(Role role) const = 0;
  /// distorted ← x̃ of the input that `role` reads. x, distorted: [T, in], not overlapping.
  virtual void apply(Role role, ConstMatrixView x, MatrixView distorted) = 0;
  /// The integers that x̃ of the last apply() consists of, where the linear of `role` multiplies
  /// these; its weight is of pack_codes() then. Null: it multiplies x̃.
  virtual const IntegerInputs* integers(Role /*role*/) const { return nullptr; }

  /// True where apply_state() is to be called for a state of the block (SiteTensor: is_state).
  virtual bool distorts(SiteTensor state) const = 0;
  /// distorted ← x̃ of a state. x, distorted: [T, H] or [T, K·D], not overlapping. Called once for
  /// each state of a run.
  virtual void apply_state(SiteTensor state, ConstMatrixView x, MatrixView distorted) = 0;
};

/// Sees inputs of linears, and states, while a block runs, and changes nothing: the door through
/// which statistics of activations are gathered. It stands beside InputFilter, so that a lane may
/// do one without the other.
class InputProbe {
 public:
  virtual ~InputProbe() = default;
  /// True where see() is to be called for the tensor that `role` reads. The first alone of the
  /// roles that read one tensor (behind a filter: one x̃) is asked about.
  virtual bool wants(Role role) const = 0;
  /// x: [T, in], what the linear reads (behind a filter: x̃), the rows of all items of the batch.
  /// Called once a tensor, in the thread that runs the block, which does not go on meanwhile.
  virtual void see(Role role, ConstMatrixView x) = 0;

  /// True where see_state() is to be called for a state of the block (SiteTensor: is_state).
  virtual bool wants_state(SiteTensor /*state*/) const { return false; }
  /// x: [T, H] or [T, K·D], what the block goes on with (behind a filter: x̃).
  virtual void see_state(SiteTensor /*state*/, ConstMatrixView /*x*/) {}
  /// True where see_attention() is to be called.
  virtual bool wants_attention() const { return false; }
  /// on_first: [T, A], the share of its attention that each query of each head gives to position 0.
  virtual void see_attention(ConstMatrixView /*on_first*/) {}
};

/// Runs one decoder block on some rows in place; tiles of rows and heads are shared out among the
/// threads unless the caller is one of them already. hidden: [T, H], lying as
/// `layout` says. packed: weights.packed or a lane's own. rope: at least the layout's positions
/// where the spec has rotary positions, else ignored. filter and probe may be null. attention: of
/// the scores and of the values that they weigh; a linear multiplies as its weight is packed.
void run_block(const DecoderSpec& spec, const BlockWeights& weights, const PackedLinears& packed,
               const RopeTable* rope, const Layout& layout, InputFilter* filter, MatrixView hidden,
               InputProbe* probe = nullptr, Arithmetic attention = Arithmetic::f32);

/// out ← what one sub-layer alone adds to the residual stream, before a norm behind it. x: [T, H],
/// what its first linears read, lying as `layout` says  out: [T, H], not overlapping x. The other
/// arguments as in run_block().
void run_sublayer(Sublayer sublayer, const DecoderSpec& spec, const BlockWeights& weights,
                  const PackedLinears& packed, const RopeTable* rope, const Layout& layout,
                  ConstMatrixView x, MatrixView out, Arithmetic attention = Arithmetic::f32);

/// y = norm(x) as the spec says. x, y: [T, H], may be the same.
void run_norm(const DecoderSpec& spec, const NormWeights& norm, ConstMatrixView x, MatrixView y);

}  // namespace nf
