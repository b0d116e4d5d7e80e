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

/// A stage has its share a little early: sums in another order differ in the last bits.
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

std::vector<Stage> cut_stages(const DecoderSpec& spec, std::span<const EvalItem> items) {
  const auto bytes_of = [&spec](const EvalItem& item) {
    return 4.0 * static_cast<double>(item.layout.rows() * spec.hidden_size);
  };
  double total = 0.0;
  for (const EvalItem& item : items) total += bytes_of(item);
  const double share = total / std::max(1.0, std::ceil(total / kStageLaneBytes));
  const Index count = static_cast<Index>(items.size());
  std::vector<Stage> stages;
  Index first = 0;
  double bytes = 0.0;
  for (Index i = 0; i < count; ++i) {
    const double more = bytes_of(items[static_cast<std::size_t>(i)]);
    if (i > first && (bytes >= share * kShareReached || bytes + more > kStageLaneBytes)) {
      stages.emplace_back(first, i);
      first = i;
      bytes = 0.0;
    }
    bytes += more;
  }
  if (count > 0) stages.emplace_back(first, count);
  return stages;
}

std::vector<Stage> split_stage(std::span<const EvalItem> items, const Stage& stage, Index count) {
  const auto rows_of = [items](Index i) {
    return static_cast<double>(items[static_cast<std::size_t>(i)].layout.rows());
  };
  double total = 0.0, before = 0.0;
  for (const Index i : stage.items) total += rows_of(i);
  std::vector<Stage> parts;
  Index last = -1;
  for (const Index i : stage.items) {
    // An item belongs where its middle lies.
    const double middle = (before + 0.5 * rows_of(i)) / total;
    const Index part = static_cast<Index>(static_cast<double>(count) * middle);
    if (parts.empty() || part != last || count >= stage.count()) parts.emplace_back();
    parts.back().items.push_back(i);
    last = part;
    before += rows_of(i);
  }
  return parts;
}

}  // namespace nf
