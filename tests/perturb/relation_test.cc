// Promises of every relation, whatever it is: a new file in perturb/relations/ is tested here as
// it stands. tests/perturb/contract_test.cc looks at noises with each of them.

#include "perturb/relation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/relation_support.h"

namespace nf {
namespace {

std::string relation_error(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    if (ConfigValue<Relation>::read(node, errors)) errors.add(node, "was read");
  });
}

TEST(Relation, ReadsAndWritesItsForms) { expect_forms_read_and_write(relations()); }

TEST(Relation, ReadsTheWordsThatTablesPrint) {
  EXPECT_EQ(read_value<Relation>("power-0.5").config, Json({{"power", -0.5}}));
  EXPECT_EQ(read_value<Relation>("rank-up").config, Json({{"rank", "up"}}));
}

TEST(Relation, WeightsAreFiniteAndKeepTheSign) {
  const Matrix x = normal_matrix(5, 33, 3);
  Matrix step(5, 33);
  step.fill(0.25f);
  const UnitValues unit{x, step, 1e-3};
  for (const Json& form : example_forms(relations())) {
    const Relation relation = read_value<Relation>(form);
    if (!relation.weights) continue;
    const UnitWeights multiply = relation.of_unit(unit);
    for (Index r = 0; r < x.rows(); ++r) {
      std::vector<float> z(33, -1.0f);
      multiply(unit, r, z.data());
      for (const float v : z) {
        EXPECT_TRUE(std::isfinite(v)) << form;
        EXPECT_LE(v, 0.0f) << form;
      }
    }
  }
}

TEST(Relation, SaysWhatIsWrong) {
  EXPECT_EQ(relation_error("independant"),
            "f.yaml:1:1: unknown relation 'independant'; did you mean 'independent'?");
  EXPECT_EQ(relation_error("{power: 9}"), "f.yaml:1:9: power: must be between -4 and 4, is 9");
  EXPECT_EQ(relation_error("power"), "f.yaml:1:1: power needs a value; write {power: 0.5}");
}

}  // namespace
}  // namespace nf
