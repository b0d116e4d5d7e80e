#pragma once

/// Whole models of a few thousand weights, made by the test itself: every code path of a real
/// checkpoint in milliseconds.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/model/decoder.h"
#include "tests/support/write_safetensors.h"

namespace nf {

/// Sizes are small and uneven, so that no dimension stands in for another. A family ignores what it
/// does not have. A vocabulary beyond kVocabChunk = 1024 has two chunks.
struct TinyOptions {
  Index layers = 2;
  Index hidden_size = 32;
  Index intermediate_size = 56;  ///< of all but BLOOM, where it is 4 * hidden_size
  Index heads = 4;
  Index key_value_heads = 2;  ///< of Llama, Mistral, Cohere and Qwen
  Index head_dim = 0;         ///< of Llama, Mistral, Cohere and Qwen; 0: hidden_size / heads
  Index vocab_size = 300;     ///< at least kTinyTokens, where text is to be read
  Index max_position_embeddings = 512;
  Index embed_size = 0;   ///< OPT's word_embed_proj_dim; 0: hidden_size, without projections
  bool tied = true;       ///< lm_head is embed_tokens
  bool biases = true;     ///< OPT's enable_bias, Llama's attention_bias and mlp_bias, Cohere's,
                          ///< GPT-NeoX's and Qwen3's attention_bias
  bool qk_norms = false;  ///< Cohere's use_qk_norm
  Dtype dtype = Dtype::f32;
  std::uint64_t seed = 1;
};

/// config.json and the tensors of a checkpoint. Tests change what they are about, then write.
struct TinyModel {
  Json config;
  std::vector<TestTensor> tensors;

  /// The tensor of that name; throws std::invalid_argument where there is none.
  TestTensor& tensor(std::string_view name);
  void remove(std::string_view name);
  /// config.json, model.safetensors and tokenizer.json (write_tiny_tokenizer).
  void write(const std::filesystem::path& dir) const;
};

/// Random weights from our own Philox: the same in every run and on every machine. Matrices are
/// scaled such that every sub-layer changes the hidden state by about its own size.
TinyModel tiny_opt(const TinyOptions& options = {});
/// OPT-350m's form: LayerNorms behind the residuals, no final one, narrower embeddings between two
/// projections.
TinyModel tiny_opt_350m(const TinyOptions& options = {.embed_size = 20});
TinyModel tiny_llama(const TinyOptions& options = {});
/// With a sliding window of 24 positions.
TinyModel tiny_mistral(const TinyOptions& options = {.head_dim = 12});
TinyModel tiny_cohere(const TinyOptions& options = {});
TinyModel tiny_bloom(const TinyOptions& options = {.hidden_size = 30, .heads = 6});
TinyModel tiny_gpt2(const TinyOptions& options = {.hidden_size = 30, .heads = 5});
/// Rotates a quarter of each head.
TinyModel tiny_gpt_neox(const TinyOptions& options = {.hidden_size = 48, .heads = 3});
TinyModel tiny_qwen2(const TinyOptions& options = {});
TinyModel tiny_qwen3(const TinyOptions& options = {.head_dim = 12});

/// Ids of the tokenizer: the 256 bytes in order, then a few merges ("th", "he", " t", " th", ...).
inline constexpr Index kTinyTokens = 264;

/// dir/tokenizer.json: byte-level BPE without special tokens, as GPT-2's and OPT's.
void write_tiny_tokenizer(const std::filesystem::path& dir);

/// A decoder of the built-in families.
Decoder open_decoder(const std::filesystem::path& dir);

/// Token ids below `vocab_size`, the same for the same `salt`.
std::vector<std::int32_t> random_ids(Index count, Index vocab_size, std::uint64_t salt = 0);

}  // namespace nf
