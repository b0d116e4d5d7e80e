#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "core/base/counted.h"
#include "core/base/cpu_info.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "eval/cli/command.h"
#include "eval/output/short_list.h"
#include "eval/output/standard_streams.h"
#include "eval/records/run_folder.h"
#include "eval/run/model_speed.h"

namespace nf {
namespace {

constexpr Index kUsualContext = 512, kUsualRounds = 5;

double prompt_rate(const ModelSpeed& speed, Index layers, Index context) {
  return static_cast<double>(context) / speed.prompt.pass(layers);
}

Json sizes_json(const LinearSizes& sizes) {
  return {{"linears", sizes.linears},
          {"inputs", sizes.inputs},
          {"values", sizes.values},
          {"rows", sizes.rows},
          {"head_values", sizes.head_values}};
}

Json json_of(const std::vector<ModelSpeed>& speeds, const DecoderSpec& spec, Index context) {
  Json all = Json::array();
  const Index layers = spec.num_hidden_layers;
  for (const ModelSpeed& speed : speeds)
    all.push_back(
        {{"name", speed.form.name},
         {"prompt_tokens_per_second", prompt_rate(speed, layers, context)},
         {"single_tokens_per_second", 1.0 / speed.token.pass(layers)},
         {"prompt_speedup", speeds.front().prompt.pass(layers) / speed.prompt.pass(layers)},
         {"block_speedup", speeds.front().prompt.block / speed.prompt.block},
         {"prompt_block_seconds", speed.prompt.block},
         {"prompt_head_seconds", speed.prompt.head},
         {"single_block_seconds", speed.token.block},
         {"single_head_seconds", speed.token.head}});
  Json schemes = Json::array();
  for (const WeightScheme& scheme : weight_schemes(spec))
    schemes.push_back({{"scheme", scheme.name},
                       {"bits_per_weight", scheme.bits},
                       {"bytes_per_token", scheme.bytes}});
  return {{"cpu", cpu_model()},
          {"threads", thread_count()},
          {"gemm", gemm_library()},
          {"isa", gemm_isa()},
          {"context", context},
          {"layers", layers},
          {"sizes", sizes_json(linear_sizes(spec))},
          {"forms", std::move(all)},
          {"weights", std::move(schemes)}};
}

void print_table(const std::vector<ModelSpeed>& speeds, const DecoderSpec& spec, Index context) {
  const Index layers = spec.num_hidden_layers;
  print_out("{}, {}, {} ({})\n\n", cpu_model(), counted(thread_count(), "thread"), gemm_library(),
            gemm_isa());
  print_out("{:<11} {:>16} {:>8} {:>8} {:>14}\n{:<11} {:>16} {:>8} {:>8} {:>14}\n", "",
            fmt::format("prompt of {}", context), "pass", "blocks", "single token", "", "tokens/s",
            "× f32", "× f32", "tokens/s");
  for (const ModelSpeed& speed : speeds)
    print_out("{:<11} {:>16.0f} {:>8.2f} {:>8.2f} {:>14.1f}  {}\n", speed.form.name,
              prompt_rate(speed, layers, context),
              speeds.front().prompt.pass(layers) / speed.prompt.pass(layers),
              speeds.front().prompt.block / speed.prompt.block, 1.0 / speed.token.pass(layers),
              speed.form.summary);
  if (!bf16_is_native()) print_out("no bf16: this CPU has no such products\n");
  if (!int8_is_native()) print_out("no w8a8: this CPU has no VNNI\n");
  for (const ModelForm& form : model_forms())
    if (const std::string why = form.problem(spec); form.is_native() && !why.empty())
      print_out("no {}: {}\n", form.name, why);
  print_out("\n{:<17} {:>15} {:>16}\n", "weights", "bits per weight", "MB per token");
  for (const WeightScheme& scheme : weight_schemes(spec))
    print_out("{:<17} {:>15.3f} {:>16.2f}\n", scheme.name, scheme.bits, scheme.bytes / 1e6);
}

/// A run folder, and a model that it has records of.
struct BenchPlace {
  std::filesystem::path dir;
  std::string model_hash;
};

/// What stands behind --into, if anything does. Throws ConfigError where the run has other models.
std::optional<BenchPlace> place_of(const CommandLine& line, const Decoder& decoder) {
  if (!line.has("into")) return std::nullopt;
  const RunContents run = RunFolder::read_description(line.text("into"));
  const std::string hash = decoder.checkpoint().content_hash();
  std::vector<std::string> names;
  for (const ModelIdentity& model : run.manifest.models) {
    if (model.model_hash == hash) return BenchPlace{run.dir, hash};
    names.push_back(model.model);
  }
  throw ConfigError(fmt::format(
      "--into {}: is a run of {}, which {} other weights or another config than --model {}",
      line.text("into"), short_list(names, ", ", "models"), names.size() == 1 ? "has" : "have",
      line.text("model")));
}

}  // namespace

int bench_command(const std::vector<std::string>& arguments, const KindsPtr& kinds) {
  CommandLine line(
      "bench --model DIR [options]",
      "What arithmetic buys on this machine: tokens a second of a model in f32, in bf16, and with\n"
      "linears in integers of 8 bits (weights a scale a row, inputs a scale a token), as a prompt\n"
      "and as single tokens, and the bytes of weights that a token reads in schemes of W4A16. One\n"
      "block and a part of the head are timed, weights packed before; all blocks count alike. As\n"
      "many prompts as threads run side by side. A single token takes a tile of 128 rows in this\n"
      "program, and is alone: its block runs on one thread, its head on all.");
  line.required("model", "checkpoint directory")
      .option("context", "tokens of the prompt; default: 512, or as many as the model takes")
      .option("rounds", "times that each is timed, in turn, the best counting; default: 5")
      .flag("json", "print JSON instead of tables")
      .option("into",
              "run folder that keeps the result, in bench.json, for the section of `report` that "
              "holds speed and bytes against damage")
      .option("threads", "threads to use; default: as many as it may use");
  if (!line.parse(arguments)) return 0;
  use_threads(line);
  Decoder decoder = Decoder::open(model_directory(line), kinds->architectures);
  const DecoderSpec& spec = decoder.spec();
  const Index context =
      line.number("context", 1).value_or(std::min(kUsualContext, spec.max_position_embeddings));
  if (context > spec.max_position_embeddings)
    throw ConfigError(
        fmt::format("--context: {} tokens are more than the model's max_position_embeddings {}",
                    context, spec.max_position_embeddings));
  const std::optional<BenchPlace> place = place_of(line, decoder);
  if (place) read_benches(place->dir);  // a damaged file is told before the work
  print_warnings(decoder.warnings());
  decoder.prepare(context);
  const std::vector<ModelSpeed> speeds =
      measure_speed(decoder, context, line.number("rounds", 1).value_or(kUsualRounds));
  Json json = json_of(speeds, spec, context);
  if (place) {
    json["model_hash"] = place->model_hash;
    keep_bench(place->dir, json);
  }
  if (line.has("json"))
    print_out("{}\n", json.dump());
  else
    print_table(speeds, spec, context);
  return 0;
}

}  // namespace nf
