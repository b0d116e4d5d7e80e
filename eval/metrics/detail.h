#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/base/types.h"
#include "core/config/config_value.h"
#include "eval/metrics/part_sums.h"
#include "eval/metrics/scored_token.h"
#include "eval/metrics/summed_figures.h"

namespace nf {

/// The detail that is kept of a window of text beside its sums. None of it enters a trial's id: the
/// figures of a window are the same with and without it.
enum class DetailMode { none, confidence, entropy, tokens };
template <>
struct EnumNames<DetailMode> {
  static constexpr EnumName<DetailMode> table[] = {
      {DetailMode::none, "none", "sums over each window alone"},
      {DetailMode::confidence, "confidence",
       "each window's sums also by how sure the baseline was, and confidence.csv"},
      {DetailMode::entropy, "entropy",
       "instead by the entropy of the baseline's distribution, and entropy.csv"},
      {DetailMode::tokens, "tokens",
       "as confidence, and the figures of every scored token in records.jsonl"},
  };
};

/// Sums over the scored tokens of one window that are alike in what the baseline makes of them.
struct TokenBin {
  PartSums sums{};            ///< of these bin_figures() are kept
  double baseline_nll = 0.0;  ///< nats

  void add(const ScoredToken& token);
  void add(const TokenBin& more);
  bool operator==(const TokenBin&) const = default;
};

/// The figures that bins have: those of windows that have a mean.
std::vector<SummedFigure> bin_figures();

/// A column of confidence.csv and entropy.csv, which have the mean of this sum over the tokens of a
/// bin; not a number where it is not known.
struct BinColumn {
  const char* name;
  double sum;
};
/// One for each of bin_figures(), and behind the trial's nll the baseline's, baseline_nll.
std::vector<BinColumn> bin_columns(const TokenBin& bin);

/// Equal parts of [0, 1], for the probability of the baseline's most probable token.
inline constexpr Index kConfidenceBins = 10;
/// The bin of a probability: k where k ≤ 10·confidence < k + 1; 1 is in the last.
Index confidence_bin(double confidence);

/// Width of the bins of the baseline's entropy, nats.
inline constexpr double kEntropyBinWidth = 0.25;
/// The bin of an entropy, from 0 on; a lower end belongs to its bin.
Index entropy_bin(double entropy);

/// One scored token as detail keeps it.
struct TokenDetail {
  double nll = 0.0;         ///< nats
  double kl = 0.0;          ///< KL(baseline‖trial), nats
  double kl_reverse = 0.0;  ///< KL(trial‖baseline), nats
  bool top1 = false;        ///< baseline and trial have the same most probable token
  double confidence = 0.0;  ///< the baseline's probability of its most probable token

  bool operator==(const TokenDetail&) const = default;
};

/// The detail that is kept of one window of one trial.
struct Detail {
  std::array<TokenBin, kConfidenceBins> bins{};  ///< by confidence; all 0 where there is `entropy`
  /// Bins by entropy, up to the last one with a token; with DetailMode::entropy alone.
  std::optional<std::vector<TokenBin>> entropy{};
  std::vector<TokenDetail> tokens{};  ///< in order; empty unless with DetailMode::tokens

  /// Takes the next scored token.
  void add(const ScoredToken& token, DetailMode mode);
  bool operator==(const Detail&) const = default;
};

}  // namespace nf
