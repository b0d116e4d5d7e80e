#include "eval/metrics/token_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/random_matrix.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kVocab = 2500;
constexpr Index kTokens = 9;
/// Exponentials in f32: a few 1e-7 of each sum, of which the logarithm is taken; 8 rows.
constexpr double kTolerance = 2e-5;

/// Scores of one window of a baseline and a trial, chunk by chunk.
struct Scores {
  WindowSums baseline, trial;
};

Scores score(const Matrix& baseline, const Matrix& trial, const std::vector<std::int32_t>& ids,
             Index chunk, Index rows_at_once = kTokens - 1) {
  WindowScores base(ids), other(ids);
  for (Index row = 0; row < base.rows(); row += rows_at_once) {
    const Index rows = std::min(rows_at_once, base.rows() - row);
    for (Index first = 0; first < baseline.cols(); first += chunk) {
      const Index count = std::min(chunk, baseline.cols() - first);
      Matrix exps(rows, count);
      std::vector<double> rescale(static_cast<std::size_t>(rows));
      const ConstMatrixView b = baseline.view().middle_rows(row, rows).middle_cols(first, count);
      const ConstMatrixView t = trial.view().middle_rows(row, rows).middle_cols(first, count);
      base.add_baseline(b, row, first, exps, rescale);
      other.add_trial(t, row, first, b, exps, rescale);
    }
  }
  return {base.sums(3, base), other.sums(3, base)};
}

std::vector<double> log_softmax(const Matrix& logits, Index row) {
  double top = -std::numeric_limits<double>::infinity(), sum = 0.0;
  std::vector<double> result;
  for (Index v = 0; v < logits.cols(); ++v) {
    result.push_back(static_cast<double>(logits(row, v)));
    top = std::max(top, result.back());
  }
  for (const double logit : result) sum += std::exp(logit - top);
  for (double& value : result) value -= top + std::log(sum);
  return result;
}

/// What WindowScores computes, from whole rows in double.
WindowSums slow_sums(const Matrix& baseline, const Matrix& trial,
                     const std::vector<std::int32_t>& ids) {
  WindowSums sums{.window = 3, .tokens = static_cast<Index>(ids.size()) - 1};
  for (Index row = 0; row < sums.tokens; ++row) {
    const std::vector<double> b = log_softmax(baseline, row), t = log_softmax(trial, row);
    sums.nll -= t[static_cast<std::size_t>(ids[static_cast<std::size_t>(row) + 1])];
    for (std::size_t v = 0; v < b.size(); ++v) sums.kl += std::exp(b[v]) * (b[v] - t[v]);
    const auto best = [](const std::vector<double>& p) {
      return std::max_element(p.begin(), p.end()) - p.begin();
    };
    if (best(b) == best(t)) ++sums.top1;
  }
  return sums;
}

struct Window {
  explicit Window(float shift = 0.0f)
      : ids(random_ids(kTokens, kVocab)),
        baseline(random_matrix(kTokens - 1, kVocab, 1, 3.0f)),
        trial(random_matrix(kTokens - 1, kVocab, 2, 0.3f)) {
    for (Index i = 0; i < trial.size(); ++i) {
      baseline.data()[i] += shift;
      trial.data()[i] += baseline.data()[i];
    }
  }
  std::vector<std::int32_t> ids;
  Matrix baseline, trial;
};

void expect_near(const WindowSums& fast, const WindowSums& slow) {
  EXPECT_EQ(fast.window, slow.window);
  EXPECT_EQ(fast.tokens, slow.tokens);
  EXPECT_NEAR(fast.nll, slow.nll, kTolerance);
  EXPECT_NEAR(fast.kl, slow.kl, kTolerance);
  EXPECT_EQ(fast.top1, slow.top1);
}

TEST(WindowScores, EqualSoftmaxOverWholeRows) {
  const Window window;
  const Scores scores = score(window.baseline, window.trial, window.ids, 1024);
  expect_near(scores.baseline, slow_sums(window.baseline, window.baseline, window.ids));
  expect_near(scores.trial, slow_sums(window.baseline, window.trial, window.ids));
  EXPECT_GT(scores.trial.kl, 0.1);
}

TEST(WindowScores, DoNotDependOnWhereChunksEnd) {
  const Window window;
  const WindowSums slow = slow_sums(window.baseline, window.trial, window.ids);
  for (const Index chunk : {1, 7, 16, 100, 2499, 2500})
    expect_near(score(window.baseline, window.trial, window.ids, chunk).trial, slow);
}

TEST(WindowScores, DoNotDependOnHowManyRowsComeAtOnce) {
  const Window window;
  const Scores together = score(window.baseline, window.trial, window.ids, 1024);
  for (const Index rows : {1, 3}) {
    const Scores apart = score(window.baseline, window.trial, window.ids, 1024, rows);
    EXPECT_EQ(apart.trial.nll, together.trial.nll);
    EXPECT_EQ(apart.trial.kl, together.trial.kl);
    EXPECT_EQ(apart.trial.top1, together.trial.top1);
  }
}

TEST(WindowScores, HoldWithLargeLogits) {
  for (const float shift : {-80.0f, 80.0f}) {
    const Window window(shift);
    // f32 numbers near 80 are 7.6e-6 apart: what the sums of 8 rows may add up to.
    const WindowSums slow = slow_sums(window.baseline, window.trial, window.ids);
    const WindowSums fast = score(window.baseline, window.trial, window.ids, 512).trial;
    EXPECT_NEAR(fast.nll, slow.nll, 1e-4);
    EXPECT_NEAR(fast.kl, slow.kl, 1e-4);
  }
}

TEST(WindowScores, FindNoDivergenceBetweenEqualLogits) {
  const Window window;
  for (const Index chunk : {100, 1024}) {
    const Scores scores = score(window.baseline, window.baseline, window.ids, chunk);
    EXPECT_EQ(scores.trial.kl, 0.0);
    EXPECT_EQ(scores.trial.nll, scores.baseline.nll);
    EXPECT_EQ(scores.trial.top1, kTokens - 1);
    EXPECT_EQ(scores.baseline.kl, 0.0);
    EXPECT_EQ(scores.baseline.top1, kTokens - 1);
  }
}

TEST(WindowScores, BreakTiesByTheLowestId) {
  const std::vector<std::int32_t> ids = {0, 1};
  const auto agree = [&](Index baseline_best, std::vector<Index> trial_best) {
    Matrix baseline(1, 40), trial(1, 40);
    baseline.fill(0.0f);
    trial.fill(0.0f);
    baseline(0, baseline_best) = 2.0f;
    for (const Index v : trial_best) trial(0, v) = 1.0f;
    return score(baseline, trial, ids, 16).trial.top1 == 1;
  };
  EXPECT_TRUE(agree(5, {5, 7}));  // in one chunk
  EXPECT_FALSE(agree(7, {5, 7}));
  EXPECT_TRUE(agree(5, {5, 20}));  // in two chunks
  EXPECT_FALSE(agree(20, {5, 20}));
  EXPECT_FALSE(agree(39, {16, 39}));
  EXPECT_TRUE(agree(0, {}));  // all are equal
  EXPECT_FALSE(agree(1, {}));
}

TEST(WindowScores, TakeTheTargetFromTheNextPosition) {
  const std::vector<std::int32_t> ids = {0, 30, 2};
  Matrix logits(2, 40);
  logits.fill(0.0f);
  logits(0, 30) = 3.0f;
  logits(1, 2) = 5.0f;
  const double lse0 = std::log(39.0 + std::exp(3.0)), lse1 = std::log(39.0 + std::exp(5.0));
  EXPECT_NEAR(score(logits, logits, ids, 16).baseline.nll, lse0 - 3.0 + lse1 - 5.0, 1e-6);
}

TEST(WindowScores, AreNotFiniteWhereALogitIsNot) {
  const Window window;
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const Index at : {0, 1700, 2499}) {
      Matrix trial = random_matrix(kTokens - 1, kVocab, 2);
      trial(4, at) = bad;
      const WindowSums sums = score(window.baseline, trial, window.ids, 1024).trial;
      EXPECT_FALSE(std::isfinite(sums.nll) && std::isfinite(sums.kl)) << bad << " at " << at;
    }
  }
}

}  // namespace
}  // namespace nf
