#include "quant/grid_spec.h"

#include <gtest/gtest.h>

#include "tests/support/kind_forms.h"

namespace nf {
namespace {

TEST(GridSpec, ReadsAndWritesItsForms) {
  expect_forms_read_and_write(grids());
  for (const char* yaml : {"\"uniform\"", "\"power\"", "{\"power\":0.5}", "{\"power\":0.05}"})
    EXPECT_EQ(read_value<GridSpec>(Json::parse(yaml)).config.dump(), yaml);
  EXPECT_EQ(read_value<GridSpec>("power0.5").config.dump(), "{\"power\":0.5}");
}

TEST(GridSpec, RefusesTheRest) {
  for (const char* yaml : {"[]", "3", "{}", "{uniform: 1}", "{power: 0.04}", "{power: 4.1}",
                           "{power: 0.5, bits: 3}", "powr"}) {
    ConfigErrors errors;
    EXPECT_EQ(ConfigValue<GridSpec>::read(parse_good(yaml), errors), std::nullopt) << yaml;
    EXPECT_EQ(errors.count(), 1) << yaml << ": " << errors.message();
  }
}

TEST(GridSpec, KnowsTheNameOfItsKind) {
  EXPECT_EQ(read_value<GridSpec>("power").name(), "power");
  EXPECT_EQ(read_value<GridSpec>({{"power", 0.5}}).name(), "power");
}

}  // namespace
}  // namespace nf
