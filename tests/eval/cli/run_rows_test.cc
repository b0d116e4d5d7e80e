#include "eval/cli/run_rows.h"

#include <gtest/gtest.h>

#include "tests/support/law_support.h"
#include "tests/support/row_keys.h"

namespace nf {
namespace {

const SiteSizes kSizes = {{"layers.0.q_proj.weight", 0.01}};

RunRows run_of(const std::vector<ResultRow>& rows) { return {.keys = keys_of(rows), .rows = rows}; }

/// The name that a row has beside an earlier folder's w4 of seed 0.
std::string name_of(ResultRow row) {
  const RunRows earlier = run_of({law_row("w4", 0.1, kSizes, kLawQuantizer)});
  RunRows own = run_of({std::move(row)});
  tell_names_apart("runs/b", earlier, own);
  EXPECT_EQ(own.keys[0].name, own.rows[0].key.name);
  return own.rows[0].key.name;
}

TEST(RunRows, JoinSeedsAndTheSameRecords) {
  EXPECT_EQ(name_of(law_row("w4", 0.1, kSizes, kLawQuantizer)), "w4");
  EXPECT_EQ(name_of(law_row("w4", 0.2, kSizes, kLawQuantizer, Json::object(), 1)), "w4");
  EXPECT_EQ(name_of(law_row("w4", 0.2, kSizes, kLawQuantizer, {{"bits", 4}})), "w4");
}

TEST(RunRows, TellOtherTrialsOfOneNameApart) {
  Json gptq = kLawQuantizer;
  gptq[0]["method"] = "gptq";
  EXPECT_EQ(name_of(law_row("w4", 0.1, kSizes, gptq, Json::object(), 1)), "w4 (runs/b)");
  EXPECT_EQ(name_of(law_row("w4", 0.1, {{"layers.1.q_proj.weight", 0.01}}, kLawQuantizer,
                            Json::object(), 1)),
            "w4 (runs/b)");
  ResultRow calibrated = law_row("w4", 0.1, kSizes, kLawQuantizer);
  calibrated.key.id = "another set";
  EXPECT_EQ(name_of(calibrated), "w4 (runs/b)");
}

}  // namespace
}  // namespace nf
