#include "quant/granularity.h"

#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

Json read_and_written(const std::string& yaml) {
  ConfigErrors errors;
  const auto value = ConfigValue<Granularity>::read(parse_good(yaml), errors);
  errors.throw_if_any();
  return ConfigValue<Granularity>::write(*value);
}

TEST(Granularity, IsAUnitOrARuleThatChoosesOne) {
  EXPECT_EQ(read_and_written("channel"), "channel");
  EXPECT_EQ(read_and_written("{group: 64, axis: in}").dump(), R"({"group":64,"axis":"in"})");
  EXPECT_EQ(read_and_written("g32").dump(), R"({"group":32})");
  EXPECT_EQ(read_and_written("per-ic32").dump(), R"({"group":32,"axis":"in"})");
  EXPECT_EQ(read_and_written("{adaptive: 64}").dump(), R"({"adaptive":64,"error_at":"block"})");
  EXPECT_EQ(read_and_written("adadim64"), read_and_written("{adaptive: 64}"));
  EXPECT_EQ(read_and_written("adaptive64"), read_and_written("{adaptive: 64}"));
  EXPECT_EQ(read_and_written("{error_at: site, adaptive: 8}").dump(),
            R"({"adaptive":8,"error_at":"site"})");
  EXPECT_EQ(read_and_written("{auto: {loss: 0.1}}").dump(),
            R"({"auto":{"coarsest":256,"loss":0.1}})");
}

TEST(Granularity, RefusesTheRest) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"{adaptive: 0}", "adaptive: must be at least 1, is 0"},
      {"{adaptive: 64, axis: in}", "unknown key 'axis'"},
      {"{auto: {coarsest: 8}}", "auto.coarsest: must be at least 16, is 8"},
      {"g0", "unknown value 'g0'"},
      {"group64", "unknown value 'group64'; write {group: 64}"}};
  for (const auto& [yaml, cause] : mistakes) {
    ConfigErrors errors;
    ConfigValue<Granularity>::read(parse_good(yaml), errors);
    EXPECT_NE(errors.message().find(cause), std::string::npos) << errors.message();
  }
}

}  // namespace
}  // namespace nf
