#include "eval/metrics/token_scores.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "eval/metrics/kl_tail.h"
#include "tests/reference/kl_reference.h"
#include "tests/support/random_matrix.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kVocab = 2500;
constexpr Index kRows = 8;
/// Exponentials in f32: a few 1e-7 of each sum, of which the logarithm is taken; 8 rows.
constexpr double kTolerance = 2e-5;

using Targets = std::vector<Target>;

/// Row r predicts tokens[r].
Targets one_each(const std::vector<std::int32_t>& tokens) {
  Targets targets;
  for (const std::int32_t token : tokens)
    targets.push_back({.row = std::ssize(targets), .token = token});
  return targets;
}

/// Scores of a baseline and a trial, chunk by chunk.
struct Scores {
  Scores(const Matrix& baseline, const Matrix& trial, const Targets& targets, Index chunk,
         Index rows_at_once = kRows)
      : base(baseline.rows(), targets), other(baseline.rows(), targets), count(targets.size()) {
    for (Index row = 0; row < base.rows(); row += rows_at_once) {
      const Index rows = std::min(rows_at_once, base.rows() - row);
      for (Index first = 0; first < baseline.cols(); first += chunk) {
        const Index columns = std::min(chunk, baseline.cols() - first);
        std::vector<double> weights(static_cast<std::size_t>(rows * columns));
        std::vector<double> rescale(static_cast<std::size_t>(rows));
        const auto part = [&](const Matrix& logits) {
          return logits.view().middle_rows(row, rows).middle_cols(first, columns);
        };
        base.add_baseline(part(baseline), row, first, weights, rescale);
        other.add_trial(part(trial), row, first, part(baseline), weights, rescale);
      }
    }
  }

  /// Sums over all targets, which are of part 0.
  PartSums baseline() const { return sums(base); }
  PartSums trial() const { return sums(other); }

  TokenScores base, other;
  std::size_t count;

 private:
  PartSums sums(const TokenScores& scores) const {
    PartSums sums;
    scores.add_targets(0, count, base, std::span(&sums, 1));
    return sums;
  }
};

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

/// The sums that TokenScores computes for the targets of one part, from whole rows in double.
PartSums slow_sums(const Matrix& baseline, const Matrix& trial, const Targets& targets,
                   Index part = 0) {
  PartSums sums;
  for (const Target& target : targets) {
    if (target.part != part) continue;
    const std::vector<double> b = log_softmax(baseline, target.row);
    const std::vector<double> t = log_softmax(trial, target.row);
    ++sums.tokens;
    sums.nll -= t[static_cast<std::size_t>(target.token)];
    for (std::size_t v = 0; v < b.size(); ++v) {
      sums.kl += std::exp(b[v]) * (b[v] - t[v]);
      sums.kl_reverse += std::exp(t[v]) * (t[v] - b[v]);
    }
    const auto best = [](const std::vector<double>& p) {
      return std::max_element(p.begin(), p.end()) - p.begin();
    };
    if (best(b) == best(t)) ++sums.top1;
    const bool found = best(t) == target.token, was_found = best(b) == target.token;
    if (found) ++sums.greedy;
    if (was_found && !found) ++sums.flips_lost;
    if (found && !was_found) ++sums.flips_gained;
  }
  return sums;
}

struct Rows {
  explicit Rows(float shift = 0.0f)
      : targets(one_each(random_ids(kRows, kVocab))),
        baseline(random_matrix(kRows, kVocab, 1, 3.0f)),
        trial(random_matrix(kRows, kVocab, 2, 0.3f)) {
    for (Index i = 0; i < trial.size(); ++i) {
      baseline.data()[i] += shift;
      trial.data()[i] += baseline.data()[i];
    }
  }
  Targets targets;
  Matrix baseline, trial;
};

void expect_near(const PartSums& fast, const PartSums& slow) {
  EXPECT_EQ(fast.tokens, slow.tokens);
  EXPECT_NEAR(fast.nll, slow.nll, kTolerance);
  EXPECT_NEAR(fast.kl, slow.kl, kTolerance);
  EXPECT_NEAR(fast.kl_reverse, slow.kl_reverse, kTolerance);
  EXPECT_EQ(fast.top1, slow.top1);
  EXPECT_EQ(fast.greedy, slow.greedy);
  EXPECT_EQ(fast.flips_lost, slow.flips_lost);
  EXPECT_EQ(fast.flips_gained, slow.flips_gained);
}

TEST(TokenScores, CountTheFlipsInBothDirections) {
  // Each predicts the baseline's favourite, or the trial's: the first rows are lost, the rest won.
  Rows rows;
  for (Index row = 0; row < kRows; ++row) {
    const Matrix& of = row < 3 ? rows.baseline : rows.trial;
    const float* const logits = of.view().row(row);
    rows.targets[static_cast<std::size_t>(row)].token =
        static_cast<std::int32_t>(std::max_element(logits, logits + kVocab) - logits);
    float* const other = (row < 3 ? rows.trial : rows.baseline).view().row(row);
    other[rows.targets[static_cast<std::size_t>(row)].token] = -10.0f;
  }
  const Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  EXPECT_EQ(scores.trial().flips_lost, 3);
  EXPECT_EQ(scores.trial().flips_gained, kRows - 3);
  EXPECT_EQ(scores.baseline().flips_lost, 0);
  EXPECT_EQ(scores.baseline().flips_gained, 0);
  expect_near(scores.trial(), slow_sums(rows.baseline, rows.trial, rows.targets));
}

TEST(TokenScores, HaveTheEntropyOfTheBaseline) {
  const Rows rows;
  for (const Index chunk : {kVocab, Index{100}}) {
    const Scores scores(rows.baseline, rows.trial, rows.targets, chunk);
    for (Index row = 0; row < kRows; ++row) {
      const auto at = static_cast<std::size_t>(row);
      double entropy = 0.0;
      for (const double p : log_softmax(rows.baseline, row)) entropy -= std::exp(p) * p;
      PartSums sums;
      scores.other.add_targets(at, at + 1, scores.base, std::span(&sums, 1), DetailMode::entropy);
      ASSERT_NE(sums.detail, nullptr);
      EXPECT_EQ(static_cast<Index>(sums.detail->entropy->size()), entropy_bin(entropy) + 1);
      EXPECT_EQ(sums.detail->entropy->back().sums.tokens, 1);
    }
  }
}

TEST(TokenScores, KeepTheTailOfAnItemOfOnePart) {
  const Rows rows;
  const Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  KlTail tail;
  for (std::size_t target = 0; target < rows.targets.size(); ++target) {
    PartSums sums;
    scores.other.add_targets(target, target + 1, scores.base, std::span(&sums, 1));
    tail.add(sums.kl);
  }
  PartSums all;  // in two goes
  scores.other.add_targets(0, 3, scores.base, std::span(&all, 1));
  scores.other.add_targets(3, rows.targets.size(), scores.base, std::span(&all, 1));
  ASSERT_NE(all.tail, nullptr);
  EXPECT_EQ(all.tail->unpacked(), tail);
  EXPECT_EQ(scores.baseline().tail->unpacked()->max, 0.0);
  std::vector<PartSums> parts(2);
  scores.other.add_targets(0, 1, scores.base, parts);
  EXPECT_EQ(parts[0].tail, nullptr);
}

TEST(TokenScores, SumTheResidualsOfTheirRows) {
  const Rows rows;
  Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  EXPECT_TRUE(scores.trial().lacks_residual_error);  // nobody has said them
  std::vector<double> of_baseline(kRows, 4.0), of_trial(kRows, 0.5);
  scores.base.set_residuals(of_baseline);
  scores.other.set_residuals(of_trial);
  EXPECT_EQ(scores.baseline().residual, 4.0 * kRows);
  EXPECT_EQ(scores.baseline().residual_error, 0.0);
  EXPECT_EQ(scores.trial().residual, 4.0 * kRows);
  EXPECT_EQ(scores.trial().residual_error, 0.5 * kRows);
  of_trial.pop_back();
  EXPECT_THROW(scores.other.set_residuals(of_trial), InternalError);
}

TEST(TokenScores, EqualSoftmaxOverWholeRows) {
  const Rows rows;
  const Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  expect_near(scores.baseline(), slow_sums(rows.baseline, rows.baseline, rows.targets));
  expect_near(scores.trial(), slow_sums(rows.baseline, rows.trial, rows.targets));
  EXPECT_GT(scores.trial().kl, 0.1);
  EXPECT_GT(scores.trial().kl_reverse, 0.1);
}

TEST(TokenScores, TellTheTwoDirectionsApart) {
  // Half as much everywhere: the trial is far less sure, so its own view of the gap is smaller.
  Matrix baseline = random_matrix(kRows, kVocab, 1, 4.0f), trial(kRows, kVocab);
  for (Index i = 0; i < trial.size(); ++i) trial.data()[i] = 0.5f * baseline.data()[i];
  const Rows rows;
  const PartSums slow = slow_sums(baseline, trial, rows.targets);
  const PartSums there = Scores(baseline, trial, rows.targets, 1024).trial();
  const PartSums back = Scores(trial, baseline, rows.targets, 1024).trial();
  EXPECT_GT(std::abs(slow.kl - slow.kl_reverse), 1.0);
  EXPECT_NEAR(there.kl, slow.kl, kTolerance);
  EXPECT_NEAR(there.kl_reverse, slow.kl_reverse, kTolerance);
  EXPECT_NEAR(back.kl, there.kl_reverse, kTolerance);
  EXPECT_NEAR(back.kl_reverse, there.kl, kTolerance);
}

/// The promise: right to 1e-12 or 1 %, whichever is larger, and never negative.
void expect_right(double kl, const float* p_logits, const float* q_logits, Index n) {
  const double right = reference_kl(p_logits, q_logits, n);
  EXPECT_NEAR(kl, right, std::max(1e-12, 0.01 * right));
  EXPECT_GE(kl, 0.0);
  EXPECT_FALSE(std::signbit(kl));
}

/// Both divergences of every row.
void expect_divergences(const Matrix& baseline, const Matrix& trial, Index chunk = 1024) {
  const Index rows = baseline.rows(), n = baseline.cols();
  const Targets targets = one_each(std::vector<std::int32_t>(static_cast<std::size_t>(rows), 0));
  const Scores scores(baseline, trial, targets, chunk, 3);
  for (Index r = 0; r < rows; ++r) {
    PartSums sums;
    const auto target = static_cast<std::size_t>(r);
    scores.other.add_targets(target, target + 1, scores.base, std::span(&sums, 1));
    SCOPED_TRACE(fmt::format("row {}, vocabulary {}", r, n));
    expect_right(sums.kl, baseline.view().row(r), trial.view().row(r), n);
    expect_right(sums.kl_reverse, trial.view().row(r), baseline.view().row(r), n);
  }
}

/// Logits of some spread, and a trial's that differ from them by noise of some size.
struct Noisy {
  Noisy(Index rows, Index vocab, float spread, float noise, float added = 0.0f)
      : baseline(random_matrix(rows, vocab, 1, spread)), trial(random_matrix(rows, vocab, 2)) {
    for (Index i = 0; i < trial.size(); ++i)
      trial.data()[i] = baseline.data()[i] + (noise * trial.data()[i] + added);
  }
  Matrix baseline, trial;
};

TEST(TokenScores, HaveTheDivergenceOfTheLogitsWhateverItsSize) {
  for (const float spread : {0.0f, 3.0f, 30.0f, 1000.0f}) {
    for (const float noise : {1e-6f, 1e-5f, 1e-4f, 1e-3f, 1e-2f, 0.1f, 1.0f, 10.0f}) {
      SCOPED_TRACE(fmt::format("logits of {}, noise of {}", spread, noise));
      const Noisy rows(4, kVocab, spread, noise);
      expect_divergences(rows.baseline, rows.trial);
      // A constant changes nothing but the rounding of the logits.
      for (const float added : {-10.0f, 1000.0f}) {
        const Noisy moved(4, kVocab, spread, noise, added);
        expect_divergences(moved.baseline, moved.trial);
      }
    }
  }
}

TEST(TokenScores, HaveTheDivergenceOfVocabulariesOfAQuarterMillion) {
  for (const float noise : {0.0f, 1e-6f, 1e-3f, 1.0f}) {
    const Noisy rows(2, 250000, 3.0f, noise);
    expect_divergences(rows.baseline, rows.trial);
  }
}

TEST(TokenScores, HaveTheDivergenceOfOneLogitThatDiffers) {
  for (const Index at : {0, 1500, 2499}) {
    for (const float distance : {0.0f, 1e-3f, 1.0f, 20.0f, 1000.0f, -20.0f, -1000.0f}) {
      for (const bool best : {false, true}) {
        Matrix baseline = random_matrix(2, kVocab, 5, 3.0f);
        if (best) baseline(0, at) = baseline(1, at) = 25.0f;
        Matrix trial(2, kVocab);
        std::copy_n(baseline.data(), baseline.size(), trial.data());
        for (const Index r : {0, 1})
          trial(r, at) =
              distance == 0.0f ? std::nextafter(trial(r, at), 100.0f) : trial(r, at) + distance;
        SCOPED_TRACE(fmt::format("{} at {}, best {}", distance, at, best));
        expect_divergences(baseline, trial);
      }
    }
  }
}

TEST(TokenScores, HaveTheDivergenceOfRoundedLogits) {
  // As of bf16: 8 bits, some of them large.
  Matrix baseline = random_matrix(4, kVocab, 6, 400.0f), trial(4, kVocab);
  for (Index i = 0; i < trial.size(); ++i) {
    const float v = baseline.data()[i];
    const float unit = std::exp2(std::floor(std::log2(std::abs(v) + 1e-6f)) - 7.0f);
    trial.data()[i] = std::round(v / unit) * unit;
  }
  expect_divergences(baseline, trial);
}

TEST(TokenScores, DoNotDependOnWhereChunksEnd) {
  const Rows rows;
  const PartSums slow = slow_sums(rows.baseline, rows.trial, rows.targets);
  for (const Index chunk : {1, 7, 16, 100, 2499, 2500})
    expect_near(Scores(rows.baseline, rows.trial, rows.targets, chunk).trial(), slow);
}

TEST(TokenScores, DoNotDependOnHowManyRowsComeAtOnce) {
  const Rows rows;
  const PartSums together = Scores(rows.baseline, rows.trial, rows.targets, 1024).trial();
  for (const Index at_once : {1, 3}) {
    const PartSums apart = Scores(rows.baseline, rows.trial, rows.targets, 1024, at_once).trial();
    EXPECT_EQ(apart.nll, together.nll);
    EXPECT_EQ(apart.kl, together.kl);
    EXPECT_EQ(apart.kl_reverse, together.kl_reverse);
    EXPECT_EQ(apart.top1, together.top1);
  }
}

TEST(TokenScores, KeepPartsApart) {
  const Rows rows;
  // Rows with one, two and three targets, the same token twice among them.
  const Targets targets = {
      {.row = 0, .token = 7, .part = 2},    {.row = 1, .token = 2499, .part = 0},
      {.row = 1, .token = 2499, .part = 1}, {.row = 2, .token = 1024, .part = 1},
      {.row = 3, .token = 0, .part = 0},    {.row = 3, .token = 1023, .part = 1},
      {.row = 3, .token = 5, .part = 2}};
  const auto first_rows = [](const Matrix& from) {
    Matrix matrix(4, kVocab);
    std::copy_n(from.data(), matrix.size(), matrix.data());
    return matrix;
  };
  const Matrix baseline = first_rows(rows.baseline), trial = first_rows(rows.trial);
  const Scores scores(baseline, trial, targets, 1024);
  std::vector<PartSums> parts(3);
  scores.other.add_targets(0, targets.size(), scores.base, parts);
  for (Index part = 0; part < 3; ++part)
    expect_near(parts[static_cast<std::size_t>(part)], slow_sums(baseline, trial, targets, part));

  // Some of the targets, into sums that hold something already.
  scores.other.add_targets(3, 5, scores.base, parts);
  EXPECT_EQ(parts[0].tokens, 3);
  EXPECT_EQ(parts[1].tokens, 4);
  EXPECT_EQ(parts[2].tokens, 2);
}

TEST(TokenScores, CountTargetsThatAreTheMostProbableToken) {
  Matrix baseline(3, 40), trial(3, 40);
  baseline.fill(0.0f);
  trial.fill(0.0f);
  for (Index row = 0; row < 3; ++row) baseline(row, 3) = trial(row, 20 + row) = 1.0f;
  const Targets targets = one_each({20, 3, 22});
  const Scores scores(baseline, trial, targets, 16);
  EXPECT_EQ(scores.trial().greedy, 2);
  EXPECT_EQ(scores.baseline().greedy, 1);
}

TEST(TokenScores, WantATargetForEachRowInOrder) {
  EXPECT_THROW(TokenScores(2, one_each({1})), InternalError);
  EXPECT_THROW(TokenScores(1, one_each({1, 2})), InternalError);
  EXPECT_THROW(TokenScores(2, {{.row = 1, .token = 1}, {.row = 0, .token = 2}}), InternalError);
  EXPECT_THROW(TokenScores(2, {{.row = 1, .token = 1}}), InternalError);
}

TEST(TokenScores, HoldWithLargeLogits) {
  for (const float shift : {-80.0f, 80.0f}) {
    const Rows rows(shift);
    // f32 numbers near 80 are 7.6e-6 apart: what the sums of 8 rows may add up to.
    const PartSums slow = slow_sums(rows.baseline, rows.trial, rows.targets);
    const PartSums fast = Scores(rows.baseline, rows.trial, rows.targets, 512).trial();
    EXPECT_NEAR(fast.nll, slow.nll, 1e-4);
    EXPECT_NEAR(fast.kl, slow.kl, 1e-4);
    EXPECT_NEAR(fast.kl_reverse, slow.kl_reverse, 1e-4);
  }
}

TEST(TokenScores, FindNoDivergenceBetweenEqualLogits) {
  const Rows rows;
  for (const Index chunk : {100, 1024}) {
    const Scores scores(rows.baseline, rows.baseline, rows.targets, chunk);
    EXPECT_EQ(scores.trial().kl, 0.0);
    EXPECT_EQ(scores.trial().kl_reverse, 0.0);
    EXPECT_EQ(scores.trial().nll, scores.baseline().nll);
    EXPECT_EQ(scores.trial().top1, kRows);
    EXPECT_EQ(scores.baseline().kl, 0.0);
    EXPECT_EQ(scores.baseline().kl_reverse, 0.0);
    EXPECT_EQ(scores.baseline().top1, kRows);
  }
}

TEST(TokenScores, BreakTiesByTheLowestId) {
  const auto agree = [&](Index baseline_best, const std::vector<Index>& trial_best) {
    Matrix baseline(1, 40), trial(1, 40);
    baseline.fill(0.0f);
    trial.fill(0.0f);
    baseline(0, baseline_best) = 2.0f;
    for (const Index v : trial_best) trial(0, v) = 1.0f;
    return Scores(baseline, trial, one_each({1}), 16).trial().top1 == 1;
  };
  EXPECT_TRUE(agree(5, {5, 7}));  // in one chunk
  EXPECT_FALSE(agree(7, {5, 7}));
  EXPECT_TRUE(agree(5, {5, 20}));  // in two chunks
  EXPECT_FALSE(agree(20, {5, 20}));
  EXPECT_FALSE(agree(39, {16, 39}));
  EXPECT_TRUE(agree(0, {}));  // all are equal
  EXPECT_FALSE(agree(1, {}));
}

TEST(TokenScores, AreThoseOfTheTargetWorkedByHand) {
  Matrix logits(2, 40);
  logits.fill(0.0f);
  logits(0, 30) = 3.0f;
  logits(1, 2) = 5.0f;
  const double lse0 = std::log(39.0 + std::exp(3.0)), lse1 = std::log(39.0 + std::exp(5.0));
  EXPECT_NEAR(Scores(logits, logits, one_each({30, 2}), 16).baseline().nll, lse0 - 3.0 + lse1 - 5.0,
              1e-6);
}

TEST(TokenScores, AreNotFiniteWhereALogitIsNot) {
  const Rows rows;
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const Index at : {0, 1700, 2499}) {
      Matrix trial = random_matrix(kRows, kVocab, 2);
      trial(4, at) = bad;
      const PartSums sums = Scores(rows.baseline, trial, rows.targets, 1024).trial();
      EXPECT_FALSE(std::isfinite(sums.nll) && std::isfinite(sums.kl)) << bad << " at " << at;
    }
  }
}

/// The sums of all targets in one part, with detail.
PartSums with_detail(const Scores& scores, DetailMode mode) {
  PartSums sums;
  scores.other.add_targets(0, scores.count, scores.base, std::span(&sums, 1), mode);
  return sums;
}

TEST(TokenScores, KeepDetailOnlyWhereAsked) {
  const Rows rows;
  const Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  EXPECT_EQ(scores.trial().detail, nullptr);
  ASSERT_NE(with_detail(scores, DetailMode::confidence).detail, nullptr);
  EXPECT_TRUE(with_detail(scores, DetailMode::confidence).detail->tokens.empty());
  EXPECT_EQ(with_detail(scores, DetailMode::tokens).detail->tokens.size(), rows.targets.size());
  const PartSums plain = scores.trial();
  for (const DetailMode mode : {DetailMode::confidence, DetailMode::tokens}) {
    const PartSums sums = with_detail(scores, mode);
    EXPECT_EQ(sums.nll, plain.nll);
    EXPECT_EQ(sums.kl, plain.kl);
    EXPECT_EQ(sums.kl_reverse, plain.kl_reverse);
    EXPECT_EQ(sums.top1, plain.top1);
  }
}

TEST(TokenScores, DetailTokensAsWholeRowsDo) {
  // From hardly sure to certain, so that several bins are hit.
  Rows rows;
  for (Index row = 0; row < kRows; ++row) {
    rows.baseline(row, row) = 10.0f + 1.5f * static_cast<float>(row);
    rows.trial(row, row) = rows.baseline(row, row);
    rows.trial(row, row + (row % 2)) = rows.baseline(row, row) + 2.0f;
  }
  const Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  const PartSums sums = with_detail(scores, DetailMode::tokens);
  const Detail& detail = *sums.detail;
  Detail slow;
  double confident = 0.0;
  for (std::size_t t = 0; t < rows.targets.size(); ++t) {
    const Targets one = {rows.targets[t]};
    const PartSums trial = slow_sums(rows.baseline, rows.trial, one);
    const std::vector<double> b = log_softmax(rows.baseline, one[0].row);
    const double confidence = std::exp(*std::max_element(b.begin(), b.end()));
    confident = std::max(confident, confidence);
    slow.add({.nll = trial.nll,
              .baseline_nll = slow_sums(rows.baseline, rows.baseline, one).nll,
              .kl = trial.kl,
              .kl_reverse = trial.kl_reverse,
              .confidence = confidence,
              .top1 = trial.top1 == 1},
             DetailMode::tokens);
    EXPECT_NEAR(detail.tokens[t].nll, slow.tokens[t].nll, kTolerance);
    EXPECT_NEAR(detail.tokens[t].kl, slow.tokens[t].kl, kTolerance);
    EXPECT_NEAR(detail.tokens[t].kl_reverse, slow.tokens[t].kl_reverse, kTolerance);
    EXPECT_EQ(detail.tokens[t].top1, slow.tokens[t].top1);
    EXPECT_NEAR(detail.tokens[t].confidence, confidence, kTolerance);
  }
  EXPECT_GT(confident, 0.9);
  Index hit = 0;
  for (std::size_t bin = 0; bin < slow.bins.size(); ++bin) {
    const PartSums &fast_bin = detail.bins[bin].sums, &slow_bin = slow.bins[bin].sums;
    EXPECT_EQ(fast_bin.tokens, slow_bin.tokens) << bin;
    EXPECT_EQ(fast_bin.top1, slow_bin.top1) << bin;
    EXPECT_NEAR(fast_bin.nll, slow_bin.nll, kTolerance) << bin;
    EXPECT_NEAR(detail.bins[bin].baseline_nll, slow.bins[bin].baseline_nll, kTolerance) << bin;
    EXPECT_NEAR(fast_bin.kl, slow_bin.kl, kTolerance) << bin;
    EXPECT_NEAR(fast_bin.kl_reverse, slow_bin.kl_reverse, kTolerance) << bin;
    hit += slow_bin.tokens > 0 ? 1 : 0;
  }
  EXPECT_GT(hit, 2);
}

TEST(TokenScores, AddToTheDetailThatIsThere) {
  const Rows rows;
  const Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  const PartSums whole = with_detail(scores, DetailMode::tokens);
  PartSums sums;
  scores.other.add_targets(0, 3, scores.base, std::span(&sums, 1), DetailMode::tokens);
  const PartSums before = sums;
  scores.other.add_targets(3, scores.count, scores.base, std::span(&sums, 1), DetailMode::tokens);
  EXPECT_EQ(*sums.detail, *whole.detail);
  EXPECT_EQ(before.detail->tokens.size(), 3u);  // what was handed out stays as it was
}

TEST(TokenScores, KeepNoDetailOfSeveralParts) {
  const Rows rows;
  const Scores scores(rows.baseline, rows.trial, rows.targets, 1024);
  std::vector<PartSums> parts(2);
  scores.other.add_targets(0, scores.count, scores.base, parts, DetailMode::tokens);
  EXPECT_EQ(parts[0].detail, nullptr);
  EXPECT_EQ(parts[0].tokens, kRows);
}

}  // namespace
}  // namespace nf
