// Measures how near a pass comes to its matrix products. One pass is a stage of run_stage: the
// baseline and one trial with nothing distorted, KL and all, over 16 windows of 512 tokens; beside
// it the same matrix products alone (linears, QK', PV, head, weights packed), and the other parts
// alone. Then two windows through two layers of Llama-2-7B's size, where reading and packing the
// weights weighs most. usage: pass_bench [rounds [windows]]

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "core/base/parallel.h"
#include "core/model/attention.h"
#include "core/ops/elementwise.h"
#include "eval/metrics/token_scores.h"
#include "eval/plan/model_data.h"
#include "eval/run/stage_runner.h"
#include "perturb/draws.h"
#include "tests/bench/bench_support.h"
#include "tests/support/random_checkpoint.h"

namespace nf {
namespace {

constexpr Index kContext = 512;
constexpr Index kVocab = 32000;
constexpr Index kLanes = 2;

struct Shape {
  std::string model_type;
  Index hidden, intermediate, layers, heads;
};

/// A checkpoint of random weights; its values do not matter, its shapes do.
class ScratchCheckpoint {
 public:
  explicit ScratchCheckpoint(const Shape& shape)
      : dir_(std::filesystem::temp_directory_path() /
             fmt::format("noisefloor-bench-{}-{}", shape.model_type, shape.hidden)) {
    const bool opt = shape.model_type == "opt";
    write_random_checkpoint({{"model_type", shape.model_type},
                             {"hidden_size", shape.hidden},
                             {opt ? "ffn_dim" : "intermediate_size", shape.intermediate},
                             {"num_hidden_layers", shape.layers},
                             {"num_attention_heads", shape.heads},
                             {"vocab_size", kVocab},
                             {"max_position_embeddings", kContext},
                             {"tie_word_embeddings", true}},
                            dir_);
  }
  ~ScratchCheckpoint() { std::filesystem::remove_all(dir_); }
  const std::filesystem::path& dir() const { return dir_; }

 private:
  std::filesystem::path dir_;
};

/// All matrix products of one window through the model and the head, on buffers of its own.
class Products {
 public:
  explicit Products(const DecoderSpec& spec) : spec_(spec) {
    for (const LinearTensors& linear : spec.block(0).linears) {
      Matrix w(linear.out, linear.in);
      draws_of("uniform").fill(w.data(), w.size(), 0, 1, 2);
      linears_.push_back(pack_weight(w));
    }
    for (Index first = 0; first < spec.vocab_size; first += kVocabChunk) {
      Matrix w(std::min(kVocabChunk, spec.vocab_size - first), spec.hidden_size);
      draws_of("uniform").fill(w.data(), w.size(), 0, 1, 2);
      head_.push_back(pack_weight(w));
    }
    const Index widest = std::max(spec.intermediate_size, spec.hidden_size);
    for (Matrix* m : {&x_, &y_}) {
      m->resize(kContext, widest);
      draws_of("uniform").fill(m->data(), m->size(), 0, 3, 4);
    }
    logits_.resize(kRowTile, kVocabChunk);
  }
  void block() {
    for (const PackedWeight& w : linears_)
      linear({x_.data(), kContext, w.in()}, w, {}, {y_.data(), kContext, w.out()});
    for (Index head = 0; head < spec_.num_attention_heads; ++head) {
      for (Index first = 0; first < kContext; first += kRowTile) {
        const Index keys = first + kRowTile;
        matmul_nt({x_.data(), kRowTile, spec_.head_dim}, {x_.data(), keys, spec_.head_dim},
                  {y_.data(), kRowTile, keys});
        matmul_nn({x_.data(), kRowTile, keys}, {y_.data(), keys, spec_.head_dim},
                  {logits_.data(), kRowTile, spec_.head_dim});
      }
    }
  }
  void head() {
    for (Index first = 0; first < kContext; first += kRowTile)
      for (const PackedWeight& w : head_)
        linear({x_.data() + first * w.in(), kRowTile, w.in()}, w, {},
               {logits_.data(), kRowTile, w.out()});
  }

 private:
  DecoderSpec spec_;
  std::vector<PackedWeight> linears_, head_;
  Matrix x_, y_, logits_;
};

void bench(const Shape& shape, int rounds, Index window_count) {
  const ScratchCheckpoint checkpoint(shape);
  ArchitectureRegistry registry;
  register_builtin_architectures(registry);
  Decoder decoder = Decoder::open(checkpoint.dir(), registry);
  decoder.prepare(kContext);
  const DecoderSpec& spec = decoder.spec();
  std::vector<std::int32_t> ids(static_cast<std::size_t>(window_count * kContext));
  for (std::size_t i = 0; i < ids.size(); ++i)
    ids[i] = static_cast<std::int32_t>(i * 7919 % kVocab);
  const EvalSet set =
      text_data(TokenWindows::from_ids({ids}, {.context = kContext}, "random ids")).set;
  const EvalItem& window = set.item(0);
  const KindsPtr kinds = Kinds::builtin();
  // It changes nothing but is a lane of its own: a trial without entries would share the baseline's
  // pass.
  Entry nothing;
  nothing.sites.layers = LayerRanges{{{.text = "0", .first = 0, .last = 0}}};
  nothing.sites.roles = {"k_proj"};
  nothing.distortion =
      read_distortion(*kinds, "{noise: uniform, strength: {relative_l2: 0}}", SiteTensor::weight);
  const ModelTrial untouched(Trial{.name = "untouched", .entries = {nothing}}, spec);
  std::vector<std::pair<std::string, ModelTrial>> noisy;  // all inputs of all linears
  for (const char* noise : {"uniform", "rademacher", "gaussian"}) {
    const std::string yaml = fmt::format("{{noise: {}, strength: {{relative_l2: 0.1}}}}", noise);
    Entry entry;
    entry.sites.tensor = SiteTensor::input;
    entry.distortion = read_distortion(*kinds, yaml, SiteTensor::input);
    noisy.emplace_back(noise, ModelTrial(Trial{.name = noise, .entries = {entry}}, spec));
  }

  Products products(spec);
  Matrix x(kContext, spec.intermediate_size), y(kContext, spec.intermediate_size);
  draws_of("gaussian").fill(x.data(), x.size(), 0, 3, 4);
  Matrix scores(kRowTile, kContext);
  std::vector<double> weights(static_cast<std::size_t>(kRowTile * kVocabChunk));
  const std::vector<float> weight(static_cast<std::size_t>(spec.intermediate_size), 1.0f);
  const ConstVectorView norm_weight =
      std::span(weight).first(static_cast<std::size_t>(shape.hidden));
  const Index passes = kLanes * window_count;
  const auto times = [](Index n, const std::function<void()>& work) {
    for (Index i = 0; i < n; ++i) work();
  };

  Interleaved all;
  const auto pass_of = [&](const ModelTrial& trial) {
    run_stage(decoder, set, {0, window_count}, {{.trial = &trial}}, {.lanes = {1}}, StatsMode::none,
              {});
  };
  all.add("pass", [&] { pass_of(untouched); });
  for (const auto& [name, trial] : noisy) all.add(name, [&, &own = trial] { pass_of(own); });
  all.add("products", [&] {
    times(passes * shape.layers, [&] { products.block(); });
    times(passes, [&] { products.head(); });
  });
  all.add("weights", [&] {
    for (Index layer = 0; layer < shape.layers; ++layer) decoder.load_block(layer);
    decoder.load_head(0, kVocab);
  });
  all.add("soft-max", [&] {
    times(passes * shape.layers * shape.heads, [&] {
      for (Index first = 0; first < kContext; first += kRowTile)
        causal_softmax({scores.data(), kRowTile, first + kRowTile}, 0.125f, 0.0f,
                       {.first_query = first});
    });
  });
  all.add("norms", [&] {
    times(passes * (2 * shape.layers + 1), [&] {
      const MatrixView rows(x.data(), kContext, shape.hidden),
          out(y.data(), kContext, shape.hidden);
      if (spec.norm == NormKind::layer_norm)
        layer_norm(rows, norm_weight, norm_weight, 1e-5f, out);
      else
        rms_norm(rows, norm_weight, 1e-5f, out);
    });
  });
  if (spec.gated)
    all.add("silu", [&] {
      times(passes * shape.layers, [&] { activate_and_multiply(spec.activation, y, x); });
    });
  all.add("scores and KL", [&] {
    double rescale[kRowTile];
    const Index chunks = (kVocab + kVocabChunk - 1) / kVocabChunk;
    times(window_count, [&] {
      const Index rows = scored_rows(window);
      TokenScores baseline(rows, window.targets), trial(rows, window.targets);
      for (Index first = 0; first + kRowTile <= rows; first += kRowTile) {
        for (Index c = 0; c < chunks; ++c) {
          const ConstMatrixView logits(x.data(), kRowTile, kVocabChunk),
              other(x.data() + 64, kRowTile, kVocabChunk);
          baseline.add_baseline(logits, first, c * kVocabChunk, weights, rescale);
          trial.add_trial(other, first, c * kVocabChunk, logits, weights, rescale);
        }
      }
    });
  });
  all.run(rounds);

  const double pass = all.best("pass"), bare = all.best("products");
  const double flops = static_cast<double>(passes) *
                       (static_cast<double>(shape.layers) * block_flops(spec, window.layout) +
                        head_flops(spec, scored_rows(window)));
  fmt::print(
      "\n{}: hidden {} x {} layers, intermediate {}, vocabulary {}; {} windows of {}, 2 lanes, "
      "best of {}\n\n",
      spec.architecture, shape.hidden, shape.layers, shape.intermediate, kVocab, window_count,
      kContext, rounds);
  fmt::print("| part | seconds | share of the pass |\n|---|---|---|\n");
  fmt::print("| pass | {:.2f} | {:.0f} tokens/s, {:.0f} GFLOP/s |\n", pass,
             static_cast<double>(passes * kContext) / pass, flops / pass / 1e9);
  for (const char* part : {"products", "weights", "soft-max", "norms", "silu", "scores and KL"}) {
    if (std::string(part) == "silu" && !spec.gated) continue;
    fmt::print("| {} alone | {:.2f} | {:.1f} % |\n", part, all.best(part),
               100.0 * all.best(part) / pass);
  }
  for (const auto& [name, trial] : noisy)
    fmt::print("| {} noise on all inputs of one lane | +{:.2f} | {:.1f} % of a lane |\n", name,
               all.best(name) - pass, 100.0 * kLanes * (all.best(name) - pass) / pass);
  fmt::print("\nGEMM-bound: {:.1f} % (bare products {:.2f} s / pass {:.2f} s)\n",
             100.0 * bare / pass, bare, pass);
}

}  // namespace
}  // namespace nf

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const nf::Index windows = argc > 2 ? std::atoi(argv[2]) : 16;
  nf::set_thread_count(1);
  fmt::print("{}\n", nf::machine_line());
  nf::bench({"opt", 768, 3072, 12, 12}, rounds, windows);
  nf::bench({"llama", 768, 2048, 12, 12}, rounds, windows);
  nf::bench({"llama", 4096, 11008, 2, 32}, rounds, 2);
  return 0;
}
