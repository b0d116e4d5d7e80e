#include "eval/plan/stage.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace nf {

Stage::Stage(Index first, Index last) : items(static_cast<std::size_t>(last - first)) {
  std::iota(items.begin(), items.end(), first);
}

double block_flops(const DecoderSpec& spec, const Layout& layout) {
  double weights = 0.0;
  for (const LinearTensors& linear : spec.block(0).linears)
    weights += static_cast<double>(linear.out) * static_cast<double>(linear.in);
  const double width = static_cast<double>(spec.num_attention_heads * spec.head_dim);
  double flops = 2.0 * static_cast<double>(layout.rows()) * weights;
  for (const Segment& segment : layout.segments) {
    const double rows = static_cast<double>(segment.rows);
    // Scores and mixing: the prefix in full, and the causal half of the own rows.
    flops += 4.0 * rows * (static_cast<double>(segment.prefix_rows) + rows / 2.0) * width;
  }
  return flops;
}

double head_flops(const DecoderSpec& spec, Index rows) {
  return 2.0 * static_cast<double>(rows) * static_cast<double>(spec.embedding_size()) *
         static_cast<double>(spec.vocab_size);
}

Index scored_rows(const EvalItem& item) {
  Index rows = 0, last = -1;
  for (const Target& target : item.targets) {
    if (target.row != last) ++rows;
    last = target.row;
  }
  return rows;
}

namespace {

/// A stage has its share of the work a little early: sums in another order differ in the last bits.
constexpr double kShareReached = 1.0 - 1e-9;

double item_flops(const DecoderSpec& spec, const EvalItem& item) {
  return static_cast<double>(spec.num_hidden_layers) * block_flops(spec, item.layout) +
         head_flops(spec, scored_rows(item));
}

}  // namespace

double stage_flops(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage) {
  double flops = 0.0;
  for (const Index i : stage.items) flops += item_flops(spec, items[static_cast<std::size_t>(i)]);
  return flops;
}

std::vector<Stage> cut_stages(const DecoderSpec& spec, std::span<const EvalItem> items,
                              double lanes) {
  // As many stages as the work needs, of equal size: a short last one would not pay.
  double total = 0.0;
  for (const EvalItem& item : items) total += lanes * item_flops(spec, item);
  const double share = total / std::max(1.0, std::ceil(total / kStageFlops));
  const Index count = static_cast<Index>(items.size());
  std::vector<Stage> stages;
  Index first = 0, rows = 0;
  double flops = 0.0;
  for (Index i = 0; i < count; ++i) {
    const EvalItem& item = items[static_cast<std::size_t>(i)];
    const Index item_rows = item.layout.rows();
    const double bytes = 4.0 * static_cast<double>((rows + item_rows) * spec.hidden_size);
    const bool long_enough = flops >= share * kShareReached && rows >= kStageRows;
    if (rows > 0 && (long_enough || bytes > kStageLaneBytes)) {
      stages.emplace_back(first, i);
      first = i;
      flops = 0.0;
      rows = 0;
    }
    flops += lanes * item_flops(spec, item);
    rows += item_rows;
  }
  if (count > 0) stages.emplace_back(first, count);
  return stages;
}

Index lanes_per_wave(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage) {
  return std::max(kWaveLanes, static_cast<Index>(kStageFlops / stage_flops(spec, items, stage)));
}

}  // namespace nf
