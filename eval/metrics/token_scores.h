#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/tensor/matrix.h"
#include "eval/metrics/window_sums.h"

namespace nf {

/// What is kept of one row of logits while the vocabulary goes by chunk by chunk.
struct RowScore {
  float max = -std::numeric_limits<float>::infinity();
  double exp_sum = 0.0;   ///< Σ e^(logit - max)
  Index best_token = -1;  ///< the most probable one; of equal ones the lowest id
  float target_logit = 0.0f;
  double difference =
      0.0;  ///< trials: Σ e^(baseline logit - baseline max)·(baseline logit - logit)
  double log_sum_exp() const;
};

/// Scores of one window of one lane: log-likelihood of each next token, most probable token and,
/// for trials, the exact KL(baseline‖trial) over the full vocabulary, without ever holding a whole
/// row:
///   KL = Σ p_b (l_b - l_t) - logsumexp(l_b) + logsumexp(l_t),
/// the sum gathered relative to a running maximum. Row r scores position r, which predicts token
/// r+1.
class WindowScores {
 public:
  /// ids: the window's tokens, [T]; they must outlive this. T - 1 rows are scored.
  explicit WindowScores(std::span<const std::int32_t> ids) : ids_(ids), rows_(ids.size() - 1) {}
  Index rows() const { return static_cast<Index>(rows_.size()); }

  /// A chunk of the baseline's logits for rows [first_row, first_row + logits.rows()).
  /// logits: [rows, chunk]  exps: [rows, chunk], filled for the trials  rescale: [rows], what
  /// earlier differences of the trials must be multiplied with.
  void add_baseline(ConstMatrixView logits, Index first_row, Index first_token, MatrixView exps,
                    std::span<double> rescale);
  /// The same chunk of a trial; `baseline`, `exps` and `rescale` as add_baseline left them.
  void add_trial(ConstMatrixView logits, Index first_row, Index first_token,
                 ConstMatrixView baseline, ConstMatrixView exps, std::span<const double> rescale);

  /// Sums over the window, rows in order. `baseline`: the baseline's scores of the same window,
  /// possibly this very object (then KL is 0 and every top-1 agrees).
  WindowSums sums(Index window, const WindowScores& baseline) const;

 private:
  void note_target_and_best(ConstMatrixView logits, Index r, Index row, Index first_token,
                            float chunk_max);

  std::span<const std::int32_t> ids_;
  std::vector<RowScore> rows_;
};

}  // namespace nf
