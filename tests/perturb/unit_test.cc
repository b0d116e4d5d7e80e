#include "perturb/unit.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/reference/noise_reference.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

constexpr SiteTensor kWeight = SiteTensor::weight;
constexpr SiteTensor kInput = SiteTensor::input;

Unit read_unit(const std::string& yaml) {
  ConfigErrors errors;
  const std::optional<Unit> unit = ConfigValue<Unit>::read(parse_good(yaml), errors);
  errors.throw_if_any();
  return unit.value();
}

std::string unit_error(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    if (ConfigValue<Unit>::read(node, errors)) errors.add(node, "was read");
  });
}

/// Every value of a matrix is in exactly the unit the slow reference puts it in.
void expect_reference_units(const Unit& unit, SiteTensor tensor, Index rows, Index cols) {
  std::vector<std::vector<std::pair<Index, Index>>> places;
  const UnitBlocks blocks(unit, tensor, rows, cols);
  for (Index i = 0; i < blocks.count(); ++i) {
    const Rectangle where = blocks[i];
    places.emplace_back();
    for (Index r = where.row; r < where.row + where.rows; ++r)
      for (Index c = where.col; c < where.col + where.cols; ++c) places.back().push_back({r, c});
  }
  EXPECT_EQ(places, reference_units(unit, tensor, rows, cols))
      << ConfigValue<Unit>::write(unit) << " of [" << rows << ", " << cols << "]";
}

TEST(Unit, ReadsAndWritesItsForms) {
  for (const char* yaml : {"tensor", "channel", "token"})
    EXPECT_EQ(ConfigValue<Unit>::write(read_unit(yaml)), Json(yaml));
  EXPECT_EQ(read_unit("{group: 64}"), Unit::groups(64));
  EXPECT_EQ(read_unit("{group: 64, axis: in}"), Unit::groups_in(64));
  EXPECT_EQ(ConfigValue<Unit>::write(Unit::groups(64)), Json({{"group", 64}}));
  EXPECT_EQ(ConfigValue<Unit>::write(Unit::groups_in(8)), Json({{"group", 8}, {"axis", "in"}}));
}

TEST(Unit, SaysWhatIsWrong) {
  EXPECT_EQ(unit_error("{u: chanel}"),
            "f.yaml:1:1: required key 'group' is missing\n"
            "f.yaml:1:2: unknown key 'u'; known: group, axis");
  EXPECT_EQ(unit_error("chanel"), "f.yaml:1:1: unknown value 'chanel'; did you mean 'channel'?");
  EXPECT_EQ(unit_error("per_channel"),
            "f.yaml:1:1: unknown value 'per_channel'; did you mean 'channel'?");
  EXPECT_EQ(unit_error("block"),
            "f.yaml:1:1: unknown value 'block'; known: tensor, channel, token, {group: 64}");
  for (const char* yaml : {"32", "group32", "group-32", "group_32"})
    EXPECT_EQ(unit_error(yaml),
              fmt::format("f.yaml:1:1: unknown value '{}'; write {{group: 32}}", yaml));
  EXPECT_EQ(unit_error("group"), "f.yaml:1:1: unknown value 'group'; write {group: 64}");
  EXPECT_EQ(unit_error("{group_size: 64}"),
            "f.yaml:1:2: unknown key 'group_size'; write group: 64");
  EXPECT_EQ(unit_error("{group: 0}"), "f.yaml:1:9: group: must be at least 1, is 0");
  EXPECT_EQ(
      unit_error("{group: 4, axis: input}"),
      "f.yaml:1:18: axis: unknown value 'input'; known: out (consecutive values of a row (the "
      "default)), in (consecutive outputs within one input column of a weight)");
  EXPECT_EQ(unit_error("[tensor]"),
            "f.yaml:1:1: cannot read a list as " + ConfigValue<Unit>::type());
}

TEST(Unit, IsRefusedWhereItMeansNothing) {
  struct Case {
    Unit unit;
    SiteTensor tensor = kWeight;
    UnitUse use = UnitUse::noise;
    bool allowed = false;
  };
  const UnitUse noise = UnitUse::noise, quantizer = UnitUse::quantizer;
  for (const Case& c :
       {Case{Unit::tensor(), kWeight, noise, true}, Case{Unit::tensor(), kInput, quantizer, true},
        Case{Unit::channel(), kWeight, quantizer, true}, Case{Unit::channel(), kInput, noise, true},
        Case{Unit::channel(), kInput, quantizer, false}, Case{Unit::token(), kWeight, noise, false},
        Case{Unit::token(), kWeight, quantizer, false},
        Case{Unit::token(), kInput, quantizer, true},
        Case{Unit::groups(8), kWeight, quantizer, true}, Case{Unit::groups(8), kInput, noise, true},
        Case{Unit::groups_in(8), kWeight, noise, true},
        Case{Unit::groups_in(8), kInput, noise, false},
        Case{Unit::groups_in(8), kInput, quantizer, false}})
    EXPECT_EQ(unit_problem(c.unit, c.tensor, c.use).has_value(), !c.allowed)
        << ConfigValue<Unit>::write(c.unit) << " on " << site_tensor_name(c.tensor);
  EXPECT_THROW(UnitBlocks(Unit::token(), kWeight, 2, 2), InternalError);
}

TEST(Unit, CoversAMatrixAsTheReferenceSays) {
  for (const auto& [rows, cols] : {std::pair<Index, Index>{5, 7}, {1, 7}, {7, 1}, {1, 1}, {8, 8}}) {
    for (const SiteTensor tensor : {kWeight, kInput}) {
      expect_reference_units(Unit::tensor(), tensor, rows, cols);
      expect_reference_units(Unit::channel(), tensor, rows, cols);
      for (const Index g : {1, 3, 4, 100})
        expect_reference_units(Unit::groups(g), tensor, rows, cols);
    }
    expect_reference_units(Unit::token(), kInput, rows, cols);
    for (const Index g : {1, 3, 4, 100})
      expect_reference_units(Unit::groups_in(g), kWeight, rows, cols);
  }
}

TEST(Unit, OfAnEmptyMatrixThereAreNone) {
  EXPECT_EQ(UnitBlocks(Unit::tensor(), kInput, 0, 5).count(), 0);
  EXPECT_EQ(UnitBlocks(Unit::groups(4), kWeight, 3, 0).count(), 0);
}

TEST(Unit, ScopeOfNoiseDefaultsToTensorOrToken) {
  EXPECT_EQ(default_noise_scope(kWeight), Unit::tensor());
  EXPECT_EQ(default_noise_scope(kInput), Unit::token());
}

}  // namespace
}  // namespace nf
