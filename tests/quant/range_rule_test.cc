#include "quant/range_rule.h"

#include <gtest/gtest.h>

#include "tests/support/kind_forms.h"

namespace nf {
namespace {

TEST(RangeRule, ReadsAndWritesItsForms) {
  expect_forms_read_and_write(range_rules());
  EXPECT_EQ(read_value<RangeRule>({{"percentile", 99.5}}).percentile, 99.5);
}

TEST(RangeRule, RefusesTheRest) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"percentile", "percentile needs a value; write {percentile: number}"},
      {"{percentile: 0}", "range.percentile: must be greater than 0 and at most 100, is 0"},
      {"{percentile: 101}", "must be greater than 0 and at most 100, is 101"},
      {"msee", "unknown range 'msee'; did you mean 'mse'?"}};
  for (const auto& [yaml, cause] : mistakes) {
    ConfigErrors errors;
    ConfigValue<RangeRule>::read(*parse_good(std::string("range: ") + yaml).find("range"), errors);
    EXPECT_NE(errors.message().find(cause), std::string::npos) << errors.message();
  }
}

TEST(RangeRule, AwqLeavesQueriesAndKeysAlone) {
  const RangeRule awq{.kind = RangeRule::Kind::awq}, mse{.kind = RangeRule::Kind::mse};
  for (const Role role : {Role::q_proj, Role::k_proj}) {
    EXPECT_EQ(awq.at({.role = role}), RangeRule{});
    EXPECT_EQ(mse.at({.role = role}), mse);
  }
  for (const Role role : {Role::v_proj, Role::o_proj, Role::down_proj, Role::lm_head})
    EXPECT_EQ(awq.at({.role = role}), awq);
}

}  // namespace
}  // namespace nf
