#include "eval/output/table_format.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

TEST(TableFormat, IsReadByName) {
  EXPECT_EQ(parse_table_format("table"), TableFormat::table);
  EXPECT_EQ(parse_table_format("markdown"), TableFormat::markdown);
  EXPECT_EQ(parse_table_format("latex"), TableFormat::latex);
  EXPECT_EQ(parse_table_format("csv"), TableFormat::csv);
  EXPECT_EQ(parse_table_format("json"), TableFormat::json);
}

TEST(TableFormat, SuggestsWhereItIsUnknown) {
  EXPECT_EQ(config_error_of([] { parse_table_format("latx"); }),
            "--format: unknown format 'latx'; did you mean 'latex'?");
  EXPECT_EQ(config_error_of([] { parse_table_format("xlsx"); }),
            "--format: unknown format 'xlsx'; known: table, markdown, latex, csv, json");
}

}  // namespace
}  // namespace nf
