// Measures the cost of a sweep beside the passes it is made of, on one thread: each layer alone,
// eight trials that distort all weights, eight that distort all inputs; and the same sweep of
// layers the way it is done without such a program: one process per condition, the baseline's
// logits in a file.
//
//   sweep_bench [windows of 512 tokens] [rounds]

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "core/base/check.h"
#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "eval/metrics/token_scores.h"
#include "eval/plan/model_data.h"
#include "eval/plan/system_memory.h"
#include "eval/run/distorted_weights.h"
#include "eval/run/stage_batches.h"
#include "eval/run/stage_runner.h"
#include "tests/bench/bench_support.h"
#include "tests/support/random_checkpoint.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

constexpr Index kContext = 512;
constexpr Index kLayers = 12;
constexpr Index kVocab = 32000;
constexpr Index kArms = 8;

Json model_config() {
  return {{"architectures", {"OPTForCausalLM"}},
          {"model_type", "opt"},
          {"hidden_size", 768},
          {"word_embed_proj_dim", 768},
          {"ffn_dim", 3072},
          {"num_hidden_layers", kLayers},
          {"num_attention_heads", 12},
          {"max_position_embeddings", 2048},
          {"vocab_size", kVocab},
          {"do_layer_norm_before", true},
          {"activation_function", "relu"}};
}

Decoder open_model(const std::filesystem::path& dir) {
  ArchitectureRegistry registry;
  register_builtin_architectures(registry);
  Decoder decoder = Decoder::open(dir, registry);
  decoder.prepare(kContext);
  return decoder;
}

EvalSet windows_of(Index count) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count * kContext));
  for (std::size_t i = 0; i < ids.size(); ++i)
    ids[i] = static_cast<std::int32_t>(i * 7919 % kVocab);
  return text_data(TokenWindows::from_ids({ids}, {.context = kContext}, "made up")).set;
}

ModelTrial noise_trial(const DecoderSpec& spec, SiteTensor tensor, std::optional<Index> layer,
                       std::uint64_t seed) {
  Entry entry;
  entry.sites.tensor = tensor;
  if (layer)
    entry.sites.layers =
        LayerRanges{{{.text = std::to_string(*layer), .first = *layer, .last = *layer}}};
  entry.distortion =
      read_distortion(*Kinds::builtin(), "{noise: gaussian, strength: {relative_l2: 0.1}}", tensor);
  return ModelTrial(Trial{.name = "noise", .seed = seed, .entries = {entry}}, spec);
}

std::vector<ModelTrial> layer_trials(const DecoderSpec& spec) {
  std::vector<ModelTrial> trials;
  for (Index layer = 0; layer < kLayers; ++layer)
    trials.push_back(noise_trial(spec, SiteTensor::weight, layer, 0));
  return trials;
}

/// All trials in one wave.
void run_together(const Decoder& decoder, const EvalSet& set, const std::vector<ModelTrial>& trials,
                  const StageHooks& hooks = {}) {
  std::vector<Lane> lanes;
  for (const ModelTrial& trial : trials) lanes.push_back({.trial = &trial, .weight_stats = true});
  run_stage(decoder, set, Stage(0, set.count()), lanes, {.lanes = {std::ssize(lanes)}},
            StatsMode::weights, hooks);
}

/// The baseline alone, its blocks and its head apart.
struct PassTimes {
  double block = 1e300, head = 1e300, whole = 1e300;
};

void time_pass(const Decoder& decoder, const EvalSet& set, PassTimes& best) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  auto blocks_end = start;
  const Index pieces = kLayers * StageRows(set, Stage(0, set.count())).batch_count();
  Index done = 0;
  run_together(decoder, set, {}, {.advance = [&](double) {
                 if (++done == pieces) blocks_end = Clock::now();
               }});
  const auto end = Clock::now();
  const auto seconds = [](Clock::duration time) {
    return std::chrono::duration<double>(time).count();
  };
  best.block = std::min(best.block, seconds(blocks_end - start) / kLayers);
  best.head = std::min(best.head, seconds(end - blocks_end));
  best.whole = std::min(best.whole, seconds(end - start));
}

/// One condition by itself, as a script would do it: the distorted model over all windows, logits
/// against those of the baseline in a file. trial: null for the baseline, which writes the file.
void run_condition(const Decoder& decoder, const EvalSet& set, const ModelTrial* trial,
                   const std::filesystem::path& file) {
  const StageRows rows(set, Stage(0, set.count()));
  std::vector<Matrix> hidden(rows.batches.size());
  for (std::size_t b = 0; b < hidden.size(); ++b) {
    hidden[b].resize(rows.batches[b].layout.rows(), decoder.spec().hidden_size);
    decoder.embed(rows.batches[b].ids, rows.batches[b].layout, hidden[b]);
  }
  BlockWeights weights;
  for (Index layer = 0; layer < kLayers; ++layer) {
    weights = decoder.load_block(layer, std::move(weights));
    for (const LinearTensors& linear : weights.spec.linears) {
      if (trial == nullptr || trial->weight(layer, linear.role).empty()) continue;
      Matrix weight(linear.out, linear.in), distorted(linear.out, linear.in);
      decoder.read_weight(layer, linear.role, weight);
      std::vector<SiteStats> sites;
      distort_weight(trial->weight(layer, linear.role), 0, true, true, weight, distorted, sites);
      weights.packed[linear.role] = pack_weight(distorted);
    }
    for (std::size_t b = 0; b < hidden.size(); ++b)
      decoder.run(weights, weights.packed, rows.batches[b].layout, nullptr, hidden[b]);
  }
  Matrix scored(rows.scored_rows, decoder.spec().embedding_size());
  for (std::size_t b = 0; b < hidden.size(); ++b) {
    decoder.final_norm(hidden[b]);
    for (std::size_t r = 0; r < rows.scored[b].rows.size(); ++r)
      std::copy_n(hidden[b].view().row(rows.scored[b].rows[r]), scored.cols(),
                  scored.view().row(rows.scored[b].first + static_cast<Index>(r)));
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream(
      std::fopen(file.c_str(), trial == nullptr ? "wb" : "rb"), std::fclose);
  NF_CHECK(stream != nullptr, "{} cannot be opened", file.string());
  const HeadSlab slab = decoder.load_head(0, kVocab);
  TokenScores baseline(rows.scored_rows, rows.targets), own(rows.scored_rows, rows.targets);
  Matrix base, logits;
  std::vector<double> token_weights;
  double rescale[kRowTile];
  for (Index row = 0; row < rows.scored_rows; row += kRowTile) {
    const Index count = std::min(kRowTile, rows.scored_rows - row);
    Index first_token = 0;
    for (const PackedWeight& chunk : slab.chunks) {
      for (Matrix* buffer : {&base, &logits}) buffer->resize(count, chunk.out());
      token_weights.resize(static_cast<std::size_t>(count * chunk.out()));
      decoder.logits(scored.view().middle_rows(row, count), chunk, logits);
      const auto size = static_cast<std::size_t>(logits.size());
      if (trial == nullptr) {
        NF_CHECK(std::fwrite(logits.data(), sizeof(float), size, stream.get()) == size,
                 "{} is full", file.string());
        baseline.add_baseline(logits, row, first_token, token_weights, rescale);
      } else {
        NF_CHECK(std::fread(base.data(), sizeof(float), size, stream.get()) == size, "{} is short",
                 file.string());
        baseline.add_baseline(base, row, first_token, token_weights, rescale);
        own.add_trial(logits, row, first_token, base, token_weights, rescale);
      }
      first_token += chunk.out();
    }
  }
}

/// The sweep of layers in L + 1 processes, one after the other: this program again.
double time_processes(const std::string& program, const std::filesystem::path& model,
                      Index windows) {
  return seconds_of([&] {
    for (Index condition = -1; condition < kLayers; ++condition) {
      const std::string command =
          fmt::format("'{}' --condition '{}' {} {}", program, model.string(), condition, windows);
      NF_CHECK(std::system(command.c_str()) == 0, "{} failed", command);
    }
  });
}

int one_condition(const std::filesystem::path& model, Index condition, Index windows) {
  const Decoder decoder = open_model(model);
  const std::vector<ModelTrial> trials = layer_trials(decoder.spec());
  run_condition(decoder, windows_of(windows),
                condition < 0 ? nullptr : &trials[static_cast<std::size_t>(condition)],
                model / "baseline.logits");
  return 0;
}

int bench(const std::string& program, Index windows, int rounds) {
  const TempDir dir;
  write_random_checkpoint(model_config(), dir.path());
  const Decoder decoder = open_model(dir.path());
  const EvalSet set = windows_of(windows);
  const std::vector<ModelTrial> layers = layer_trials(decoder.spec());
  std::vector<ModelTrial> weights, inputs;
  for (std::uint64_t seed = 0; seed < kArms; ++seed) {
    weights.push_back(noise_trial(decoder.spec(), SiteTensor::weight, {}, seed));
    inputs.push_back(noise_trial(decoder.spec(), SiteTensor::input, {}, seed));
  }
  PassTimes pass;
  double each = 1e300, weight_arms = 1e300, input_arms = 1e300, processes = 1e300;
  for (int round = 0; round < rounds; ++round) {
    time_pass(decoder, set, pass);
    each = std::min(each, seconds_of([&] { run_together(decoder, set, layers); }));
    weight_arms = std::min(weight_arms, seconds_of([&] { run_together(decoder, set, weights); }));
    input_arms = std::min(input_arms, seconds_of([&] { run_together(decoder, set, inputs); }));
    processes = std::min(processes, time_processes(program, dir.path(), windows));
  }
  const double planned = kLayers * (kLayers + 3) / 2.0 * pass.block + (kLayers + 1) * pass.head;
  const double passes = (kLayers + 1) * pass.whole, arms = (kArms + 1) * pass.whole;
  fmt::print(
      "\nOPT, hidden 768 x {} layers, vocabulary {}; {} tokens, best of {}; a pass takes "
      "{:.2f} s: {:.3f} s a block, {:.2f} s the head\n\n",
      kLayers, kVocab, windows * kContext, rounds, pass.whole, pass.block, pass.head);
  fmt::print("| sweep | seconds | against | ratio |\n|---|---|---|---|\n");
  const auto line = [](const char* sweep, double seconds, const std::string& what, double against) {
    fmt::print("| {} | {:.1f} | {}: {:.1f} | {:.3f} |\n", sweep, seconds, what, against,
               seconds / against);
  };
  line("each of 12 layers", each, "its 90 block passes and 13 heads", planned);
  line("each of 12 layers", each, "13 whole passes", passes);
  line("8 trials on all weights", weight_arms, "9 whole passes", arms);
  line("8 trials on all inputs", input_arms, "9 whole passes", arms);
  line("each of 12 layers", each,
       fmt::format("13 processes and {:.1f} GB of logits in a file",
                   static_cast<double>(std::filesystem::file_size(dir / "baseline.logits")) / 1e9),
       processes);
  fmt::print("\npeak memory of this process: {:.0f} MiB; logits on disk: 0 bytes\n",
             peak_resident_bytes() / 1024.0 / 1024.0);
  return 0;
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  nf::set_thread_count(1);
  if (arguments.size() == 4 && arguments[0] == "--condition")
    return nf::one_condition(arguments[1], std::stoll(arguments[2]), std::stoll(arguments[3]));
  fmt::print("{}\n", nf::machine_line());
  return nf::bench(argv[0], arguments.empty() ? 32 : std::stoll(arguments[0]),
                   arguments.size() < 2 ? 1 : std::stoi(arguments[1]));
}
