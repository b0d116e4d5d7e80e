#include "eval/report/section.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/report_runs.h"

namespace nf {
namespace {

ReportInput models_of(const std::vector<std::string>& names) {
  ReportInput input;
  ReportRun& run = input.runs.emplace_back();
  for (const std::string& name : names) run.models.push_back({.model = name, .lines = {}});
  return input;
}

/// Ids of figures are a section's word, "-nll" or a number where it has several, and the model's.
TEST(ReportParts, GiveEachFigureAnIdOfItsOwn) {
  const ReportInput input = models_of({"x", "nll-x", "2", "2-x", "X", "x!", "x-2", "model-2", "",
                                       std::string(60, 'a'), std::string(60, 'a') + "b"});
  std::set<std::string> ids;
  for (const ReportPart& part : parts_of(input))
    for (const char* stem : {"dose", "dose-nll", "dose-2", "dose-nll-2", "dose-3"})
      EXPECT_TRUE(ids.insert(stem + part.suffix).second) << stem << part.suffix;
}

TEST(ReportParts, AreNamedByTheirModels) {
  const ReportInput input = models_of({"OPT 125M", "llama"});
  const std::vector<ReportPart> parts = parts_of(input);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].suffix, "-opt-125m");
  EXPECT_EQ(parts[0].heading, "OPT 125M");
  const ReportInput one = models_of({"llama"});
  EXPECT_EQ(parts_of(one)[0].suffix, "");
}

}  // namespace
}  // namespace nf
