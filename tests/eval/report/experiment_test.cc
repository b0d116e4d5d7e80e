#include <gtest/gtest.h>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

TEST(ExperimentSection, NamesNoFolderAndNoCommand) {
  ReportRunMaker run;
  run.contents().experiment = "model: /home/John Doe/" + kOddName + "\n";
  run.contents().manifest.about = {{"command", "noisefloor run x"}, {"cpu", "A <CPU>"}};
  const auto section = section_of("experiment", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(is_well_formed(section->html));
  EXPECT_TRUE(has(section->html, "A &lt;CPU&gt;"));
  EXPECT_FALSE(has(section->html, "John Doe"));
  EXPECT_FALSE(has(section->html, "noisefloor run x"));
}

TEST(ExperimentSection, DoesNotPrintWhatFillsManyPages) {
  ReportRunMaker run;
  run.contents().experiment = "a: 1\n";
  for (int line = 0; line < 500; ++line) run.contents().resolved += "- b\n";
  const auto section = section_of("experiment", run.input());
  ASSERT_TRUE(section);
  EXPECT_TRUE(has(section->html, "<details><summary>The experiment as it was given"));
  EXPECT_TRUE(has(
      section->html,
      "<details class=\"unprinted\"><summary>The experiment as it was understood (not printed"));
}

}  // namespace
}  // namespace nf
