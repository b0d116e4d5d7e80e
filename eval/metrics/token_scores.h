#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/tensor/matrix.h"
#include "eval/data/item.h"
#include "eval/metrics/detail.h"
#include "eval/metrics/part_sums.h"

namespace nf {

/// The state of one row of logits while the vocabulary goes by chunk by chunk.
struct RowScore {
  float max = -std::numeric_limits<float>::infinity();
  double exp_sum = 0.0;     ///< Σ e^(logit - max)
  Index best_token = -1;    ///< the most probable one; of equal ones the lowest id
  double weight_sum = 0.0;  ///< the same sum once more in double, which KL needs
  double centre = 0.0;      ///< trials: baseline logit - logit of some token, exactly
  double difference =
      0.0;  ///< trials: Σ e^(baseline logit - baseline max)·(baseline logit - logit - centre)
  double own_difference = 0.0;  ///< trials: Σ e^(logit - max)·(baseline logit - logit - centre)
  double moment = 0.0;          ///< the baseline: Σ e^(logit - max)·(logit - max)
  /// ‖h‖² of the state that the row is the head's input of; trials: ‖h - h̃‖².
  double residual = std::numeric_limits<double>::quiet_NaN();
  double log_sum_exp() const;
  /// The baseline's, nats.
  double entropy() const;
};

/// Scores of one lane at the rows whose next token is wanted: log-likelihood of each target, most
/// probable token and, for trials, the exact KL to the baseline over the full vocabulary in both
/// directions, without ever holding a whole row of logits:
///   KL(baseline‖trial) = Σ p_b u + g,  KL(trial‖baseline) = -Σ p_t u - g,
/// with u = l_b - l_t - c and g = c + logsumexp(l_t) - logsumexp(l_b), the sums gathered relative
/// to a running maximum: of the baseline's logits for p_b, of the trial's own for p_t. c is u's
/// centre, so that neither part is large where the distributions are nearly the same; all of it is
/// in double. A divergence is right to 1e-12 or 1 % of the one between the f32 logits given, never
/// negative, and 0 between equal logits. The log-likelihoods rest on sums of f32 terms.
/// Different rows may be added by several threads.
class TokenScores {
 public:
  /// targets: rows 0 .. rows-1, ascending; at least one for each row.
  TokenScores(Index rows, std::vector<Target> targets);
  Index rows() const { return static_cast<Index>(rows_.size()); }

  /// A chunk of the baseline's logits for rows [first_row, first_row + logits.rows()). logits:
  /// [rows, chunk]  weights: [rows·chunk], filled for the trials, row by row  rescale: [rows], the
  /// factor for earlier differences of the trials.
  void add_baseline(ConstMatrixView logits, Index first_row, Index first_token,
                    std::span<double> weights, std::span<double> rescale);
  /// The same chunk of a trial; `baseline`, `weights` and `rescale` as add_baseline left them.
  void add_trial(ConstMatrixView logits, Index first_row, Index first_token,
                 ConstMatrixView baseline, std::span<const double> weights,
                 std::span<const double> rescale);

  /// residuals: RowScore::residual, by row.
  void set_residuals(std::span<const double> residuals);

  /// Adds targets [first, last), in order, to sums[target.part], and the tail where there is but
  /// one part. `baseline`: the baseline's scores
  /// of the same rows, possibly this very object (then KL is 0 and every top-1 agrees).
  /// detail: kept of each target besides, in sums.front(); nothing where there are several sums.
  void add_targets(std::size_t first, std::size_t last, const TokenScores& baseline,
                   std::span<PartSums> sums, DetailMode detail = DetailMode::none) const;

 private:
  double add_chunk(ConstMatrixView logits, Index r, Index row, Index first_token);
  void note_targets_and_best(ConstMatrixView logits, Index r, Index row, Index first_token,
                             float chunk_max);

  std::vector<RowScore> rows_;
  std::vector<Target> targets_;
  std::vector<float> target_logits_;
  std::vector<std::size_t> first_target_;  ///< of each row, and the end of the last one's
};

}  // namespace nf
