#include "eval/export/logits_npy.h"

#include <algorithm>
#include <functional>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/io/mapped_ranges.h"
#include "core/io/npy.h"
#include "core/ops/elementwise.h"
#include "eval/plan/memory.h"

namespace nf {
namespace {

/// Logits held before they are written.
constexpr Index kLogitsBytes = Index{256} << 20;

}  // namespace

void write_logits(Decoder& decoder, const std::filesystem::path& ids,
                  const std::filesystem::path& out) {
  const NpyInts input = read_npy_ints(ids);
  const DecoderSpec& spec = decoder.spec();
  const Index tokens = input.shape.back();
  const Index sequences = input.shape.size() == 1 ? 1 : input.shape.front();
  if (sequences * tokens == 0) throw DataError(fmt::format("{}: holds no token", ids.string()));
  if (tokens > spec.max_position_embeddings)
    throw DataError(
        fmt::format("{}: sequences of {} tokens, the model has max_position_embeddings {}",
                    ids.string(), tokens, spec.max_position_embeddings));
  decoder.prepare(tokens);

  const Layout layout = Layout::window(tokens);
  Matrix hidden(sequences * tokens, spec.hidden_size);  // all sequences, one after the other
  const auto each_sequence = [&](const std::function<void(Index, MatrixView)>& body) {
    parallel_for(sequences,
                 [&](Index s) { body(s, hidden.view().middle_rows(s * tokens, tokens)); });
  };
  each_sequence([&](Index s, MatrixView h) {
    decoder.embed(
        std::span(input.values)
            .subspan(static_cast<std::size_t>(s * tokens), static_cast<std::size_t>(tokens)),
        layout, h);
  });
  decoder.release_outer(Role::embed_tokens);
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    const BlockWeights weights = decoder.load_block(layer);
    if (layer + 1 < spec.num_hidden_layers) decoder.prefetch_block(layer + 1);
    each_sequence(
        [&](Index, MatrixView h) { decoder.run(weights, weights.packed, layout, nullptr, h); });
  }
  decoder.final_norm(hidden);
  if (const Index bad = first_non_finite(hidden); bad >= 0)
    throw NumericError(fmt::format("{}: sequence {}, position {}: hidden state is not finite",
                                   ids.string(), bad / hidden.cols() / tokens,
                                   bad / hidden.cols() % tokens));

  // Whole rows are written, so some rows wait until all slabs of the head have passed.
  const Index at_once = std::max<Index>(
      kRowTile, kLogitsBytes / (spec.vocab_size * static_cast<Index>(sizeof(float))));
  NpyF32Writer writer(out, {sequences, tokens, spec.vocab_size});
  Matrix logits;
  for (Index row = 0; row < hidden.rows(); row += at_once) {
    const Index rows = std::min(at_once, hidden.rows() - row);
    logits.resize(rows, spec.vocab_size);
    for (Index first = 0; first < spec.vocab_size; first += kHeadSlab) {
      const HeadSlab slab = decoder.load_head(first, kHeadSlab);
      parallel_for(static_cast<Index>(slab.chunks.size()), [&](Index c) {
        const PackedWeight& chunk = slab.chunks[static_cast<std::size_t>(c)];
        decoder.logits(hidden.view().middle_rows(row, rows), chunk,
                       logits.view().middle_cols(first + c * kVocabChunk, chunk.out()));
      });
    }
    writer.append(std::span(logits.data(), static_cast<std::size_t>(logits.size())));
  }
  check_mapped_files();  // nothing is left behind where it throws
  writer.close();
}

}  // namespace nf
