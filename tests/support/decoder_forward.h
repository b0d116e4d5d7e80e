#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/model/decoder.h"

namespace nf {

/// The states of reference_forward(), computed by the Decoder.
struct DecoderForward {
  std::vector<Matrix> hidden;  ///< [T, H]: the embeddings, then the state after each block
  Matrix normed;               ///< [T, H]
  Matrix logits;               ///< [T, V]
};

inline Matrix copy_of(ConstMatrixView x) {
  Matrix copy(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), copy.view().row(r));
  return copy;
}

/// One window through the steps, as runs call them. filter_of: the distortion of activations in a
/// layer.
inline DecoderForward decoder_forward(
    Decoder& decoder, std::span<const std::int32_t> ids,
    const std::function<std::unique_ptr<InputFilter>(Index layer)>& filter_of = {}) {
  const DecoderSpec& spec = decoder.spec();
  const Index tokens = static_cast<Index>(ids.size());
  DecoderForward out;
  Matrix hidden(tokens, spec.hidden_size);
  decoder.prepare(tokens);
  const Layout layout = Layout::window(tokens);
  decoder.embed(ids, layout, hidden);
  out.hidden.push_back(copy_of(hidden));
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    const BlockWeights weights = decoder.load_block(layer);
    const std::unique_ptr<InputFilter> filter = filter_of ? filter_of(layer) : nullptr;
    decoder.run(weights, weights.packed, layout, filter.get(), hidden);
    out.hidden.push_back(copy_of(hidden));
  }
  decoder.final_norm(hidden);
  out.normed = copy_of(hidden);
  out.logits.resize(tokens, spec.vocab_size);
  Index token = 0;
  for (const PackedWeight& chunk : decoder.load_head(0, spec.vocab_size).chunks) {
    const MatrixView columns = out.logits.view().middle_cols(token, chunk.out());
    decoder.logits(hidden, chunk, columns);
    token += chunk.out();
  }
  return out;
}

}  // namespace nf
