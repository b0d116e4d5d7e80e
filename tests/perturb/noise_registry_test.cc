#include "perturb/noise_registry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

std::vector<std::string> builtin_names() {
  std::vector<std::string> names;
  const NoiseRegistry registry = builtin_noises();
  for (const NoiseKind& kind : registry.kinds()) names.push_back(kind.name);
  return names;
}

TEST(NoiseRegistry, HoldsKindsAndDistributionsByName) {
  const std::vector<std::string> names = builtin_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  const NoiseRegistry registry = builtin_noises();
  for (const char* name : {"clip", "gaussian", "laplace", "permuted", "uniform"})
    EXPECT_NE(registry.find(name), nullptr) << name;
}

TEST(NoiseRegistry, EveryKindIsDescribed) {
  const NoiseRegistry registry = builtin_noises();
  for (const NoiseKind& kind : registry.kinds()) {
    EXPECT_FALSE(kind.summary.empty()) << kind.name;
    EXPECT_GT(kind.fields.size(), 1u) << kind.name;
    for (const FieldDoc& field : kind.fields) EXPECT_FALSE(field.summary.empty()) << field.name;
  }
}

TEST(NoiseRegistry, RefusesANameTwice) {
  NoiseRegistry registry = builtin_noises();
  EXPECT_THROW(registry.add({"gaussian", "again", {}, {}}), InternalError);
}

TEST(NoiseRegistry, SuggestsNames) {
  EXPECT_EQ(noise_error("{noise: gausian, strength: {relative_l2: 1}}"),
            "f.yaml:1:9: noise: unknown noise 'gausian'; did you mean 'gaussian'?");
  EXPECT_TRUE(
      noise_error("{noise: xyzzy}")
          .starts_with("f.yaml:1:9: noise: unknown noise 'xyzzy'; known: clip (values beyond a "
                       "threshold are moved to it), gaussian (normal noise), "));
  EXPECT_EQ(noise_error("{strength: {relative_l2: 1}}"),
            "f.yaml:1:1: required key 'noise' is missing");
  EXPECT_EQ(noise_error("{noize: gaussian, strength: {relative_l2: 1}}"),
            "f.yaml:1:2: unknown key 'noize'; did you mean 'noise'?");
  EXPECT_NE(noise_error("{noise: [gaussian]}").find("unknown noise a list"), std::string::npos);
}

TEST(NoiseRegistry, ChecksTheKeysOfTheKindThatWasMeant) {
  EXPECT_EQ(noise_error("{noise: gausian, strength: {relative_l2: x}, scope: token}"),
            "f.yaml:1:9: noise: unknown noise 'gausian'; did you mean 'gaussian'?\n"
            "f.yaml:1:42: strength.relative_l2: cannot read 'x' as a number\n"
            "f.yaml:1:53: scope: a weight has no tokens; take channel (a unit for each output "
            "row), tensor, {group: g} or {group: g, axis: in}");
}

}  // namespace
}  // namespace nf
