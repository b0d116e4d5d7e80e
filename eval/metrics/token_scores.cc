#include "eval/metrics/token_scores.h"

#include <algorithm>
#include <cmath>

#include "core/base/check.h"
#include "eval/metrics/logit_kernels.h"

namespace nf {

double RowScore::log_sum_exp() const { return static_cast<double>(max) + std::log(exp_sum); }

/// Takes the chunk into the row's target logit, most probable token and maximum.
void WindowScores::note_target_and_best(ConstMatrixView logits, Index r, Index row,
                                        Index first_token, float chunk_max) {
  RowScore& score = rows_[static_cast<std::size_t>(row)];
  const Index target = ids_[static_cast<std::size_t>(row) + 1] - first_token;
  if (0 <= target && target < logits.cols()) score.target_logit = logits(r, target);
  if (chunk_max > score.max) {
    const float* begin = logits.row(r);
    score.best_token = first_token + (std::find(begin, begin + logits.cols(), chunk_max) - begin);
    score.max = chunk_max;
  }
}

void WindowScores::add_baseline(ConstMatrixView logits, Index first_row, Index first_token,
                                MatrixView exps, std::span<double> rescale) {
  const LogitKernels& kernels = logit_kernels();
  for (Index r = 0; r < logits.rows(); ++r) {
    RowScore& score = rows_[static_cast<std::size_t>(first_row + r)];
    const float before = score.max;
    note_target_and_best(logits, r, first_row + r, first_token,
                         kernels.max(logits.row(r), logits.cols()));
    const double factor = std::exp(static_cast<double>(before) - static_cast<double>(score.max));
    rescale[static_cast<std::size_t>(r)] = factor;
    score.exp_sum =
        score.exp_sum * factor + kernels.exps(logits.row(r), score.max, logits.cols(), exps.row(r));
  }
}

void WindowScores::add_trial(ConstMatrixView logits, Index first_row, Index first_token,
                             ConstMatrixView baseline, ConstMatrixView exps,
                             std::span<const double> rescale) {
  const LogitKernels& kernels = logit_kernels();
  for (Index r = 0; r < logits.rows(); ++r) {
    RowScore& score = rows_[static_cast<std::size_t>(first_row + r)];
    const float before = score.max;
    note_target_and_best(logits, r, first_row + r, first_token,
                         kernels.max(logits.row(r), logits.cols()));
    const double factor = std::exp(static_cast<double>(before) - static_cast<double>(score.max));
    double difference = 0.0;
    const double exp_sum = kernels.exp_sum_and_difference(logits.row(r), score.max, baseline.row(r),
                                                          exps.row(r), logits.cols(), &difference);
    score.exp_sum = score.exp_sum * factor + exp_sum;
    score.difference = score.difference * rescale[static_cast<std::size_t>(r)] + difference;
  }
}

WindowSums WindowScores::sums(Index window, const WindowScores& baseline) const {
  NF_CHECK(baseline.rows() == rows(), "{} rows against {}", baseline.rows(), rows());
  WindowSums sums{.window = window, .tokens = rows()};
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const RowScore& own = rows_[r];
    const RowScore& other = baseline.rows_[r];
    const double own_lse = own.log_sum_exp();
    sums.nll += own_lse - static_cast<double>(own.target_logit);
    sums.kl += own.difference / other.exp_sum - other.log_sum_exp() + own_lse;
    if (own.best_token == other.best_token) ++sums.top1;
  }
  return sums;
}

}  // namespace nf
