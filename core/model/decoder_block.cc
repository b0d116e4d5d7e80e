#include "core/model/decoder_block.h"

#include <algorithm>
#include <functional>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/model/attention.h"
#include "core/ops/elementwise.h"
#include "core/ops/integer_linear.h"
#include "core/tensor/copy_rows.h"

namespace nf {
namespace {

/// The input of each linear, filtered and shown once for the roles that share it.
class Inputs {
 public:
  Inputs(InputFilter* filter, InputProbe* probe, Matrix& buffer)
      : filter_(filter), probe_(probe), buffer_(buffer) {}

  /// Takes the tensor that is about to be read; distorted forms of the one before are of no more
  /// use.
  void next(ConstMatrixView x) {
    x_ = x;
    held_ = 0;
    shown_.clear();
  }
  ConstMatrixView for_role(Role role) {
    const int variant = filter_ == nullptr ? 0 : filter_->variant(role);
    const ConstMatrixView x = filtered(role, variant);
    if (probe_ != nullptr) show(role, variant, x);
    return x;
  }

 private:
  ConstMatrixView filtered(Role role, int variant) {
    if (variant == 0) return x_;
    if (variant != held_) {
      buffer_.resize(x_.rows(), x_.cols());
      filter_->apply(role, x_, buffer_);
      held_ = variant;
    }
    return buffer_;
  }
  /// An x̃ may be made again where roles of another variant stand between those that share it, so
  /// held_ does not tell what was shown.
  void show(Role role, int variant, ConstMatrixView x) {
    if (std::find(shown_.begin(), shown_.end(), variant) != shown_.end()) return;
    shown_.push_back(variant);
    if (probe_->wants(role)) probe_->see(role, x);
  }

  InputFilter* filter_;
  InputProbe* probe_;
  Matrix& buffer_;
  ConstMatrixView x_;
  int held_ = 0;
  std::vector<int> shown_;  ///< variants of x_ that the probe was asked about
};

/// One thread's working memory, reused from block to block.
struct Scratch {
  Matrix normed, distorted;   // [T, H], [T, in]
  Matrix q, k, v, attention;  // [T, A·D], [T, K·D], [T, K·D], [T, A·D]
  Matrix on_first;            // [T, A]
  Matrix gate, up;            // [T, F]
};

/// Calls body(first, count) for runs of rows that together are all of them.
void each_rows(Index rows, const std::function<void(Index, Index)>& body) {
  parallel_for((rows + kRowTile - 1) / kRowTile, [&](Index tile) {
    body(tile * kRowTile, std::min(kRowTile, rows - tile * kRowTile));
  });
}

/// Normalises every head of every row over its D features. x: [T, heads·D]
void norm_heads(const DecoderSpec& spec, const NormWeights& norm, MatrixView x) {
  const Index d = spec.head_dim;
  const auto part = [&](const std::vector<float>& values, Index head) {
    const Index first = spec.qk_norm_per_head ? head * d : 0;
    return values.empty() ? ConstVectorView{}
                          : ConstVectorView(values).subspan(static_cast<std::size_t>(first),
                                                            static_cast<std::size_t>(d));
  };
  for (Index head = 0; head < x.cols() / d; ++head) {
    const MatrixView features = x.middle_cols(head * d, d);
    if (spec.norm == NormKind::layer_norm)
      layer_norm(features, part(norm.weight, head), part(norm.bias, head), spec.norm_eps, features);
    else
      rms_norm(features, part(norm.weight, head), spec.norm_eps, features);
  }
}

/// One thread's, shared by all that runs blocks.
Scratch& thread_scratch() {
  thread_local Scratch scratch;
  return scratch;
}

/// The two sub-layers of one block over some rows.
class BlockRun {
 public:
  BlockRun(const DecoderSpec& spec, const BlockWeights& weights, const PackedLinears& packed,
           const RopeTable* rope, const Layout& layout, InputFilter* filter, InputProbe* probe,
           Arithmetic attention, Scratch& scratch)
      : spec_(spec),
        weights_(weights),
        packed_(packed),
        rope_(rope),
        layout_(layout),
        filter_(filter),
        probe_(probe),
        inputs_(filter, probe, scratch.distorted),
        attention_(attention),
        s_(scratch) {}

  void run(MatrixView hidden) {
    run_form(hidden);
    if (distorts(SiteTensor::resid)) distort(SiteTensor::resid, hidden, s_.distorted);
    show(SiteTensor::resid, hidden);
  }
  /// hidden ← hidden + the output of one sub-layer, which reads x.
  void add_output(Sublayer sublayer, ConstMatrixView x, MatrixView hidden) {
    if (sublayer == Sublayer::attention)
      attention(x, hidden);
    else
      mlp(x, hidden);
  }

 private:
  void run_form(MatrixView hidden) {
    switch (spec_.form) {
      case BlockForm::sequential:
        norm(weights_.attention_norm, hidden);
        if (spec_.residual_from_norm) copy_rows(s_.normed, hidden);
        attention(s_.normed, hidden);
        norm(weights_.mlp_norm, hidden);
        if (spec_.residual_from_norm) copy_rows(s_.normed, hidden);
        mlp(s_.normed, hidden);
        return;
      case BlockForm::parallel:
        run_parallel(hidden);
        return;
      case BlockForm::post_norm:
        // The sub-layers read the stream that they then add to: they need a copy.
        s_.normed.resize(hidden.rows(), hidden.cols());
        copy_rows(hidden, s_.normed);
        attention(s_.normed, hidden);
        run_norm(spec_, weights_.attention_norm, hidden, hidden);
        copy_rows(hidden, s_.normed);
        mlp(s_.normed, hidden);
        run_norm(spec_, weights_.mlp_norm, hidden, hidden);
        return;
    }
  }

  bool distorts(SiteTensor state) const { return filter_ != nullptr && filter_->distorts(state); }
  /// x ← x̃. buffer: one that nobody needs at the moment.
  void distort(SiteTensor state, MatrixView x, Matrix& buffer) {
    buffer.resize(x.rows(), x.cols());
    filter_->apply_state(state, x, buffer);
    copy_rows(buffer, x);
  }

  bool shows(SiteTensor state) const { return probe_ != nullptr && probe_->wants_state(state); }
  void show(SiteTensor state, ConstMatrixView x) {
    if (shows(state)) probe_->see_state(state, x);
  }

  void norm(const NormWeights& norm, ConstMatrixView x) {
    s_.normed.resize(x.rows(), x.cols());
    run_norm(spec_, norm, x, s_.normed);
    inputs_.next(s_.normed);
  }

  /// Both sub-layers read the stream as it was, so the MLP's norm is taken before attention adds to
  /// it. Where they share one norm, they share its distorted forms as well.
  void run_parallel(MatrixView hidden) {
    thread_local Matrix mlp_input;
    const bool own_norm = weights_.mlp_norm.exists();
    if (own_norm) {
      mlp_input.resize(hidden.rows(), hidden.cols());
      run_norm(spec_, weights_.mlp_norm, hidden, mlp_input);
    }
    norm(weights_.attention_norm, hidden);
    attention_heads();
    if (own_norm) {
      attention_out(hidden);
      mlp(mlp_input, hidden);
    } else {
      up_and_activate();
      attention_out(hidden);
      down(hidden);
    }
  }

  void project(Role role, MatrixView y, Epilogue epilogue) {
    const ConstMatrixView x = inputs_.for_role(role);
    const IntegerInputs* const integers = filter_ == nullptr ? nullptr : filter_->integers(role);
    if (integers != nullptr)
      linear(*integers, packed_[role], weights_.biases[role], y, epilogue);
    else
      linear(x, packed_[role], weights_.biases[role], y, epilogue);
  }

  void attention(ConstMatrixView x, MatrixView hidden) {
    inputs_.next(x);
    attention_heads();
    attention_out(hidden);
  }

  void attention_heads() {
    const Index tokens = layout_.rows();
    s_.q.resize(tokens, spec_.num_attention_heads * spec_.head_dim);
    s_.k.resize(tokens, spec_.num_key_value_heads * spec_.head_dim);
    s_.v.resize(tokens, spec_.num_key_value_heads * spec_.head_dim);
    project(Role::q_proj, s_.q, Epilogue::store);
    project(Role::k_proj, s_.k, Epilogue::store);
    project(Role::v_proj, s_.v, Epilogue::store);
    if (weights_.q_norm.exists()) norm_heads(spec_, weights_.q_norm, s_.q);
    if (weights_.k_norm.exists()) norm_heads(spec_, weights_.k_norm, s_.k);
    // Keys are rotated as attention gathers them, unless their rotated form has to be seen before.
    KeyState keys = KeyState::projected;
    if (distorts(SiteTensor::k_cache) || shows(SiteTensor::k_cache)) {
      if (rope_ != nullptr) rotate_keys(spec_, *rope_, layout_, s_.k);
      keys = KeyState::rotated;
    }
    if (distorts(SiteTensor::k_cache)) distort(SiteTensor::k_cache, s_.k, s_.attention);
    if (distorts(SiteTensor::v_cache)) distort(SiteTensor::v_cache, s_.v, s_.attention);
    show(SiteTensor::k_cache, s_.k);
    show(SiteTensor::v_cache, s_.v);
    s_.attention.resize(tokens, s_.q.cols());
    const bool shows_attention = probe_ != nullptr && probe_->wants_attention();
    if (shows_attention) s_.on_first.resize(tokens, spec_.num_attention_heads);
    causal_attention(spec_, weights_.spec, rope_, layout_, s_.q, s_.k, s_.v, s_.attention, keys,
                     attention_, shows_attention ? s_.on_first.view() : MatrixView());
    if (shows_attention) probe_->see_attention(s_.on_first);
  }
  void attention_out(MatrixView hidden) {
    inputs_.next(s_.attention);
    project(Role::o_proj, hidden, Epilogue::add);
  }

  void mlp(ConstMatrixView x, MatrixView hidden) {
    inputs_.next(x);
    up_and_activate();
    down(hidden);
  }

  void up_and_activate() {
    s_.up.resize(layout_.rows(), spec_.intermediate_size);
    if (spec_.gated) {
      s_.gate.resize(layout_.rows(), spec_.intermediate_size);
      project(Role::gate_proj, s_.gate, Epilogue::store);
      project(Role::up_proj, s_.up, Epilogue::store);
      each_rows(layout_.rows(), [&](Index first, Index count) {
        activate_and_multiply(spec_.activation, s_.gate.view().middle_rows(first, count),
                              s_.up.view().middle_rows(first, count));
      });
    } else if (spec_.activation == Activation::relu) {
      project(Role::up_proj, s_.up, Epilogue::relu);
    } else {
      project(Role::up_proj, s_.up, Epilogue::store);
      each_rows(layout_.rows(), [&](Index first, Index count) {
        activate(spec_.activation, s_.up.view().middle_rows(first, count));
      });
    }
  }
  void down(MatrixView hidden) {
    inputs_.next(spec_.gated ? s_.gate : s_.up);
    project(Role::down_proj, hidden, Epilogue::add);
  }

  const DecoderSpec& spec_;
  const BlockWeights& weights_;
  const PackedLinears& packed_;
  const RopeTable* rope_;
  const Layout& layout_;
  InputFilter* filter_;
  InputProbe* probe_;
  Inputs inputs_;
  Arithmetic attention_;
  Scratch& s_;
};

}  // namespace

void run_norm(const DecoderSpec& spec, const NormWeights& norm, ConstMatrixView x, MatrixView y) {
  each_rows(x.rows(), [&](Index first, Index count) {
    const ConstMatrixView from = x.middle_rows(first, count);
    const MatrixView to = y.middle_rows(first, count);
    if (spec.norm == NormKind::layer_norm)
      layer_norm(from, norm.weight, norm.bias, spec.norm_eps, to);
    else
      rms_norm(from, norm.weight, spec.norm_eps, to);
  });
}

void run_block(const DecoderSpec& spec, const BlockWeights& weights, const PackedLinears& packed,
               const RopeTable* rope, const Layout& layout, InputFilter* filter, MatrixView hidden,
               InputProbe* probe, Arithmetic attention) {
  BlockRun(spec, weights, packed, rope, layout, filter, probe, attention, thread_scratch())
      .run(hidden);
}

void run_sublayer(Sublayer sublayer, const DecoderSpec& spec, const BlockWeights& weights,
                  const PackedLinears& packed, const RopeTable* rope, const Layout& layout,
                  ConstMatrixView x, MatrixView out, Arithmetic attention) {
  NF_CHECK(x.rows() == layout.rows(), "layout of {} rows for {}", layout.rows(), x.rows());
  NF_CHECK_SHAPE(out, x.rows(), x.cols());
  for (Index r = 0; r < out.rows(); ++r) std::fill_n(out.row(r), out.cols(), 0.0f);
  BlockRun(spec, weights, packed, rope, layout, nullptr, nullptr, attention, thread_scratch())
      .add_output(sublayer, x, out);
}

}  // namespace nf
