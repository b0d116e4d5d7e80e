#include "eval/records/predictor_sums.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "eval/records/record.h"
#include "eval/records/record_skim.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

PredictorSums input_sums() {
  PredictorSums sums{.row_mean_energy = 1.0 / 3.0};
  sums.outputs = {.tokens = 192,
                  .windows = 4,
                  .error = 0.1 / 7.0,
                  .output = 5.0 / 7.0,
                  .bias = 1e-9 / 3.0,
                  .expected_snr = 100.0 / 3.0};
  DistortionStats& stats = sums.on_calibration.emplace();
  stats.count = 6;
  stats.sum_x2 = 4.0 / 3.0;
  stats.sum_d2 = 0.1 / 3.0;
  stats.mean_d = -1.0 / 3.0;
  stats.central_d4 = 0.7 / 3.0;
  stats.sign_flips = 2;
  return sums;
}

Record record_of(const std::optional<PredictorSums>& weight,
                 const std::optional<PredictorSums>& input) {
  Record record{.id = "a", .name = "t", .model = "m"};
  record.sites = {{.site = "layers.0.o_proj.weight", .predictor = weight},
                  {.site = "layers.0.o_proj.input", .complete = false, .windows = 2}};
  record.sites[1].predictor = input;
  return record;
}

TEST(PredictorSums, ComeBackToTheLastBit) {
  PredictorSums of_weight{.row_mean_energy = 0.7 / 3.0};
  const Record record = record_of(of_weight, input_sums());
  const std::string line = record_to_line(record, builtin_metrics());
  const Record back = record_from_line(line, "f:1");
  ASSERT_TRUE(back.sites[0].predictor && back.sites[1].predictor);
  EXPECT_EQ(back.sites[0].predictor->row_mean_energy, of_weight.row_mean_energy);
  EXPECT_FALSE(back.sites[0].predictor->outputs);
  EXPECT_FALSE(back.sites[0].predictor->on_calibration);
  const PredictorSums got = *back.sites[1].predictor, sums = input_sums();
  EXPECT_EQ(got.outputs->tokens, 192);
  EXPECT_EQ(got.outputs->windows, 4);
  EXPECT_EQ(got.outputs->error, sums.outputs->error);
  EXPECT_EQ(got.outputs->output, sums.outputs->output);
  EXPECT_EQ(got.outputs->bias, sums.outputs->bias);
  EXPECT_EQ(got.outputs->expected_snr, sums.outputs->expected_snr);
  EXPECT_EQ(*got.on_calibration, *sums.on_calibration);
  EXPECT_EQ(record_to_line(back, builtin_metrics()), line);
  EXPECT_TRUE(skim_record(line, RecordParts::figures))
      << "tables that need none of it read on as fast";
}

TEST(PredictorSums, AreNotThereInRecordsWithoutThem) {
  const std::string line = record_to_line(record_of({}, {}), builtin_metrics());
  EXPECT_EQ(line.find("predict"), std::string::npos);
  EXPECT_FALSE(record_from_line(line, "f:1").sites[0].predictor);
  // Asked for, and nothing is known.
  const std::string empty = record_to_line(record_of({}, PredictorSums{}), builtin_metrics());
  EXPECT_TRUE(record_from_line(empty, "f:1").sites[1].predictor);
  EXPECT_FALSE(record_from_line(empty, "f:1").sites[1].predictor->row_mean_energy);
}

TEST(PredictorSums, OfAnInputAreThoseOfAllItsBlocks) {
  std::vector<SiteStats> sites;
  for (const Index window : {0, 1, 2}) {
    SiteStats part{.site = "layers.0.o_proj.input", .first_window = window, .windows = 1};
    if (window == 1) part.predictor = input_sums();
    add_site(part, sites);
  }
  ASSERT_EQ(sites.size(), 2u);
  ASSERT_TRUE(sites[0].predictor);
  EXPECT_EQ(sites[0].predictor->outputs->error, input_sums().outputs->error);
}

}  // namespace
}  // namespace nf
