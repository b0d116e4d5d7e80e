#pragma once

#include <span>

#include "core/model/decoder.h"
#include "eval/metrics/token_scores.h"
#include "eval/run/distorted_outer.h"
#include "eval/run/lane.h"

namespace nf {

/// A lane at the head.
struct HeadLane {
  ConstMatrixView scored;               ///< the head's input: [R, E]
  DistortedOuter* head = nullptr;       ///< its own; null: the checkpoint's
  TokenScores* scores = nullptr;        ///< of R rows
  Rounding rounding = Rounding::usual;  ///< of the checkpoint's head

  /// Whether the checkpoint's head is packed for it as for the baseline.
  bool shares_head() const { return head == nullptr && rounding == Rounding::usual; }
};

/// Rows [first_row, first_row + count) of all lanes, the baseline's first, against a part of the
/// vocabulary: the logits of each chunk go into the scores and are dropped. count: kRowTile at
/// most. slabs: by lane, that part of its head. In the calling thread.
void score_tile(const Decoder& decoder, std::span<const HeadLane> lanes,
                std::span<const HeadSlab> slabs, Index first_row, Index count,
                const StageHooks& hooks);

/// The logits of all lanes, the baseline's first, chunk by chunk of the vocabulary; each chunk goes
/// into the scores and is dropped. The baseline has the checkpoint's head.
void score_heads(const Decoder& decoder, std::span<const HeadLane> lanes, const StageHooks& hooks);

}  // namespace nf
