#include "eval/output/value_table.h"

#include <gtest/gtest.h>

#include <limits>

namespace nf {
namespace {

const ValueTable kTable = {.columns = {"name", "seed", "kl", "vars"},
                           .rows = {{"a, \"b\"", 3, 0.1 + 0.2, Json::array({1, 2})},
                                    {"c", nullptr, std::numeric_limits<double>::infinity(), true}}};

TEST(ValueTable, IsCsvWithAllDigits) {
  EXPECT_EQ(csv_text(kTable),
            "name,seed,kl,vars\n\"a, \"\"b\"\"\",3,0.30000000000000004,1+2\nc,,inf,true\n");
}

TEST(ValueTable, IsAListOfObjects) {
  const Json read = Json::parse(json_text(kTable));
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].dump(),
            R"({"name":"a, \"b\"","seed":3,"kl":0.30000000000000004,"vars":[1,2]})");
  EXPECT_TRUE(read[1]["kl"].is_null());
  EXPECT_EQ(json_text({.columns = {"a"}}), "[\n]\n");
}

}  // namespace
}  // namespace nf
