/// Writes a checkpoint of any supported family and size with random bf16 weights: see
/// scripts/make_random_checkpoint.

#include <fmt/format.h>

#include <exception>
#include <map>
#include <string>

#include "core/base/error.h"
#include "core/base/suggest.h"
#include "core/io/read_json.h"
#include "eval/cli/command.h"
#include "tests/support/random_checkpoint.h"

namespace {

using nf::Json;

/// Shapes of published models, from their config.json.
const std::map<std::string, Json>& published() {
  static const std::map<std::string, Json> configs = {
      {"bloom-7b1",
       {{"model_type", "bloom"},
        {"hidden_size", 4096},
        {"n_layer", 30},
        {"n_head", 32},
        {"vocab_size", 250880}}},
      {"command-r-35b",
       {{"model_type", "cohere"},
        {"hidden_size", 8192},
        {"intermediate_size", 22528},
        {"num_hidden_layers", 40},
        {"num_attention_heads", 64},
        {"num_key_value_heads", 64},
        {"max_position_embeddings", 8192},
        {"rope_theta", 8000000.0},
        {"vocab_size", 256000}}},
      {"gpt2",
       {{"model_type", "gpt2"},
        {"n_embd", 768},
        {"n_layer", 12},
        {"n_head", 12},
        {"n_positions", 1024},
        {"vocab_size", 50257}}},
      {"llama-2-7b",
       {{"model_type", "llama"},
        {"hidden_size", 4096},
        {"intermediate_size", 11008},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 32},
        {"max_position_embeddings", 4096},
        {"rms_norm_eps", 1e-5},
        {"vocab_size", 32000}}},
      {"llama-3-8b",
       {{"model_type", "llama"},
        {"hidden_size", 4096},
        {"intermediate_size", 14336},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 8},
        {"max_position_embeddings", 8192},
        {"rms_norm_eps", 1e-5},
        {"rope_theta", 500000.0},
        {"vocab_size", 128256}}},
      {"llama-3-70b",
       {{"model_type", "llama"},
        {"hidden_size", 8192},
        {"intermediate_size", 28672},
        {"num_hidden_layers", 80},
        {"num_attention_heads", 64},
        {"num_key_value_heads", 8},
        {"max_position_embeddings", 8192},
        {"rms_norm_eps", 1e-5},
        {"rope_theta", 500000.0},
        {"vocab_size", 128256}}},
      {"mistral-7b",
       {{"model_type", "mistral"},
        {"hidden_size", 4096},
        {"intermediate_size", 14336},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 8},
        {"max_position_embeddings", 32768},
        {"sliding_window", 4096},
        {"rms_norm_eps", 1e-5},
        {"vocab_size", 32000}}},
      {"opt-125m",
       {{"model_type", "opt"},
        {"hidden_size", 768},
        {"ffn_dim", 3072},
        {"num_hidden_layers", 12},
        {"num_attention_heads", 12},
        {"max_position_embeddings", 2048},
        {"vocab_size", 50272}}},
      {"opt-6.7b",
       {{"model_type", "opt"},
        {"hidden_size", 4096},
        {"ffn_dim", 16384},
        {"num_hidden_layers", 32},
        {"num_attention_heads", 32},
        {"max_position_embeddings", 2048},
        {"vocab_size", 50272}}},
      {"pythia-160m",
       {{"model_type", "gpt_neox"},
        {"hidden_size", 768},
        {"intermediate_size", 3072},
        {"num_hidden_layers", 12},
        {"num_attention_heads", 12},
        {"rotary_pct", 0.25},
        {"max_position_embeddings", 2048},
        {"vocab_size", 50304}}},
      {"qwen2-7b",
       {{"model_type", "qwen2"},
        {"hidden_size", 3584},
        {"intermediate_size", 18944},
        {"num_hidden_layers", 28},
        {"num_attention_heads", 28},
        {"num_key_value_heads", 4},
        {"max_position_embeddings", 32768},
        {"rope_theta", 1000000.0},
        {"vocab_size", 152064}}},
      {"qwen3-8b",
       {{"model_type", "qwen3"},
        {"hidden_size", 4096},
        {"intermediate_size", 12288},
        {"num_hidden_layers", 36},
        {"num_attention_heads", 32},
        {"num_key_value_heads", 8},
        {"head_dim", 128},
        {"max_position_embeddings", 40960},
        {"rope_theta", 1000000.0},
        {"vocab_size", 151936}}},
  };
  return configs;
}

Json config_of(const nf::CommandLine& line) {
  if (line.has("like") == line.has("config"))
    throw nf::ConfigError("needs exactly one of: --like, --config");
  Json config;
  if (line.has("config")) {
    config = nf::read_json(nf::existing_file(line, "config"));
  } else {
    std::vector<std::string> names;
    for (const auto& [name, each] : published()) names.push_back(name);
    const auto found = published().find(line.text("like"));
    if (found == published().end())
      throw nf::ConfigError(fmt::format("--like: unknown '{}'{}", line.text("like"),
                                        nf::suggestion(line.text("like"), names)));
    config = found->second;
  }
  for (const std::string& assignment : line.texts("set")) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos)
      throw nf::ConfigError(fmt::format("--set: '{}' is no FIELD=VALUE", assignment));
    const std::string value = assignment.substr(equals + 1);
    const Json json = Json::parse(value, nullptr, false);
    config[assignment.substr(0, equals)] = json.is_discarded() ? Json(value) : json;
  }
  return config;
}

int run(int count, char** words) {
  nf::CommandLine line("(make_random_checkpoint) --like NAME | --config FILE --out DIR [options]",
                       "Writes a checkpoint with random bf16 weights, for tests and benchmarks.");
  std::string names;
  for (const auto& [name, each] : published()) names += (names.empty() ? "" : ", ") + name;
  line.option("like", "a published model's shape: " + names)
      .option("config", "a config.json of a supported family")
      .required("out", "directory to write")
      .repeated("set", "FIELD=VALUE in config.json, e.g. --set num_hidden_layers=2")
      .option("shard-mib", "largest shard, in MiB; default 5120")
      .option("seed", "another seed gives other weights; default 0")
      .flag("hollow", "holes instead of weights: takes no room, for `noisefloor plan`");
  if (!line.parse({words + 1, words + count})) return 0;
  nf::RandomCheckpointOptions options;
  options.seed = static_cast<std::uint64_t>(line.number("seed", 0).value_or(0));
  options.is_hollow = line.has("hollow");
  if (const auto mib = line.number("shard-mib", 1)) options.shard_bytes = *mib << 20;
  const nf::Index bytes = nf::write_random_checkpoint(config_of(line), line.text("out"), options);
  fmt::print("{}: {:.2f} GB of bf16 weights\n", line.text("out"),
             static_cast<double>(bytes) * 1e-9);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const nf::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return static_cast<int>(nf::ExitCode::internal);
  }
}
