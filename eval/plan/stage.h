#pragma once

#include <span>
#include <utility>
#include <vector>

#include "core/model/decoder_spec.h"
#include "eval/data/item.h"

namespace nf {

/// Items that are run together and recorded; their numbers, ascending.
struct Stage {
  Stage() = default;
  /// Items [first, last).
  Stage(Index first, Index last);
  explicit Stage(std::vector<Index> numbers) : items(std::move(numbers)) {}
  Index count() const { return static_cast<Index>(items.size()); }

  std::vector<Index> items;
};

/// Floating-point operations of one item through one block, and of `rows` rows through the head.
double block_flops(const DecoderSpec& spec, const Layout& layout);
double head_flops(const DecoderSpec& spec, Index rows);
/// Rows of an item that predict a target.
Index scored_rows(const EvalItem& item);
/// Floating-point operations of one lane through a stage: all blocks, and the head for every row
/// that predicts a target.
double stage_flops(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage);

/// Cuts the items, in their order, into stages such that `lanes` lanes (which share what they have
/// in common: any number, not only whole ones) do about kStageFlops each, but of no less than
/// kStageRows rows (reading the weights must pay), and a lane's hidden states stay below
/// kStageLaneBytes. No result depends on it.
std::vector<Stage> cut_stages(const DecoderSpec& spec, std::span<const EvalItem> items,
                              double lanes);
/// Lanes of a stage that should travel together: enough to share the reading of the weights, few
/// enough that a crash loses little.
Index lanes_per_wave(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage);

/// Work of a stage: three minutes on one core of docs/performance.md (214 GFLOP/s). A crash loses
/// at most the last wave of that, and thousands of rows share the reading and distorting of the
/// weights.
inline constexpr double kStageFlops = 36e12;
inline constexpr Index kStageRows = 2048;
inline constexpr double kStageLaneBytes = 256e6;
/// The least lanes of a wave: reading a block costs about a tenth of a lane's kStageRows.
inline constexpr Index kWaveLanes = 8;

}  // namespace nf
