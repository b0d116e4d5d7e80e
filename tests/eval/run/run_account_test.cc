#include "eval/run/run_account.h"

#include <gtest/gtest.h>

#include "core/io/read_file.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

Json calls_in(const std::filesystem::path& file) { return Json::parse(read_text_file(file)); }

TEST(RunAccount, SetsWhatHappenedBesideThePlan) {
  const TempDir dir;
  RunAccount account("noisefloor run e.yaml");
  account.append_to(dir / "plan.json");
  EXPECT_FALSE(std::filesystem::exists(dir / "plan.json"));  // no model ran
  const Expense taken{.seconds = 2.5, .peak_bytes = 3e6, .peak_is_own = true};
  const WaveCost cost{.waves = 3, .block_passes = 8, .head_passes = 2, .block_flops = 1e9};
  account.add({.model = "opt", .seconds = 2.0}, taken, cost, true);
  account.add({.model = "llama"}, {.seconds = 1.0}, {}, false);
  account.append_to(dir / "plan.json");
  const Json call = calls_in(dir / "plan.json").back();
  EXPECT_EQ(call["command"], "noisefloor run e.yaml");
  ASSERT_EQ(call["models"].size(), 2u);
  EXPECT_EQ(call["models"][0]["planned"]["seconds"], 2.0);
  const Json expected = {{"finished", true},      {"seconds", 2.5},    {"flops", 1000000000},
                         {"block_passes", 8},     {"head_passes", 2},  {"waves", 3},
                         {"peak_bytes", 3000000}, {"peak_of", "model"}};
  EXPECT_EQ(call["models"][0]["actual"], expected);
  EXPECT_EQ(call["models"][1]["actual"]["finished"], false);
  EXPECT_EQ(call["models"][1]["actual"]["peak_of"], "process");
}

TEST(ExpenseText, SaysWhetherThePeakIsTheModels) {
  const ModelEstimate planned{.model = "opt", .peak_bytes = 300 * 1048576.0, .seconds = 4.0};
  Expense taken{.seconds = 3.0, .peak_bytes = 200 * 1048576.0, .peak_is_own = true};
  EXPECT_EQ(expense_text(planned, taken),
            "opt: took 0:03, planned were 0:04; memory 200 MiB, planned at most 300");
  taken.peak_is_own = false;
  EXPECT_NE(expense_text(planned, taken).find("200 MiB (of all so far)"), std::string::npos);
}

TEST(ExpenseMeter, MeasuresFromTheStart) {
  const ExpenseMeter meter;
  const double before = meter.so_far().seconds;
  EXPECT_GE(before, 0.0);
  EXPECT_GE(meter.so_far().seconds, before);
  EXPECT_GT(meter.so_far().peak_bytes, 1e6);
}

}  // namespace
}  // namespace nf
