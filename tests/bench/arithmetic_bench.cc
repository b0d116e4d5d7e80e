/// A pass of the untouched model in f32, in bf16 and with linears in integers, in turn, and the
/// products of its linears alone. arithmetic_bench [rounds [windows [hidden layers intermediate]]]

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/parallel.h"
#include "core/model/decoder.h"
#include "eval/run/model_form.h"
#include "perturb/draws.h"
#include "tests/bench/bench_support.h"
#include "tests/support/random_checkpoint.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

constexpr Index kContext = 512, kVocab = 32000, kHeadDim = 64, kSlab = 8 * kVocabChunk;

/// Weights read and packed, embedding, blocks, final norm, logits: all but their scores.
void pass(const Decoder& decoder, Index windows) {
  const DecoderSpec& spec = decoder.spec();
  const Layout layout = Layout::window(kContext);
  std::vector<std::int32_t> ids(static_cast<std::size_t>(kContext));
  std::vector<Matrix> states(static_cast<std::size_t>(windows));
  for (std::size_t w = 0; w < states.size(); ++w) {
    for (std::size_t i = 0; i < ids.size(); ++i)
      ids[i] = static_cast<std::int32_t>((w * ids.size() + i) * 7919 % kVocab);
    states[w].resize(kContext, spec.hidden_size);
    decoder.embed(ids, layout, states[w]);
  }
  BlockWeights weights;
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    weights = decoder.load_block(layer, std::move(weights));
    for (Matrix& hidden : states) decoder.run(weights, weights.packed, layout, nullptr, hidden);
  }
  for (Matrix& hidden : states) decoder.final_norm(hidden);
  Matrix logits(kRowTile, kVocabChunk);
  HeadSlab slab;
  for (Index first = 0; first < kVocab; first += kSlab) {
    slab = decoder.load_head(first, kSlab, std::move(slab));
    for (const Matrix& hidden : states)
      for (Index row = 0; row < kContext; row += kRowTile)
        for (const PackedWeight& chunk : slab.chunks)
          decoder.logits(hidden.view().middle_rows(row, kRowTile), chunk,
                         {logits.data(), kRowTile, chunk.out()});
  }
}

Decoder opened(const std::filesystem::path& dir, const ModelForm& form) {
  ArchitectureRegistry registry;
  register_builtin_architectures(registry);
  Decoder decoder = Decoder::open(dir, registry);
  form.set(decoder, form.name);
  decoder.prepare(kContext);
  return decoder;
}

void bench_pass(Index hidden, Index layers, Index intermediate, int rounds, Index windows) {
  const TempDir dir;
  write_random_checkpoint({{"model_type", "llama"},
                           {"hidden_size", hidden},
                           {"intermediate_size", intermediate},
                           {"num_hidden_layers", layers},
                           {"num_attention_heads", hidden / kHeadDim},
                           {"vocab_size", kVocab},
                           {"max_position_embeddings", kContext},
                           {"tie_word_embeddings", true}},
                          dir.path());
  std::vector<std::pair<std::string, Decoder>> decoders;
  for (const ModelForm& form : model_forms())
    if (form.is_native()) decoders.emplace_back(form.name, opened(dir.path(), form));
  Interleaved cases;
  for (const auto& [name, decoder] : decoders)
    cases.add(name, [&of = decoder, windows] { pass(of, windows); });
  cases.run(rounds);
  fmt::print("Llama, hidden {} x {} layers, intermediate {}: {} windows of {}, best of {}\n\n",
             hidden, layers, intermediate, windows, kContext, rounds);
  fmt::print("| pass | seconds | tokens/s | ratio |\n|---|---|---|---|\n");
  for (const auto& [name, decoder] : decoders)
    fmt::print("| {} | {:.2f} | {:.0f} | {:.2f} |\n", name, cases.best(name),
               static_cast<double>(windows * kContext) / cases.best(name),
               cases.best("f32") / cases.best(name));
}

/// Rows of inputs rounded, multiplied and rescaled.
void bench_product(Index width, int rounds) {
  Matrix w(width, width), x(kContext, width), y(kContext, width);
  draws_of("uniform").fill(w.data(), w.size(), 0, 1, 2);
  draws_of("uniform").fill(x.data(), x.size(), 0, 3, 4);
  Interleaved cases;
  std::vector<std::pair<std::string, PackedWeight>> weights;
  for (const auto& [name, arithmetic, is_native] :
       {std::tuple("f32", Arithmetic::f32, true),
        std::tuple("bf16", Arithmetic::bf16, bf16_is_native()),
        std::tuple("w8a8", Arithmetic::int8, int8_is_native())})
    if (is_native) weights.emplace_back(name, pack_weight(w, {}, {.arithmetic = arithmetic}));
  for (const auto& [name, packed] : weights)
    cases.add(name, [&of = packed, &x, &y] { linear(x, of, {}, y); });
  cases.run(rounds);
  const double flops = 2.0 * static_cast<double>(kContext * width * width);
  for (const auto& [name, packed] : weights)
    fmt::print("| {} | {} | {:.0f} | {:.2f} |\n", width, name, flops / cases.best(name) / 1e9,
               cases.best("f32") / cases.best(name));
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  const auto argument = [&](int i, long otherwise) {
    return argc > i ? std::strtol(argv[i], nullptr, 10) : otherwise;
  };
  nf::set_thread_count(1);
  fmt::print("{}\n\n", nf::machine_line());
  const int rounds = static_cast<int>(argument(1, 3));
  fmt::print(
      "| linear of {} rows, width | arithmetic, rows rounded | G operations/s | ratio |\n"
      "|---|---|---|---|\n",
      nf::kContext);
  for (const nf::Index width : {768, 2048, 4096}) nf::bench_product(width, 10 * rounds);
  fmt::print("\n");
  nf::bench_pass(argument(3, 768), argument(4, 12), argument(5, 2048), rounds, argument(2, 8));
  return 0;
}
