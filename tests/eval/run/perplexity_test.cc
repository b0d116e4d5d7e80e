#include "eval/run/perplexity.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kContext = 24;
constexpr Index kWindows = 5;

class Perplexity : public testing::Test {
 protected:
  Perplexity() : decoder_(open()) {}

  Decoder open() const {
    tiny_llama().write(dir_.path());
    return open_decoder(dir_.path());
  }
  TextSums measure(const MemoryBudget& budget, bool stop = false) {
    return measure_perplexity(
        decoder_, windows_, budget, [stop] { return stop; }, progress_);
  }

  TempDir dir_;
  Decoder decoder_;
  TokenWindows windows_ =
      TokenWindows::from_ids({random_ids(kWindows * kContext, 300)}, {.context = kContext}, "ids");
  Progress progress_{stderr, Progress::Style::quiet};
};

TEST_F(Perplexity, AddsUpWhatTheBaselineOfAStageScores) {
  const TextSums text = measure(MemoryBudget::of(std::nullopt));
  const EvalSet set = text_data(windows_).set;
  double nll = 0.0;
  for (const auto& parts :
       run_together(decoder_, set, {0, kWindows}, {}, StatsMode::none).baseline.items)
    nll += parts.front().nll;
  EXPECT_EQ(text.windows, kWindows);
  EXPECT_EQ(text.sums.tokens, kWindows * (kContext - 1));
  EXPECT_DOUBLE_EQ(text.sums.nll, nll);
}

TEST_F(Perplexity, RefusesABudgetThatIsTooSmall) {
  EXPECT_THROW(measure({.bytes = 1e6, .is_given = true}), ConfigError);
}

TEST_F(Perplexity, StopsWhenAsked) {
  EXPECT_THROW(measure(MemoryBudget::of(std::nullopt), true), Interrupted);
}

}  // namespace
}  // namespace nf
