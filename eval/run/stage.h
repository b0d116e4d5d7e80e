#pragma once

#include <vector>

#include "core/model/decoder_spec.h"
#include "eval/data/windows.h"

namespace nf {

/// Windows [first, last): what is run, recorded and, after a crash, lost at most.
struct Stage {
  Index first = 0;
  Index last = 0;
};

/// Floating-point operations of one window of `tokens` through one block, and through the head.
double block_flops(const DecoderSpec& spec, Index tokens);
double head_flops(const DecoderSpec& spec, Index tokens);
/// Floating-point operations of one lane through a stage: all blocks, and the head for every
/// position that predicts a token.
double stage_flops(const DecoderSpec& spec, const TokenWindows& windows, const Stage& stage);

/// Cuts the windows into stages of equal numbers of windows such that `lanes` lanes do about
/// kStageFlops each and their hidden states fit kStageBytes. Depends on the model and the number of
/// lanes alone, so a run that goes on has the same stages as one that was never interrupted.
std::vector<Stage> cut_stages(const DecoderSpec& spec, const TokenWindows& windows, Index lanes);

/// 42 s on the core of docs/performance.md (214 GFLOP/s), five minutes on the slowest that counts
/// (30 GFLOP/s).
inline constexpr double kStageFlops = 9e12;
inline constexpr double kStageBytes = 2e9;

}  // namespace nf
