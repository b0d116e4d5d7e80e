#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/model/decoder_spec.h"
#include "eval/plan/model_trial.h"
#include "eval/plan/stage.h"
#include "eval/plan/system_memory.h"

namespace nf {

inline constexpr double kMiB = 1024.0 * 1024.0;

/// Vocabulary rows of the head held packed at a time: no result depends on it.
inline constexpr Index kHeadSlab = 8192;

/// Bytes of memory that a stage needs, listed by what they grow with. An upper estimate.
struct StageMemory {
  /// The part that no lane adds to: the process's memory before, one block's packed weights, every
  /// thread's working memory, a slab of the head with its logits.
  double fixed = 0.0;
  double lane = 0.0;  ///< hidden states and scores of one lane, the baseline among them
  /// The most that a lane holds besides while it is its turn: its own packed weights of a block,
  /// and statistics of a calibration set for its inputs or its head; parts of its own embedding or
  /// head while they are made.
  double turn = 0.0;
  double distortion = 0.0;  ///< one thread distorting one weight
  /// A lane's own head: a packed slab, and the part of it that was made last. All of it in f32
  /// where a distortion must see it in one piece.
  double head = 0.0;

  double of(Index lanes, Index distorting_threads, Index own_heads) const {
    return fixed + turn + lane * static_cast<double>(lanes) +
           distortion * static_cast<double>(distorting_threads) +
           head * static_cast<double>(own_heads);
  }
};

/// Share of a budget for the baseline's inputs of the head, kept for later rounds of searches.
inline constexpr double kKeptShare = 0.25;

/// A stage's division into waves, such that it stays within a budget.
struct WavePlan {
  std::vector<Index> lanes;  ///< trials in each wave, in order; the baseline rides along
  Index distorting_threads = 1;
  double bytes = 0.0;  ///< the most that a wave of it needs
};

/// The memory of a stage. trials: those of the stage (not the baseline).
StageMemory stage_memory(const DecoderSpec& spec, std::span<const EvalItem> items,
                         const Stage& stage, std::span<const ModelTrial* const> trials,
                         Index threads, double process_bytes);
/// The memory that a run may use.
struct MemoryBudget {
  double bytes = 0.0;
  double process_bytes = 0.0;  ///< resident before the first stage: program, text, what was read
  bool is_given = false;       ///< by the user; else it is what this machine leaves
  /// Less than needed is an error; else it is told by the plan's bytes, which are more then.
  bool is_binding = true;

  /// `given`: bytes; by default four fifths of available_bytes(). To be called once, when
  /// everything but the weights is read.
  static MemoryBudget of(std::optional<Index> given);
};

/// The most trials of a wave that begins with trial `first`: at least one.
using WaveLimit = std::function<Index(Index first)>;

/// Cuts the trials of a stage into waves that stay within the budget and the limit. Throws
/// ConfigError naming the least budget that would do where it binds and not even one trial fits.
/// waves: the plan ends after so many; 0: with the last trial.
WavePlan plan_waves(const DecoderSpec& spec, std::span<const EvalItem> items, const Stage& stage,
                    std::span<const ModelTrial* const> trials, Index threads,
                    const MemoryBudget& budget, const WaveLimit& limit = {}, Index waves = 0);

}  // namespace nf
