#include "eval/run/machine_rates.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

#include "core/base/parallel.h"
#include "core/ops/gemm.h"
#include "eval/plan/batch_plan.h"
#include "eval/plan/memory.h"
#include "eval/run/distorted_weights.h"
#include "eval/run/score_heads.h"
#include "eval/run/stage_batches.h"

namespace nf {
namespace {

/// The best of these counts, as a run sees it: the first also makes kernels and touches new memory.
constexpr int kRounds = 2;

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double best_seconds(const std::function<void()>& work) {
  double best = std::numeric_limits<double>::infinity();
  for (int round = 0; round < kRounds; ++round) best = std::min(best, seconds_of(work));
  return best;
}

/// Items for one batch of every thread, as far as there are so many.
Stage sample(const EvalSet& set) {
  Index rows = 0, count = 0;
  while (count < set.count() && rows < thread_count() * kBatchRows)
    rows += set.item(count++).layout.rows();
  return Stage(0, count);
}

double block_rate(const Decoder& decoder, const EvalSet& set, const BlockWeights& weights) {
  const StageRows rows(set, sample(set));
  std::vector<Matrix> hidden(rows.batches.size());
  double flops = 0.0;
  for (std::size_t b = 0; b < hidden.size(); ++b) {
    const Batch& batch = rows.batches[b];
    hidden[b].resize(batch.layout.rows(), decoder.spec().hidden_size);
    decoder.embed(batch.ids, batch.layout, hidden[b]);
    flops += block_flops(decoder.spec(), batch.layout);
  }
  const auto run = [&](Index b) {
    const auto i = static_cast<std::size_t>(b);
    decoder.run(weights, weights.packed, rows.batches[i].layout, nullptr, hidden[i]);
  };
  return flops / best_seconds([&] {
           if (rows.plan.at_once > 1) return parallel_for(rows.batch_count(), run);
           for (Index b = 0; b < rows.batch_count(); ++b) run(b);
         });
}

double head_rate(const Decoder& decoder, const HeadSlab& slab) {
  const Index tiles = 2 * thread_count(), width = decoder.spec().embedding_size();
  Matrix scored(tiles * kRowTile, width);
  for (Index i = 0; i < scored.size(); ++i)  // any values will do
    scored.data()[i] = static_cast<float>(i % 17) / 17.0f;
  std::vector<Target> targets;
  for (Index row = 0; row < scored.rows(); ++row) targets.push_back({.row = row});
  const std::vector<HeadSlab> slabs(2, slab);  // of the baseline and of a trial
  double flops = 0.0;
  for (const PackedWeight& chunk : slab.chunks)
    flops += 2.0 * 2.0 * static_cast<double>(scored.rows() * chunk.in() * chunk.out());
  return flops / best_seconds([&] {
           TokenScores baseline(scored.rows(), targets), trial(scored.rows(), targets);
           const HeadLane lanes[] = {{.scored = scored, .scores = &baseline},
                                     {.scored = scored, .scores = &trial}};
           parallel_for(tiles, [&](Index tile) {
             score_tile(decoder, lanes, slabs, tile * kRowTile, kRowTile, StageHooks{});
           });
         });
}

/// Values a second of the first weight that a trial distorts, in all threads; infinite where none
/// does.
double distortion_rate(const Decoder& decoder, const std::vector<const ModelTrial*>& trials) {
  for (const ModelTrial* trial : trials) {
    for (Index layer = 0; layer < decoder.spec().num_hidden_layers; ++layer) {
      for (const LinearTensors& linear : decoder.spec().block(layer).linears) {
        const SiteChain& chain = trial->weight(layer, linear.role);
        if (chain.empty()) continue;
        Matrix weight(linear.out, linear.in), distorted(linear.out, linear.in);
        PackedWeight packed;
        std::vector<SiteStats> sites;
        const double seconds = best_seconds([&] {
          sites.clear();
          decoder.read_weight(layer, linear.role, weight);
          distort_weight(chain, trial->seed(), true, true, weight, distorted, sites);
          packed = pack_weight(distorted, std::move(packed));
        });
        return static_cast<double>(thread_count()) * static_cast<double>(weight.size()) / seconds;
      }
    }
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace

double MachineRates::seconds(const WaveCost& cost) const {
  return cost.block_flops / block_flops + cost.head_flops / head_flops +
         cost.distorted_weights / distorted_values +
         static_cast<double>(cost.blocks_read) * seconds_of_block +
         static_cast<double>(cost.waves) * seconds_of_head;
}

MachineRates measure_rates(const Decoder& decoder, const EvalSet& set,
                           const std::vector<const ModelTrial*>& trials) {
  MachineRates rates;
  {
    BlockWeights weights;
    rates.seconds_of_block =
        best_seconds([&] { weights = decoder.load_block(0, std::move(weights)); });
    rates.block_flops = block_rate(decoder, set, weights);
  }
  HeadSlab slab;
  const double slab_seconds =
      best_seconds([&] { slab = decoder.load_head(0, kHeadSlab, std::move(slab)); });
  const Index vocab = decoder.spec().vocab_size;
  rates.seconds_of_head =
      slab_seconds * static_cast<double>(vocab) / static_cast<double>(std::min(vocab, kHeadSlab));
  rates.head_flops = head_rate(decoder, slab);
  rates.distorted_values = distortion_rate(decoder, trials);
  return rates;
}

}  // namespace nf
