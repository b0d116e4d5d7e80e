#include "eval/metrics/token_scores.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "core/base/check.h"
#include "eval/metrics/divergence_kernels.h"
#include "eval/metrics/kl_tail.h"
#include "eval/metrics/logit_kernels.h"
#include "eval/metrics/scored_token.h"

namespace nf {
namespace {

/// A divergence without what rounding may leave below 0; infinite and NaN stay what they are.
double not_negative(double divergence) {
  return divergence <= 0.0 && std::isfinite(divergence) ? 0.0 : divergence;
}

/// KL in both directions between a row of the baseline and of a trial.
struct Divergences {
  double forward, reverse;

  Divergences(const RowScore& baseline, const RowScore& trial) {
    const double gap = trial.centre +
                       (static_cast<double>(trial.max) - static_cast<double>(baseline.max)) +
                       std::log(trial.weight_sum / baseline.weight_sum);
    forward = not_negative(trial.difference / baseline.weight_sum + gap);
    reverse = not_negative(-trial.own_difference / trial.weight_sum - gap);
  }
};

}  // namespace

double RowScore::entropy() const {
  // Σ p·(log Σ e^l - l) about the maximum; rounding may leave less than 0.
  return std::max(std::log(weight_sum) - moment / weight_sum, 0.0);
}

double RowScore::log_sum_exp() const { return static_cast<double>(max) + std::log(exp_sum); }

TokenScores::TokenScores(Index rows, std::vector<Target> targets)
    : rows_(static_cast<std::size_t>(rows)),
      targets_(std::move(targets)),
      target_logits_(targets_.size()) {
  for (std::size_t t = 0; t < targets_.size(); ++t) {
    const auto row = static_cast<std::size_t>(targets_[t].row);
    if (row + 1 == first_target_.size()) continue;  // another one of the same row
    NF_CHECK(row == first_target_.size() && row < rows_.size(), "target of row {} after row {}",
             row, first_target_.size());
    first_target_.push_back(t);
  }
  NF_CHECK(first_target_.size() == rows_.size(), "targets for {} of {} rows", first_target_.size(),
           rows_.size());
  first_target_.push_back(targets_.size());
}

/// Takes the chunk into the row's target logits, most probable token, maximum and sum; returns the
/// factor for what was summed about the maximum before.
double TokenScores::add_chunk(ConstMatrixView logits, Index r, Index row, Index first_token) {
  const LogitKernels& kernels = logit_kernels();
  RowScore& score = rows_[static_cast<std::size_t>(row)];
  const float before = score.max;
  note_targets_and_best(logits, r, row, first_token, kernels.max(logits.row(r), logits.cols()));
  const double factor = std::exp(static_cast<double>(before) - static_cast<double>(score.max));
  score.exp_sum = score.exp_sum * factor + kernels.exp_sum(logits.row(r), score.max, logits.cols());
  return factor;
}

/// Takes the chunk into the row's target logits, most probable token and maximum.
void TokenScores::note_targets_and_best(ConstMatrixView logits, Index r, Index row,
                                        Index first_token, float chunk_max) {
  const auto i = static_cast<std::size_t>(row);
  RowScore& score = rows_[i];
  for (std::size_t t = first_target_[i]; t < first_target_[i + 1]; ++t) {
    const Index column = targets_[t].token - first_token;
    if (0 <= column && column < logits.cols()) target_logits_[t] = logits(r, column);
  }
  if (chunk_max > score.max) {
    const float* begin = logits.row(r);
    score.best_token = first_token + (std::find(begin, begin + logits.cols(), chunk_max) - begin);
    score.max = chunk_max;
  }
}

void TokenScores::add_baseline(ConstMatrixView logits, Index first_row, Index first_token,
                               std::span<double> weights, std::span<double> rescale) {
  for (Index r = 0; r < logits.rows(); ++r) {
    RowScore& score = rows_[static_cast<std::size_t>(first_row + r)];
    const float before = score.max;
    const double factor = add_chunk(logits, r, first_row + r, first_token);
    if (score.weight_sum > 0.0)
      score.moment =
          factor * (score.moment + (static_cast<double>(before) - static_cast<double>(score.max)) *
                                       score.weight_sum);
    rescale[static_cast<std::size_t>(r)] = factor;
    double* const row_weights = &weights[static_cast<std::size_t>(r * logits.cols())];
    score.weight_sum = score.weight_sum * factor +
                       divergence_kernels().weights(logits.row(r), static_cast<double>(score.max),
                                                    logits.cols(), row_weights);
    score.moment += divergence_kernels().moment(logits.row(r), static_cast<double>(score.max),
                                                row_weights, logits.cols());
  }
}

void TokenScores::add_trial(ConstMatrixView logits, Index first_row, Index first_token,
                            ConstMatrixView baseline, std::span<const double> weights,
                            std::span<const double> rescale) {
  for (Index r = 0; r < logits.rows(); ++r) {
    RowScore& score = rows_[static_cast<std::size_t>(first_row + r)];
    const bool first = score.best_token < 0;
    const double factor = add_chunk(logits, r, first_row + r, first_token);
    if (first && score.best_token >= 0) {
      const Index column = score.best_token - first_token;
      score.centre =
          static_cast<double>(baseline(r, column)) - static_cast<double>(logits(r, column));
    }
    const DivergenceSums sums = divergence_kernels().sums(
        logits.row(r), static_cast<double>(score.max), baseline.row(r),
        &weights[static_cast<std::size_t>(r * logits.cols())], score.centre, logits.cols());
    score.weight_sum = score.weight_sum * factor + sums.exps;
    score.difference = score.difference * rescale[static_cast<std::size_t>(r)] + sums.difference;
    score.own_difference = score.own_difference * factor + sums.own_difference;
  }
}

void TokenScores::set_residuals(std::span<const double> residuals) {
  NF_CHECK(residuals.size() == rows_.size(), "{} residuals for {} rows", residuals.size(),
           rows_.size());
  for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row].residual = residuals[row];
}

void TokenScores::add_targets(std::size_t first, std::size_t last, const TokenScores& baseline,
                              std::span<PartSums> sums, DetailMode detail) const {
  NF_CHECK(baseline.rows() == rows() && last <= targets_.size(), "{} rows against {}",
           baseline.rows(), rows());
  std::shared_ptr<Detail> kept;
  if (detail != DetailMode::none && sums.size() == 1) {
    const std::shared_ptr<const Detail>& before = sums.front().detail;
    kept = before == nullptr ? std::make_shared<Detail>() : std::make_shared<Detail>(*before);
  }
  KlTail tail;
  if (sums.front().tail != nullptr) tail = sums.front().tail->unpacked().value();
  for (std::size_t t = first; t < last; ++t) {
    const Target& target = targets_[t];
    const RowScore& own = rows_[static_cast<std::size_t>(target.row)];
    const RowScore& other = baseline.rows_[static_cast<std::size_t>(target.row)];
    const double own_lse = own.log_sum_exp(), other_lse = other.log_sum_exp();
    const Divergences kl(other, own);
    const ScoredToken token = {
        .nll = own_lse - static_cast<double>(target_logits_[t]),
        .baseline_nll = other_lse - static_cast<double>(baseline.target_logits_[t]),
        .kl = kl.forward,
        .kl_reverse = kl.reverse,
        .confidence = 1.0 / other.exp_sum,  // the most probable token's e^(logit - max) is 1
        .top1 = own.best_token == other.best_token,
        .greedy = own.best_token == target.token,
        .baseline_greedy = other.best_token == target.token,
        .entropy = other.entropy(),
        .residual = other.residual,
        .residual_error = &baseline == this ? 0.0 : own.residual,
    };
    tail.add(token.kl);
    sums[static_cast<std::size_t>(target.part)].add(token);
    if (kept != nullptr) kept->add(token, detail);
  }
  if (sums.size() == 1) sums.front().tail = std::make_shared<PackedKlTail>(PackedKlTail::of(tail));
  if (kept != nullptr) sums.front().detail = std::move(kept);
}

}  // namespace nf
