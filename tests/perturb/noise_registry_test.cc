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
  EXPECT_EQ(noise_error("{noise: gausian}"),
            "f.yaml:1:9: noise: unknown noise 'gausian'; did you mean 'gaussian'?");
  EXPECT_EQ(noise_error("{noise: xyzzy}"),
            fmt::format("f.yaml:1:9: noise: unknown noise 'xyzzy'; known: {}",
                        fmt::join(builtin_names(), ", ")));
  EXPECT_EQ(noise_error("{strength: {relative_l2: 1}}"),
            "f.yaml:1:1: required key 'noise' is missing");
  EXPECT_NE(noise_error("{noise: [gaussian]}").find("unknown noise a list"), std::string::npos);
}

}  // namespace
}  // namespace nf
