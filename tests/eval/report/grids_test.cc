#include <gtest/gtest.h>

#include "tests/support/dose_rows.h"
#include "tests/support/report_runs.h"

namespace nf {
namespace {

/// A quantizer of all weights with that grid and those units.
ResultRow grid_row(const std::string& grid, const std::string& granularity, double kl) {
  const Json entries = Json::array({{{"tensor", "weight"},
                                     {"grid", grid},
                                     {"bits", 4},
                                     {"granularity", granularity},
                                     {"symmetric", true},
                                     {"method", "rtn"}}});
  return law_row("w4", kl, {{"layers.0.q_proj.weight", 0.01}}, entries,
                 {{"grid", grid}, {"granularity", granularity}});
}

ReportInput two_grids() {
  return input_of_rows({compared_baseline(16), grid_row("uniform", "tensor", 1.88),
                        grid_row("uniform", "channel", 0.1), grid_row("power", "tensor", 0.31),
                        grid_row("power", "channel", 0.2)});
}

TEST(GridsSection, SaysWhereAnotherGridWinsAndWhereItLoses) {
  const auto section = section_of("grids", two_grids());
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_sound(*section));
  EXPECT_TRUE(has(section->html,
                  "At W4A16, cube root beats uniform at tensor (KL 0.310 against 1.88, −83.5"));
  EXPECT_TRUE(has(section->html, "it loses to uniform at channel (KL 0.200 against 0.100, 2.0"));
  ASSERT_EQ(section->figures.size(), 1u);
  EXPECT_TRUE(has(section->figures[0].csv, "m,W4A16,channel,,uniform,cube root,"));
}

TEST(GridsSection, IsTheAnswersFirstSentence) {
  const auto answer = section_of("answer", two_grids());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(has(answer->html, "At W4A16, cube root beats uniform at tensor"));
}

TEST(GridsSection, HasNothingToSayOfOneGrid) {
  EXPECT_FALSE(
      section_of("grids", input_of_rows({compared_baseline(16), quantized_row("w4", 0.1)})));
}

}  // namespace
}  // namespace nf
