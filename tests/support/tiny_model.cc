#include "tests/support/tiny_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "core/base/utf8.h"
#include "core/random/draw_key.h"
#include "core/text/byte_level.h"
#include "perturb/draws.h"
#include "tests/support/tensor_maker.h"

namespace nf {
namespace {

constexpr std::array<std::pair<const char*, const char*>, kTinyTokens - 256> kMerges = {
    {{"t", "h"},
     {"h", "e"},
     {" ", "t"},
     {" ", "a"},
     {"i", "n"},
     {" ", "th"},
     {"th", "e"},
     {" th", "e"}}};

/// As the file spells it: every byte by its character.
std::string byte_level_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) append_utf8(byte_character(static_cast<unsigned char>(c)), text);
  return text;
}

void write_json(const std::filesystem::path& path, const Json& json) {
  std::ofstream out(path);
  out << json.dump(1);
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace

TestTensor& TinyModel::tensor(std::string_view name) {
  for (TestTensor& candidate : tensors)
    if (candidate.name == name) return candidate;
  throw std::invalid_argument(fmt::format("no tensor '{}'", name));
}

void TinyModel::remove(std::string_view name) {
  const TestTensor& unwanted = tensor(name);
  tensors.erase(tensors.begin() + (&unwanted - tensors.data()));
}

void TinyModel::write(const std::filesystem::path& dir) const {
  std::filesystem::create_directories(dir);
  write_json(dir / "config.json", config);
  write_safetensors(dir / "model.safetensors", tensors);
  write_tiny_tokenizer(dir);
}

void TensorMaker::add(const std::string& name, const std::vector<Index>& shape, double mean,
                      double sigma) {
  Index count = 1;
  for (const Index size : shape) count *= size;
  std::vector<float> values(static_cast<std::size_t>(count));
  draws_of("gaussian").fill(values.data(), count, 0, draw_key(name, 0), options_.seed);
  for (float& v : values) v = static_cast<float>(mean) + static_cast<float>(sigma) * v;
  tensors_.push_back({name, options_.dtype, shape, std::move(values)});
}

Json tiny_config(const TinyOptions& o, const std::string& model_type,
                 const std::string& architecture) {
  return {{"architectures", Json::array({architecture})},
          {"model_type", model_type},
          {"hidden_size", o.hidden_size},
          {"num_hidden_layers", o.layers},
          {"num_attention_heads", o.heads},
          {"vocab_size", o.vocab_size},
          {"max_position_embeddings", o.max_position_embeddings},
          {"tie_word_embeddings", o.tied},
          {"bos_token_id", 0},
          {"torch_dtype", tiny_torch_dtype(o)}};
}

void write_tiny_tokenizer(const std::filesystem::path& dir) {
  Json vocab = Json::object();
  for (int byte = 0; byte < 256; ++byte)
    vocab[byte_level_text(std::string(1, static_cast<char>(byte)))] = byte;
  Json merges = Json::array();
  for (const auto& [left, right] : kMerges) {
    merges.push_back({byte_level_text(left), byte_level_text(right)});
    const std::size_t id = vocab.size();
    vocab[byte_level_text(std::string(left) + right)] = id;
  }
  write_json(
      dir / "tokenizer.json",
      {{"version", "1.0"},
       {"truncation", nullptr},
       {"padding", nullptr},
       {"added_tokens", Json::array()},
       {"normalizer", nullptr},
       {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
       {"post_processor", nullptr},
       {"decoder", nullptr},
       {"model",
        {{"type", "BPE"},
         {"dropout", nullptr},
         {"unk_token", nullptr},
         {"continuing_subword_prefix", nullptr},
         {"end_of_word_suffix", nullptr},
         {"fuse_unk", false},
         {"byte_fallback", false},
         {"ignore_merges", false},
         {"vocab", vocab},
         {"merges", merges}}}});
}

Decoder open_decoder(const std::filesystem::path& dir) {
  ArchitectureRegistry registry;
  register_builtin_architectures(registry);
  return Decoder::open(dir, registry);
}

std::vector<std::int32_t> random_ids(Index count, Index vocab_size, std::uint64_t salt) {
  std::vector<float> u(static_cast<std::size_t>(count));
  draws_of("uniform").fill(u.data(), count, 0, draw_key("ids", 0), salt);
  std::vector<std::int32_t> ids;
  const double width = 2.0 * std::sqrt(3.0);  // of the distribution's interval
  for (const float v : u) {
    const double share = std::clamp(static_cast<double>(v) / width + 0.5, 0.0, 1.0);
    const double id = share * static_cast<double>(vocab_size);
    ids.push_back(static_cast<std::int32_t>(std::min(id, static_cast<double>(vocab_size - 1))));
  }
  return ids;
}

}  // namespace nf
