#pragma once

#include <array>
#include <vector>

#include "core/base/types.h"
#include "core/config/config_value.h"
#include "eval/metrics/part_sums.h"
#include "eval/metrics/scored_token.h"

namespace nf {

/// The detail that is kept of a window of text beside its sums. None of it enters a trial's id: the
/// figures of a window are the same with and without it.
enum class DetailMode { none, confidence, tokens };
template <>
struct EnumNames<DetailMode> {
  static constexpr EnumName<DetailMode> table[] = {
      {DetailMode::none, "none", "sums over each window alone"},
      {DetailMode::confidence, "confidence",
       "each window's sums also by how sure the baseline was, and confidence.csv"},
      {DetailMode::tokens, "tokens", "besides, the figures of every scored token in records.jsonl"},
  };
};

/// Scored tokens of one window where the baseline's most probable token had a probability in one of
/// kConfidenceBins equal parts of [0, 1]; sums over them.
struct ConfidenceBin {
  PartSums sums{};            ///< of these window_figures() are kept
  double baseline_nll = 0.0;  ///< nats

  void add(const ConfidenceBin& more);
  bool operator==(const ConfidenceBin&) const = default;
};

/// A column of confidence.csv, which has the mean of this sum over the tokens of a bin.
struct BinColumn {
  const char* name;
  double sum;
};
/// One for each mean of window_figures(), and behind the trial's nll the baseline's, baseline_nll.
std::vector<BinColumn> bin_columns(const ConfidenceBin& bin);

inline constexpr Index kConfidenceBins = 10;
/// The bin of a probability: k where k ≤ 10·confidence < k + 1; 1 is in the last.
Index confidence_bin(double confidence);

/// One scored token as detail keeps it.
struct TokenDetail {
  double nll = 0.0;         ///< nats
  double kl = 0.0;          ///< KL(baseline‖trial), nats
  double kl_reverse = 0.0;  ///< KL(trial‖baseline), nats
  bool top1 = false;        ///< baseline and trial have the same most probable token
  double confidence = 0.0;  ///< the baseline's probability of its most probable token

  bool operator==(const TokenDetail&) const = default;
};

/// The detail that DetailMode::confidence and tokens keep of one window of one trial.
struct Detail {
  std::array<ConfidenceBin, kConfidenceBins> bins{};
  std::vector<TokenDetail> tokens{};  ///< in order; empty unless with DetailMode::tokens

  /// Takes the next scored token.
  void add(const ScoredToken& token, DetailMode mode);
  bool operator==(const Detail&) const = default;
};

}  // namespace nf
