#include "perturb/relation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/config_support.h"

namespace nf {
namespace {

constexpr double kFloatError = 3e-7;  // two roundings to f32

std::string relation_error(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    if (ConfigValue<Relation>::read(node, errors)) errors.add(node, "was read");
  });
}

/// The weights of x, each divided by that of the first value: common factors do not matter.
std::vector<double> weights_of(const Relation& relation, double floor,
                               const std::vector<float>& x) {
  const Index n = static_cast<Index>(x.size());
  std::vector<float> z(x.size(), 1.0f);
  RelationWeights(relation, floor, {x.data(), 1, n}).multiply(z.data(), x.data(), nullptr, n);
  std::vector<double> ratios;
  for (const float v : z) ratios.push_back(static_cast<double>(v) / static_cast<double>(z[0]));
  return ratios;
}

void expect_near(const std::vector<double>& weights, const std::vector<double>& expected) {
  ASSERT_EQ(weights.size(), expected.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_NEAR(weights[i], expected[i], kFloatError * std::abs(expected[i])) << i;
}

TEST(Relation, ReadsAndWritesItsForms) {
  for (const char* word : {"independent", "proportional", "inverse", "step"}) {
    ConfigErrors errors;
    EXPECT_EQ(
        ConfigValue<Relation>::write(ConfigValue<Relation>::read(parse_good(word), errors).value()),
        Json(word));
  }
  ConfigErrors errors;
  const auto power = ConfigValue<Relation>::read(parse_good("{power: -0.5}"), errors);
  EXPECT_EQ(power, (Relation{Relation::Kind::power, -0.5}));
  EXPECT_EQ(ConfigValue<Relation>::write(*power), Json({{"power", -0.5}}));
}

TEST(Relation, SaysWhatIsWrong) {
  EXPECT_EQ(relation_error("independant"),
            "f.yaml:1:1: unknown value 'independant'; did you mean 'independent'?");
  EXPECT_EQ(relation_error("{power: 9}"), "f.yaml:1:9: power: must be between -4 and 4, is 9");
  EXPECT_EQ(relation_error("{pow: 1}"),
            "f.yaml:1:1: required key 'power' is missing\n"
            "f.yaml:1:2: unknown key 'pow'; known: power");
}

TEST(Relation, WeighsByTheValue) {
  const std::vector<float> x = {1.0f, -2.0f, 4.0f, 0.5f};
  expect_near(weights_of({Relation::Kind::independent, 0}, 1e-3, x), {1, 1, 1, 1});
  expect_near(weights_of({Relation::Kind::proportional, 0}, 1e-3, x), {1, 2, 4, 0.5});
  expect_near(weights_of({Relation::Kind::inverse, 0}, 1e-3, x), {1, 2.0 / 3, 0, 3.5 / 3});
  expect_near(weights_of({Relation::Kind::power, 2}, 1e-3, x), {1, 4, 16, 0.25});
  expect_near(weights_of({Relation::Kind::power, -1}, 1e-3, x), {1, 0.5, 0.25, 2});
}

TEST(Relation, NegativePowersHaveAFloor) {
  // Root mean square √(5/2); the zero counts as a tenth of it.
  const double floored = 0.1 * std::sqrt(2.5);
  expect_near(weights_of({Relation::Kind::power, -1}, 0.1, {1.0f, 0.0f, 2.0f, std::sqrt(5.0f)}),
              {1, 1 / floored, 0.5, 1 / std::sqrt(5.0)});
}

TEST(Relation, PowersOfZero) {
  expect_near(weights_of({Relation::Kind::power, 0.5}, 1e-3, {1.0f, 0.0f}), {1, 0});
  expect_near(weights_of({Relation::Kind::power, 0}, 1e-3, {1.0f, 0.0f}), {1, 1});
}

TEST(Relation, PowersOfTinyAndHugeValuesStayFinite) {
  for (const float size : {1e-30f, 1e30f})
    for (const double power : {-4.0, 4.0})
      expect_near(weights_of({Relation::Kind::power, power}, 1e-3, {size, 2.0f * size}),
                  {1, std::pow(2.0, power)});
}

}  // namespace
}  // namespace nf
