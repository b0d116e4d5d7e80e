#pragma once

#include <span>

#include "core/model/decoder.h"
#include "eval/metrics/token_scores.h"
#include "eval/run/stage_runner.h"

namespace nf {

/// A lane at the head.
struct HeadLane {
  ConstMatrixView scored;         ///< what the head reads: [R, E]
  const Matrix* head = nullptr;   ///< its own, [V, E]; empty: the checkpoint's
  TokenScores* scores = nullptr;  ///< of R rows
};

/// The logits of all lanes, the baseline's first, chunk by chunk of the vocabulary; each chunk goes
/// into the scores and is dropped. The baseline has the checkpoint's head.
void score_heads(const Decoder& decoder, std::span<const HeadLane> lanes, const StageHooks& hooks);

}  // namespace nf
