#pragma once

#include <span>
#include <vector>

#include "core/model/decoder_spec.h"
#include "eval/data/item.h"

namespace nf {

/// Items [first, last): what is run together, recorded and, after a crash, lost at most.
struct Stage {
  Index first = 0;
  Index last = 0;
};

/// Floating-point operations of one item through one block, and of `rows` rows through the head.
double block_flops(const DecoderSpec& spec, const Layout& layout);
double head_flops(const DecoderSpec& spec, Index rows);
/// Rows of an item that predict a target.
Index scored_rows(const EvalItem& item);
/// Floating-point operations of one lane through a stage: all blocks, and the head for every row
/// that predicts a target.
double stage_flops(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage);

/// Cuts the items into stages such that `lanes` lanes do about kStageFlops each, but of no less
/// than kStageRows rows (reading the weights must pay), and a lane's hidden states stay below
/// kStageLaneBytes. Depends on the model, the items and the number of lanes alone, so a run that
/// goes on has the same stages as one that was never interrupted.
std::vector<Stage> cut_stages(const DecoderSpec& spec, std::span<const EvalItem> items,
                              Index lanes);
/// Lanes of a stage that should travel together: enough to share the reading of the weights, no
/// more than keeps what a crash can lose small.
Index lanes_per_wave(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage);

/// 42 s on the core of docs/performance.md (214 GFLOP/s), five minutes on the slowest that counts
/// (30 GFLOP/s).
inline constexpr double kStageFlops = 9e12;
inline constexpr Index kStageRows = 2048;
inline constexpr double kStageLaneBytes = 256e6;
/// Lanes that a wave has at least: reading a block costs about a tenth of a lane's kStageRows.
inline constexpr Index kWaveLanes = 8;

}  // namespace nf
