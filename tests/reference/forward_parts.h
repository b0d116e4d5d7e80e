#pragma once

/// The parts that the reference models have in common.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/checkpoint/checkpoint.h"
#include "tests/reference/forward.h"

namespace nf {

/// The tensors and the config.json of one checkpoint; names as the checkpoint spells them.
class ReferenceWeights {
 public:
  explicit ReferenceWeights(const std::filesystem::path& dir)
      : checkpoint_(Checkpoint::open(dir)) {}

  const Json& config() const { return checkpoint_.config(); }
  /// The key's value; `absent` where it is missing or null.
  template <class T>
  T option(const std::string& key, const T& absent) const {
    const auto found = config().find(key);
    return found == config().end() || found->is_null() ? absent : found->get<T>();
  }
  Index size(const std::string& key) const { return config().at(key).get<Index>(); }

  bool has(const std::string& name) const { return checkpoint_.has(name); }
  /// [rows, cols]; a vector [n] as [1, n].
  RowMatrix matrix(const std::string& name) const;

  /// x·Wᵀ + b with name.weight [out, in], and name.bias where the checkpoint has it.
  RowMatrix linear(const RowMatrix& x, const std::string& name) const;
  /// x·W + b with name.weight [in, out]: GPT-2's Conv1D.
  RowMatrix conv1d(const RowMatrix& x, const std::string& name) const;
  /// With name.weight and name.bias, where the checkpoint has them.
  RowMatrix layer_norm(const RowMatrix& x, const std::string& name, double eps) const;
  RowMatrix rms_norm(const RowMatrix& x, const std::string& name, double eps) const;
  /// Rows `ids` of name.weight.
  RowMatrix embed(std::span<const std::int32_t> ids, const std::string& name) const;

 private:
  Checkpoint checkpoint_;
};

/// Rows normalised to mean 0 and variance 1 (arXiv 1607.06450), and to root mean square 1 (arXiv
/// 1910.07467); without scale and shift.
RowMatrix standardized(const RowMatrix& x, double eps);
RowMatrix of_unit_rms(const RowMatrix& x, double eps);

/// By transformers' name: relu, silu, gelu, and gelu_new, gelu_fast and gelu_pytorch_tanh, which
/// are one.
RowMatrix activated(const RowMatrix& x, const std::string& name);

/// θ^(−i/D) for i = 0, 2, 4 ... below D (arXiv 2104.09864, section 3.2.2), slowed down as
/// rope_scaling or rope_parameters in config.json says: linear (arXiv 2306.15595) or llama3 (the
/// rule of Meta's llama-models, apply_scaling).
std::vector<double> reference_frequencies(const Json& config, Index features, double default_theta);

/// A fused linear whose outputs lie head by head as query, key, value: x [T, A·3·D] → 3 × [T, A·D].
struct QueryKeyValue {
  RowMatrix q, k, v;
};
QueryKeyValue split_heads(const RowMatrix& fused, Index heads);

/// The attention of one block, its keys and values going through the hook, if there is one.
ReferenceAttention with_hook(ReferenceAttention attention, const ReferenceStateHook& hook,
                             Index layer);
/// The same for the stream behind the block.
void pass_resid(RowMatrix& x, const ReferenceStateHook& hook, Index layer);

ReferenceForward reference_llama(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                 const ReferenceStateHook& hook);
ReferenceForward reference_cohere(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                  const ReferenceStateHook& hook);
ReferenceForward reference_opt(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                               const ReferenceStateHook& hook);
ReferenceForward reference_gpt2(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                const ReferenceStateHook& hook);
ReferenceForward reference_gpt_neox(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                    const ReferenceStateHook& hook);
ReferenceForward reference_bloom(const ReferenceWeights& w, std::span<const std::int32_t> ids,
                                 const ReferenceStateHook& hook);

}  // namespace nf
