#include "eval/tables/table_baselines.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

ResultRow row_of(const std::string& model, const std::string& name, bool failed = false) {
  ResultRow row;
  row.key.model = model;
  row.key.name = name;
  if (failed) row.status = Status::failed;
  return row;
}

TEST(TableBaselines, AreThoseOfTheModelThatDidNotFail) {
  const std::vector<ResultRow> rows = {row_of("a", "baseline"),       row_of("a", "w"),
                                       row_of("a", "baseline", true), row_of("b", "baseline"),
                                       row_of("a", "v", true),        row_of("c", "w")};
  const TableBaselines baselines(rows);
  EXPECT_EQ(baselines.last("a"), &rows[2]);
  EXPECT_EQ(baselines.last("c"), nullptr);
  EXPECT_EQ(baselines.against(rows[1]), &rows[0]);
  EXPECT_EQ(baselines.against(rows[0]), nullptr) << "it is its own";
  EXPECT_EQ(baselines.against(rows[3]), nullptr);
  EXPECT_EQ(baselines.against(rows[4]), nullptr) << "it failed";
  EXPECT_EQ(baselines.against(rows[5]), nullptr) << "there is none";
}

}  // namespace
}  // namespace nf
