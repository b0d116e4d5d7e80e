#include "eval/run/machine_rates.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "core/ops/int8.h"
#include "core/ops/integer_linear.h"
#include "eval/plan/batch_plan.h"
#include "eval/plan/memory.h"
#include "eval/run/best_seconds.h"
#include "eval/run/distorted_weights.h"
#include "eval/run/lane_activations.h"
#include "eval/run/sample_inputs.h"
#include "eval/run/score_heads.h"
#include "eval/run/stage_batches.h"
#include "perturb/integer_codes.h"

namespace nf {
namespace {

/// Items for one batch of every thread, as far as there are so many.
StageRows sample_rows(const EvalSet& set) {
  const Index threads = thread_count();
  Index rows = 0, count = 0;
  while (count < set.count() && (rows < threads * kBatchRows || count < threads))
    rows += set.item(count++).layout.rows();
  return StageRows(set, Stage(0, count));
}

/// Hands the linears of a block integers that are there already: the making of codes is part of
/// what a distortion takes.
class ReadyIntegers final : public InputFilter {
 public:
  ReadyIntegers(const BlockSpec& block, Index rows) {
    for (const LinearTensors& linear : block.linears) {
      IntegerInputs& inputs = inputs_[linear.role];
      inputs.resize(rows, linear.in);
      std::fill_n(inputs.codes(), rows * linear.in, std::uint8_t{129});
      std::fill(inputs.scales.begin(), inputs.scales.end(), 1e-3f);
      std::fill(inputs.zeros.begin(), inputs.zeros.end(), kInputShift);
      std::fill(inputs.sums.begin(), inputs.sums.end(), static_cast<std::int32_t>(linear.in));
    }
  }
  int variant(Role /*role*/) const override { return 0; }
  void apply(Role /*role*/, ConstMatrixView /*x*/, MatrixView /*distorted*/) override {}
  const IntegerInputs* integers(Role role) const override { return &inputs_[role]; }
  bool distorts(SiteTensor /*state*/) const override { return false; }
  void apply_state(SiteTensor /*state*/, ConstMatrixView /*x*/, MatrixView /*to*/) override {}

 private:
  ByRole<IntegerInputs> inputs_;
};

/// Operations a second of all threads together. packed: as `weights` has them, or of integers
double block_rate(const Decoder& decoder, const EvalSet& set, const BlockWeights& weights,
                  const PackedLinears& packed) {
  const StageRows rows = sample_rows(set);
  const bool integers =
      packed[Role::q_proj].arithmetic() == Arithmetic::int8;  // codes of every linear
  const auto pass = [&](Index b, Matrix& hidden) {
    const Batch& batch = rows.batch(b);
    hidden.resize(batch.layout.rows(), decoder.spec().hidden_size);
    decoder.embed(batch.ids, batch.layout, hidden);
    thread_local std::optional<ReadyIntegers> ready;
    if (integers) ready.emplace(weights.spec, batch.layout.rows());
    const double start = thread_seconds();
    decoder.run(weights, packed, batch.layout, integers ? &*ready : nullptr, hidden);
    return thread_seconds() - start;
  };
  const double flops = block_flops(decoder.spec(), rows.batch(0).layout);
  const Index threads = thread_count();
  if (rows.plan.at_once == 1 && threads > 1) {  // all threads are at one batch
    Matrix hidden;
    return flops / best_seconds([&] { pass(0, hidden); });
  }
  std::vector<Matrix> hidden(static_cast<std::size_t>(threads));
  std::vector<double> seconds(hidden.size());
  // Batches may be of different sizes: the seconds of each are for its own operations.
  return static_cast<double>(threads) / best_of([&] {
           parallel_for(threads, [&](Index thread) {
             const auto t = static_cast<std::size_t>(thread);
             const Index b = thread % rows.batch_count();
             seconds[t] = pass(b, hidden[t]) / block_flops(decoder.spec(), rows.batch(b).layout);
           });
           return std::accumulate(seconds.begin(), seconds.end(), 0.0) /
                  static_cast<double>(threads);
         });
}

/// A block's linears in codes. Empty where one has too many inputs for integers.
std::optional<PackedLinears> integer_linears(const Decoder& decoder) {
  PackedLinears packed;
  Matrix weight;
  for (const LinearTensors& linear : decoder.spec().block(0).linears) {
    if (linear.in > kMostInt8Inputs) return std::nullopt;
    weight.resize(linear.out, linear.in);
    decoder.read_weight(0, linear.role, weight);
    packed[linear.role] = pack_weight(weight, {}, {.arithmetic = Arithmetic::int8});
  }
  return packed;
}

bool any_integers(const DistortionKinds& kinds) {
  return std::any_of(kinds.all().begin(), kinds.all().end(), [](const DistortionKinds::Kind& kind) {
    return kind.chain.integers.has_value();
  });
}

/// Seconds of one thread for a tile of the baseline's logits over a slab of the head, and with so
/// many trials' beside them.
double tile_seconds(const Decoder& decoder, const HeadSlab& slab, std::size_t trials) {
  const Index threads = thread_count();
  const Matrix scored = some_values(threads * kRowTile, decoder.spec().embedding_size());
  std::vector<Target> targets;
  for (Index row = 0; row < scored.rows(); ++row) targets.push_back({.row = row});
  const std::vector<HeadSlab> slabs(trials + 1, slab);
  std::vector<TokenScores> scores(trials + 1, TokenScores(scored.rows(), targets));
  std::vector<HeadLane> lanes;
  for (TokenScores& one : scores) lanes.push_back({.scored = scored, .scores = &one});
  return best_thread_seconds([&](Index thread) {
    score_tile(decoder, lanes, slabs, thread * kRowTile, kRowTile, StageHooks{});
  });
}

void measure_head(const Decoder& decoder, const HeadSlab& slab, MachineRates& rates) {
  double flops = 0.0;  // of a tile of one lane
  for (const PackedWeight& chunk : slab.chunks)
    flops += 2.0 * static_cast<double>(kRowTile * chunk.in() * chunk.out());
  flops *= static_cast<double>(thread_count());
  constexpr std::size_t kTrials = 2;
  const double alone = tile_seconds(decoder, slab, 0);
  const double together = tile_seconds(decoder, slab, kTrials);
  rates.baseline_head_flops = flops / alone;
  rates.trial_head_flops = kTrials * flops / std::max(together - alone, 0.1 * together);
}

/// Seconds of one thread for a value of a weight that is read and packed.
double packing_seconds(const Decoder& decoder) {
  const LinearTensors linear = decoder.spec().block(0).linears.front();
  struct Bench {
    Matrix weight;
    PackedWeight packed;
  };
  std::vector<Bench> benches(static_cast<std::size_t>(thread_count()));
  return best_thread_seconds([&](Index thread) {
           Bench& bench = benches[static_cast<std::size_t>(thread)];
           bench.weight.resize(linear.out, linear.in);
           decoder.read_weight(0, linear.role, bench.weight);
           bench.packed =
               pack_weight(bench.weight, std::move(bench.packed), decoder.multiplication());
         }) /
         static_cast<double>(linear.out * linear.in);
}

/// Rows and columns of what a kind is timed on: as large as the tensors it acts on, up to a size at
/// which a value costs what it costs in a larger one.
std::pair<Index, Index> sample_shape(const Decoder& decoder, const EvalSet& set, const Site& site) {
  constexpr Index kMostValues = 1 << 19;
  const DecoderSpec& spec = decoder.spec();
  Index rows = 0, cols = spec.hidden_size;
  for (const LinearTensors& linear : spec.block(0).linears)
    if (linear.role == site.role && !is_state(site.tensor)) {
      rows = linear.out;
      cols = linear.in;
    }
  if (site.role == Role::embed_tokens || site.role == Role::lm_head) {
    rows = spec.vocab_size;
    cols = spec.embedding_size();
  }
  if (site.tensor == SiteTensor::k_cache || site.tensor == SiteTensor::v_cache)
    cols = spec.num_key_value_heads * spec.head_dim;
  if (site.tensor != SiteTensor::weight) rows = set.item(0).layout.rows();
  return {std::clamp<Index>(kMostValues / cols, 1, std::max<Index>(rows, 1)), cols};
}

/// Seconds of one thread for a value that a kind distorts, and measures where `measure` says so.
double distorting_seconds(const DistortionKinds::Kind& kind, ConstMatrixView x, bool measure,
                          bool complete) {
  const SampleInputs inputs(kind.chain, x.cols());
  const std::vector<StepKnowledge> knowledge = inputs.knowledge(nullptr);
  struct Bench {
    Matrix distorted;
    IntegerScales scales;
    IntegerInputs integers;
  };
  std::vector<Bench> benches(static_cast<std::size_t>(thread_count()));
  const std::optional<IntegerLevels>& levels = kind.chain.integers;
  return best_thread_seconds([&](Index thread) {
           Bench& own = benches[static_cast<std::size_t>(thread)];
           own.distorted.resize(x.rows(), x.cols());
           if (kind.chain.site.tensor == SiteTensor::weight) {
             std::vector<SiteStats> sites;
             distort_weight(kind.chain, kind.seed, measure, complete, x, own.distorted, sites,
                            levels ? &own.scales : nullptr);
             if (levels) weight_codes(own.distorted, own.scales, *levels);
           } else {
             if (levels) own.integers.resize(x.rows(), x.cols());
             distort_input(kind.chain, kind.seed, 0, 0, complete, x, own.distorted,
                           {.knowledge = knowledge, .integers = levels ? &own.integers : nullptr});
           }
         }) /
         static_cast<double>(x.rows() * x.cols());
}

/// Seconds of one thread for a value that is taken from x̂ as a kind of dose, part or twin has it: x̂
/// itself was made of a calibration set, and is read.
double finishing_seconds(const DistortionKinds::Kind& kind, ConstMatrixView x) {
  if (kind.chain.is_as_made() || kind.chain.finishes_with_inputs()) return 0.0;
  MadeChange made;
  for (Matrix* matrix : {&made.made, &made.before}) {
    matrix->resize(x.rows(), x.cols());
    std::transform(x.data(), x.data() + x.size(), matrix->data(),
                   [](float value) { return 1.01f * value; });
  }
  made.clipped.assign(static_cast<std::size_t>(x.size()), 0);
  made.clipped_before = made.clipped;
  std::vector<Matrix> distorted(static_cast<std::size_t>(thread_count()));
  return best_thread_seconds([&](Index thread) {
           Matrix& own = distorted[static_cast<std::size_t>(thread)];
           own.resize(x.rows(), x.cols());
           kind.chain.apply_made(x, made, {.context = {.seed = kind.seed}}, own);
         }) /
         static_cast<double>(x.size());
}

void measure_kinds(const Decoder& decoder, const EvalSet& set, const DistortionKinds& kinds,
                   StatsMode stats, MachineRates& rates) {
  for (const DistortionKinds::Kind& kind : kinds.all()) {
    rates.distorting.push_back(0.0);
    rates.measuring.push_back(0.0);
    const bool is_weight = kind.chain.site.tensor == SiteTensor::weight;
    if (kind.chain.empty()) continue;
    const auto [rows, cols] = sample_shape(decoder, set, kind.chain.site);
    const Matrix x = some_values(rows, cols);
    // Weights that are made from a calibration set are read by those who run (measure_making).
    if (is_weight && !kind.chain.input_needs().empty()) {
      rates.distorting.back() = rates.measuring.back() = finishing_seconds(kind, x);
      continue;
    }
    rates.distorting.back() = distorting_seconds(kind, x, false, stats == StatsMode::all);
    if (is_weight)
      rates.measuring.back() = distorting_seconds(kind, x, true, stats != StatsMode::none);
  }
}

/// Σ values · seconds of one.
double seconds_of(const KindWork& work, const std::vector<double>& each) {
  double seconds = 0.0;
  // A kind that came up later, of a search's step, say, was not timed and counts as nothing.
  for (const auto& [kind, values] : work)
    if (kind < std::ssize(each)) seconds += values * each[static_cast<std::size_t>(kind)];
  return seconds;
}

}  // namespace

double MachineRates::seconds(const WaveCost& cost) const {
  const double of_threads =
      cost.packing_work * packing + seconds_of(cost.measured_weights, measuring) +
      seconds_of(cost.weights, distorting) + seconds_of(cost.activations, distorting);
  // Trials that came up later, and whose products were not timed, count as of f32.
  const double of_integers =
      cost.integer_work / (integer_flops > 0.0 ? integer_flops : block_flops);
  return cost.block_work / block_flops + of_integers +
         cost.baseline_head_work / baseline_head_flops + cost.trial_head_work / trial_head_flops +
         of_threads / static_cast<double>(threads) + seconds_of(cost.outer, measuring) +
         static_cast<double>(cost.blocks_read) * seconds_of_block +
         static_cast<double>(cost.waves + cost.own_heads) * seconds_of_head;
}

double MachineRates::seconds(const CalibrationCost& cost) const {
  return cost.flops() / block_flops + static_cast<double>(cost.blocks_read) * seconds_of_block +
         cost.made_weights * packing / static_cast<double>(threads) +
         making.seconds(cost, threads, block_flops);
}

MachineRates measure_rates(const Decoder& decoder, const EvalSet& set, const DistortionKinds& kinds,
                           StatsMode stats, const CalibrationCost& calibrating) {
  MachineRates rates{.threads = thread_count()};
  {
    BlockWeights weights;
    rates.seconds_of_block =
        best_seconds([&] { weights = decoder.load_block(0, std::move(weights)); });
    rates.block_flops = block_rate(decoder, set, weights, weights.packed);
    if (any_integers(kinds))
      if (const std::optional<PackedLinears> integers = integer_linears(decoder))
        rates.integer_flops = block_rate(decoder, set, weights, *integers);
  }
  HeadSlab slab;
  const double slab_seconds =
      best_seconds([&] { slab = decoder.load_head(0, kHeadSlab, std::move(slab)); });
  const Index vocab = decoder.spec().vocab_size;
  rates.seconds_of_head =
      slab_seconds * static_cast<double>(vocab) / static_cast<double>(std::min(vocab, kHeadSlab));
  measure_head(decoder, slab, rates);
  rates.packing = packing_seconds(decoder);
  measure_kinds(decoder, set, kinds, stats, rates);
  rates.making = measure_making(decoder.spec(), kinds, calibrating);
  return rates;
}

}  // namespace nf
