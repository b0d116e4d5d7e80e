#include "perturb/noise_registry.h"

#include <gtest/gtest.h>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

TEST(NoiseRegistry, HoldsTheBuiltinKindsByName) {
  std::vector<std::string> names;
  const NoiseRegistry registry = builtin_noises();
  for (const NoiseKind& kind : registry.kinds()) names.push_back(kind.name);
  EXPECT_EQ(names, (std::vector<std::string>{"clip", "gaussian", "laplace", "permuted",
                                             "rademacher", "resigned", "uniform"}));
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
            "f.yaml:1:9: noise: unknown noise 'xyzzy'; known: clip, gaussian, laplace, permuted, "
            "rademacher, "
            "resigned, uniform");
  EXPECT_EQ(noise_error("{strength: {relative_l2: 1}}"),
            "f.yaml:1:1: required key 'noise' is missing");
  EXPECT_NE(noise_error("{noise: [gaussian]}").find("unknown noise a list"), std::string::npos);
}

}  // namespace
}  // namespace nf
