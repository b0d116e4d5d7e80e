#include "eval/plan/wave_cost.h"

#include <set>

namespace nf {
namespace {

double number(Index n) { return static_cast<double>(n); }

/// Values of the weights of one block that are distorted, each once for all lanes that have it.
double distorted_in_block(const DecoderSpec& spec, Index layer,
                          std::span<const TrialPath* const> paths) {
  std::set<std::pair<Role, Index>> made;
  double values = 0.0;
  for (const TrialPath* path : paths) {
    if (!path->touches_weights(layer)) continue;
    for (const LinearTensors& linear : spec.block(layer).linears) {
      const Index weight =
          path->weights[static_cast<std::size_t>(layer)][static_cast<std::size_t>(linear.role)];
      if (weight != 0 && made.emplace(linear.role, weight).second)
        values += number(linear.out) * number(linear.in);
    }
  }
  return values;
}

}  // namespace

WaveCost& WaveCost::operator+=(const WaveCost& more) {
  waves += more.waves;
  lanes += more.lanes;
  block_passes += more.block_passes;
  head_passes += more.head_passes;
  blocks_read += more.blocks_read;
  block_flops += more.block_flops;
  head_flops += more.head_flops;
  distorted_weights += more.distorted_weights;
  bytes_read += more.bytes_read;
  return *this;
}

WaveCost wave_cost(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage,
                   const LaneTree& tree, std::span<const TrialPath* const> paths,
                   bool with_baseline, const StoredBytes& stored) {
  double block = 0.0, head = 0.0;
  for (const Index i : stage.items) {
    const EvalItem& item = items[static_cast<std::size_t>(i)];
    block += block_flops(spec, item.layout);
    head += head_flops(spec, scored_rows(item));
  }
  WaveCost cost{.waves = 1, .lanes = tree.lanes()};
  for (Index layer = 0; layer < spec.num_hidden_layers; ++layer) {
    cost.block_passes += tree.passes(layer + 1, with_baseline);
    cost.distorted_weights += distorted_in_block(spec, layer, paths);
  }
  cost.blocks_read = spec.num_hidden_layers;
  // At the head the baseline is always met again.
  cost.head_passes = tree.passes(tree.steps() - 1, true);
  cost.block_flops = number(cost.block_passes) * block;
  cost.head_flops = number(cost.head_passes) * head;
  cost.bytes_read =
      number(cost.blocks_read) * stored.block + stored.head + cost.distorted_weights * stored.value;
  return cost;
}

}  // namespace nf
