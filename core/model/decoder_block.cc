#include "core/model/decoder_block.h"

#include "core/base/check.h"
#include "core/model/attention.h"
#include "core/ops/elementwise.h"

namespace nf {
namespace {

/// The input of each linear, filtered once for the roles that share it.
class Inputs {
 public:
  Inputs(InputFilter* filter, Matrix& buffer) : filter_(filter), buffer_(buffer) {}

  /// A new tensor is about to be read; what was distorted before is of no use any more.
  void next(ConstMatrixView x) {
    x_ = x;
    held_ = 0;
  }
  ConstMatrixView for_role(Role role) {
    const int variant = filter_ == nullptr ? 0 : filter_->variant(role);
    if (variant == 0) return x_;
    if (variant != held_) {
      buffer_.resize(x_.rows(), x_.cols());
      filter_->apply(role, x_, buffer_);
      held_ = variant;
    }
    return buffer_;
  }

 private:
  InputFilter* filter_;
  Matrix& buffer_;
  ConstMatrixView x_;
  int held_ = 0;
};

/// One thread's working memory, reused from window to window.
struct Scratch {
  Matrix normed, distorted;   // [T, H], [T, in]
  Matrix q, k, v, attention;  // [T, A·D], [T, K·D], [T, K·D], [T, A·D]
  Matrix gate, up;            // [T, F]
};

}  // namespace

const LinearWeights& BlockWeights::linear(Role role) const {
  for (const LinearWeights& candidate : linears)
    if (candidate.role == role) return candidate;
  throw InternalError(fmt::format("no {} in layer {}", role_name(role), layer));
}

void run_norm(const DecoderSpec& spec, const NormWeights& norm, ConstMatrixView x, MatrixView y) {
  if (spec.norm == NormKind::layer_norm)
    layer_norm(x, norm.weight, norm.bias, spec.norm_eps, y);
  else
    rms_norm(x, norm.weight, spec.norm_eps, y);
}

void run_block(const DecoderSpec& spec, const BlockWeights& weights, const PackedLinears& packed,
               const RopeTable* rope, InputFilter* filter, MatrixView hidden) {
  thread_local Scratch s;
  const Index tokens = hidden.rows();
  Inputs inputs(filter, s.distorted);
  const auto project = [&](Role role, MatrixView y, Epilogue epilogue) {
    linear(inputs.for_role(role), packed[static_cast<std::size_t>(role)], weights.linear(role).bias,
           y, epilogue);
  };

  s.normed.resize(tokens, spec.hidden_size);
  run_norm(spec, weights.attention_norm, hidden, s.normed);
  inputs.next(s.normed);
  s.q.resize(tokens, spec.num_attention_heads * spec.head_dim);
  s.k.resize(tokens, spec.num_key_value_heads * spec.head_dim);
  s.v.resize(tokens, spec.num_key_value_heads * spec.head_dim);
  project(Role::q_proj, s.q, Epilogue::store);
  project(Role::k_proj, s.k, Epilogue::store);
  project(Role::v_proj, s.v, Epilogue::store);
  s.attention.resize(tokens, s.q.cols());
  causal_attention(spec, rope, s.q, s.k, s.v, s.attention);
  inputs.next(s.attention);
  project(Role::o_proj, hidden, Epilogue::add);

  run_norm(spec, weights.mlp_norm, hidden, s.normed);
  inputs.next(s.normed);
  s.up.resize(tokens, spec.intermediate_size);
  if (spec.mlp == MlpKind::silu) {
    s.gate.resize(tokens, spec.intermediate_size);
    project(Role::gate_proj, s.gate, Epilogue::store);
    project(Role::up_proj, s.up, Epilogue::store);
    silu_multiply(s.gate, s.up);
    inputs.next(s.gate);
  } else {
    project(Role::up_proj, s.up, Epilogue::relu);
    inputs.next(s.up);
  }
  project(Role::down_proj, hidden, Epilogue::add);
}

}  // namespace nf
