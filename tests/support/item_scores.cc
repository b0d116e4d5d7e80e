#include "tests/support/item_scores.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace nf {

ItemScorer::ItemScorer(Decoder& decoder, Index positions) : decoder_(decoder) {
  decoder.prepare(positions);
  for (Index layer = 0; layer < decoder.spec().num_hidden_layers; ++layer)
    blocks_.push_back(decoder.load_block(layer));
  head_ = decoder.load_head(0, decoder.spec().vocab_size);
}

Matrix ItemScorer::target_rows(const EvalItem& item) const {
  Matrix hidden(item.layout.rows(), decoder_.spec().hidden_size);
  decoder_.embed(item.ids, item.layout, hidden);
  for (const BlockWeights& block : blocks_)
    decoder_.run(block, block.packed, item.layout, nullptr, hidden);
  decoder_.final_norm(hidden);
  Matrix rows(std::ssize(item.targets), hidden.cols());
  for (Index t = 0; t < rows.rows(); ++t)
    std::copy_n(hidden.view().row(item.targets[static_cast<std::size_t>(t)].row), hidden.cols(),
                rows.view().row(t));
  return rows;
}

std::vector<PartSums> ItemScorer::score(const EvalItem& item) const {
  const Matrix rows = target_rows(item);
  Matrix logits(rows.rows(), decoder_.spec().vocab_size);
  Index token = 0;
  for (const PackedWeight& chunk : head_.chunks) {
    decoder_.logits(rows, chunk, logits.view().middle_cols(token, chunk.out()));
    token += chunk.out();
  }
  std::vector<PartSums> parts(static_cast<std::size_t>(item.parts));
  for (Index t = 0; t < logits.rows(); ++t) {
    const Target& target = item.targets[static_cast<std::size_t>(t)];
    const float* row = logits.view().row(t);
    const float* best = std::max_element(row, row + logits.cols());
    double sum = 0.0;
    for (Index v = 0; v < logits.cols(); ++v) sum += std::exp(static_cast<double>(row[v] - *best));
    PartSums& part = parts[static_cast<std::size_t>(target.part)];
    ++part.tokens;
    part.nll += std::log(sum) + static_cast<double>(*best) - static_cast<double>(row[target.token]);
    part.greedy += best - row == target.token ? 1 : 0;
  }
  return parts;
}

}  // namespace nf
