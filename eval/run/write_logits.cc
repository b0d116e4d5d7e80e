#include "eval/run/write_logits.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/io/npy.h"
#include "core/ops/elementwise.h"

namespace nf {

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

  std::vector<Matrix> hidden(static_cast<std::size_t>(sequences));
  const auto each_sequence = [&](const auto& body) {
    parallel_for(sequences, [&](Index s) { body(s, hidden[static_cast<std::size_t>(s)]); });
  };
  each_sequence([&](Index s, Matrix& h) {
    h.resize(tokens, spec.hidden_size);
    decoder.embed(
        std::span(input.values)
            .subspan(static_cast<std::size_t>(s * tokens), static_cast<std::size_t>(tokens)),
        h);
  });
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    const BlockWeights weights = decoder.load_block(layer);
    const PackedLinears packed = decoder.pack_block(weights);
    each_sequence([&](Index, Matrix& h) { decoder.run(weights, packed, nullptr, h); });
  }
  each_sequence([&](Index, Matrix& h) { decoder.final_norm(h); });
  for (Index s = 0; s < sequences; ++s)
    if (const Index bad = first_non_finite(hidden[static_cast<std::size_t>(s)]); bad >= 0)
      throw NumericError(fmt::format("{}: sequence {}, position {}: hidden state is not finite",
                                     ids.string(), s, bad / spec.hidden_size));

  const HeadSlab head = decoder.load_head(0, spec.vocab_size);
  NpyF32Writer writer(out, {sequences, tokens, spec.vocab_size});
  Matrix logits;
  for (const Matrix& h : hidden) {
    for (Index row = 0; row < tokens; row += kRowTile) {
      const Index rows = std::min(kRowTile, tokens - row);
      logits.resize(rows, spec.vocab_size);
      parallel_for(static_cast<Index>(head.chunks.size()), [&](Index c) {
        const PackedWeight& chunk = head.chunks[static_cast<std::size_t>(c)];
        linear(h.view().middle_rows(row, rows), chunk, {},
               logits.view().middle_cols(c * kVocabChunk, chunk.out()));
      });
      writer.append(std::span(logits.data(), static_cast<std::size_t>(logits.size())));
    }
  }
  writer.close();
}

}  // namespace nf
