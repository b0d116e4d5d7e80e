#include "core/config/field_table.h"

#include <gtest/gtest.h>

#include "core/config/yaml_writer.h"
#include "tests/support/config_support.h"

namespace nf {

enum class Relation { independent, proportional };

template <>
struct EnumNames<Relation> {
  static constexpr EnumName<Relation> table[] = {
      {Relation::independent, "independent", "the noise does not look at the value"},
      {Relation::proportional, "proportional", "the noise grows with |x|"},
  };
};

namespace {

struct Grid {
  Index bits = 8;
  std::optional<double> clip;

  static FieldTable<Grid> fields() {
    FieldTable<Grid> table;
    table
        .required(
            "bits", &Grid::bits,
            {.summary = "bits per value", .unit = "bits", .range = between(2, 8), .example = 4})
        .optional("clip", &Grid::clip,
                  {.summary = "largest value kept", .range = between(0, 1).excluding_min()});
    return table;
  }
  void check(const ConfigNode& node, ConfigErrors& errors) const {
    if (bits == 2 && clip) errors.add(node, "2 bits cannot be clipped");
  }
};

struct Named {
  std::string name;
};

struct Entry : Named {
  Relation relation = Relation::independent;
  double sigma = 0.5;
  std::vector<double> doses = {0.1};
  std::optional<Grid> grid;
  std::vector<Grid> grids;

  static FieldTable<Entry> fields() {
    FieldTable<Entry> table;
    table.required("name", &Entry::name, {.summary = "what it is called", .example = "mine"});
    table.optional("relation", &Entry::relation, {.summary = "how it looks at the value"});
    table.optional("sigma", &Entry::sigma, {.summary = "size", .range = above(0)});
    table.optional("doses", &Entry::doses, {.summary = "sizes", .range = at_least(0)});
    table.optional("grid", &Entry::grid, {.summary = "one grid"});
    table.optional("grids", &Entry::grids, {.summary = "more grids"});
    return table;
  }
};

std::string message(const std::string& text) {
  return config_message(text, [](const ConfigNode& root, ConfigErrors& errors) {
    Entry::fields().read(root, errors);
  });
}

TEST(FieldTable, ReadsEveryKey) {
  ConfigErrors errors;
  const Entry entry = Entry::fields().read(
      parse_good("name: n\nrelation: proportional\nsigma: 2\ndoses: [0, 1.5]\n"
                 "grid: {bits: 4, clip: 0.9}\ngrids: [{bits: 3}, {bits: 5}]\n"),
      errors);
  EXPECT_EQ(errors.message(), "");
  EXPECT_EQ(entry.name, "n");
  EXPECT_EQ(entry.relation, Relation::proportional);
  EXPECT_EQ(entry.sigma, 2.0);
  EXPECT_EQ(entry.doses, (std::vector{0.0, 1.5}));
  ASSERT_TRUE(entry.grid);
  EXPECT_EQ(entry.grid->bits, 4);
  EXPECT_EQ(entry.grid->clip, 0.9);
  ASSERT_EQ(entry.grids.size(), 2U);
  EXPECT_EQ(entry.grids[1].bits, 5);
}

TEST(FieldTable, KeepsDefaultsForWhatIsLeftOut) {
  ConfigErrors errors;
  const Entry entry = Entry::fields().read(parse_good("name: n\n"), errors);
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(entry.sigma, 0.5);
  EXPECT_EQ(entry.doses, std::vector{0.1});
  EXPECT_FALSE(entry.grid);
}

struct Case {
  const char* text;
  const char* message;
};

constexpr Case kMistakes[] = {
    {"name: n\nsigmaa: 1\n", "f.yaml:2:1: unknown key 'sigmaa'; did you mean 'sigma'?"},
    {"sigma: 1\n", "f.yaml:1:1: required key 'name' is missing"},
    {"name: n\nsigma: banana\n", "f.yaml:2:8: sigma: cannot read 'banana' as a number"},
    {"name: n\nsigma: 0\n", "f.yaml:2:8: sigma: must be greater than 0, is 0"},
    {"name: n\ngrid: {bits: 9}\n", "f.yaml:2:14: grid.bits: must be between 2 and 8, is 9"},
    {"name: n\ngrid: {bits: 4, clip: 0.0}\n",
     "f.yaml:2:23: grid.clip: must be greater than 0 and at most 1, is 0.0"},
    {"name: n\ngrids:\n  - {bits: 4}\n  - clip: 1\n",
     "f.yaml:4:5: grids[1]: required key 'bits' is missing"},
    {"name: n\ndoses: [1, -1, x]\n", "f.yaml:2:16: doses[2]: cannot read 'x' as a number"},
    {"name: n\ndoses: [1, -1, -2]\n",
     "f.yaml:2:12: doses[1]: must be at least 0, is -1\n"
     "f.yaml:2:16: doses[2]: must be at least 0, is -2"},
    {"name: n\ngrid: {bits: 2, clip: 1}\n", "f.yaml:2:7: grid: 2 bits cannot be clipped"},
    {"name: n\ngrid: 4\n", "f.yaml:2:7: grid: cannot read '4' as a mapping; write {bits: 4}"},
    {"name: n\nrelation: power\n",
     "f.yaml:2:11: relation: unknown value 'power'; known: independent (the noise does not look "
     "at the value), proportional (the noise grows with |x|)"},
    {"- name\n", "f.yaml:1:1: cannot read a list as a mapping; write {name: mine}"},
};

TEST(FieldTable, NamesEveryMistakeWithItsPlace) {
  for (const Case& mistake : kMistakes) {
    EXPECT_EQ(message(mistake.text), mistake.message) << mistake.text;
  }
}

TEST(FieldTable, ReportsAllMistakesInOneGo) {
  EXPECT_EQ(message("nam: n\nrelation: [x]\nsigma: yes\ndoses: 5\ngrid: {bits: 1, clap: 1}\n"
                    "grids: [{bits: '4'}, {}, 3]\n"),
            "f.yaml:1:1: unknown key 'nam'; did you mean 'name'?\n"
            "f.yaml:2:11: relation: cannot read a list as independent | proportional\n"
            "f.yaml:3:8: sigma: cannot read 'yes' as a number\n"
            "f.yaml:4:8: doses: cannot read '5' as a list\n"
            "f.yaml:5:14: grid.bits: must be between 2 and 8, is 1\n"
            "f.yaml:5:17: grid: unknown key 'clap'; did you mean 'clip'?\n"
            "f.yaml:6:16: grids[0].bits: cannot read \"4\" as an integer; remove the quotes\n"
            "f.yaml:6:22: grids[1]: required key 'bits' is missing\n"
            "f.yaml:6:26: grids[2]: cannot read '3' as a mapping; write {bits: 3}");
}

TEST(FieldTable, KeepsTheDefaultAfterAnError) {
  ConfigErrors errors;
  const Entry entry = Entry::fields().read(parse_good("{name: n, sigma: -1, doses: [x]}"), errors);
  EXPECT_EQ(errors.count(), 2);
  EXPECT_EQ(entry.sigma, 0.5);
  EXPECT_EQ(entry.doses, std::vector{0.1});
}

TEST(FieldTable, SharesAMappingWithAnotherTable) {
  const ConfigNode node = parse_good("{name: n, bits: 3, other: 1}");
  FieldTable<Named> first;
  first.required("name", &Named::name, {.summary = "name"});
  const FieldTable<Grid> second = Grid::fields();
  std::vector<std::string> names = first.names();
  for (const std::string& name : second.names()) names.push_back(name);

  ConfigErrors errors;
  Named named;
  Grid grid;
  check_unknown_keys(node, names, errors);
  first.read_fields(node, named, errors);
  second.read_fields(node, grid, errors);
  EXPECT_EQ(errors.message(), "f.yaml:1:20: unknown key 'other'; known: name, bits, clip");
  EXPECT_EQ(named.name, "n");
  EXPECT_EQ(grid.bits, 3);
}

TEST(FieldTable, WritesWhatItReadsAgain) {
  Entry entry;
  entry.name = "1.10";  // text that looks like a number
  entry.sigma = 1e-7;
  entry.grid.emplace().bits = 3;
  const Json written = Entry::fields().write(entry);
  EXPECT_EQ(written.dump(),
            R"({"name":"1.10","relation":"independent","sigma":1e-07,"doses":[0.1],)"
            R"("grid":{"bits":3},"grids":[]})");
  ConfigErrors errors;
  const Entry again = Entry::fields().read(parse_good(to_yaml(written)), errors);
  EXPECT_EQ(errors.message(), "");
  EXPECT_EQ(Entry::fields().write(again), written);
}

TEST(FieldTable, DocumentsItsKeys) {
  const std::vector<FieldDoc> docs = Entry::fields().docs();
  ASSERT_EQ(docs.size(), 6U);
  EXPECT_TRUE(docs[0].required);
  EXPECT_TRUE(docs[0].default_value.is_null());
  EXPECT_EQ(docs[0].example, Json("mine"));
  EXPECT_EQ(docs[1].type, "independent | proportional");
  EXPECT_EQ(docs[1].default_value, Json("independent"));
  ASSERT_EQ(docs[1].choices.size(), 2U);
  EXPECT_EQ(docs[1].choices[1].summary, "the noise grows with |x|");
  EXPECT_EQ(docs[2].range, "greater than 0");
  EXPECT_EQ(docs[2].example, Json(0.5));
  EXPECT_EQ(docs[4].type, "{bits: integer, clip: number}");
  EXPECT_EQ(Grid::fields().docs()[0].unit, "bits");
}

TEST(FieldTable, GivesASchemaWithBoundsAndDefaults) {
  EXPECT_EQ(Grid::fields().schema(), Json::parse(R"({"type": "object", "properties": {
              "bits": {"type": "integer", "minimum": 2, "maximum": 8,
                       "description": "bits per value [bits]"},
              "clip": {"type": "number", "exclusiveMinimum": 0, "maximum": 1,
                       "description": "largest value kept"}},
              "required": ["bits"], "additionalProperties": false})"));
  const Json doses = Entry::fields().schema()["properties"]["doses"];
  EXPECT_EQ(doses["items"]["minimum"], Json(0));
  EXPECT_EQ(doses["default"], Json::array({0.1}));
}

TEST(FieldTable, RefusesARangeWithoutANumber) {
  FieldTable<Named> table;
  EXPECT_THROW(table.required("name", &Named::name, {.summary = "s", .range = at_least(1)}),
               InternalError);
}

TEST(Schema, AllowsVariablesForValuesButNotForText) {
  const Json schema = allow_variables(Entry::fields().schema());
  const Json variable = {{"type", "string"}, {"pattern", "^\\$\\{[^}]+\\}$"}};
  EXPECT_EQ(schema["properties"]["name"]["type"], Json("string"));
  EXPECT_EQ(
      schema["properties"]["sigma"],
      Json({{"description", "size"},
            {"default", 0.5},
            {"anyOf", Json::array({{{"type", "number"}, {"exclusiveMinimum", 0.0}}, variable})}}));
  EXPECT_EQ(schema["properties"]["relation"]["anyOf"][1], variable);
  EXPECT_EQ(schema["properties"]["doses"]["items"]["anyOf"][1], variable);
  EXPECT_EQ(schema["properties"]["grid"]["properties"]["bits"]["anyOf"][1], variable);
}

TEST(Range, SaysWhatItHolds) {
  EXPECT_EQ(between(2, 8).str(), "between 2 and 8");
  EXPECT_EQ(at_least(0).str(), "at least 0");
  EXPECT_EQ(above(0).str(), "greater than 0");
  EXPECT_EQ(at_most(1.5).str(), "at most 1.5");
  EXPECT_EQ(between(0, 1).excluding_max().str(), "at least 0 and less than 1");
  EXPECT_EQ(Range{}.str(), "");
}

TEST(Range, GivesItsReason) {
  const auto message = [](const Range& range) {
    return config_message("1", [&](const ConfigNode& node, ConfigErrors& errors) {
      check_range(range, node, errors);
    });
  };
  EXPECT_EQ(message(above(2)), "f.yaml:1:1: must be greater than 2, is 1");
  EXPECT_EQ(message(above(2).because("two is one too few")),
            "f.yaml:1:1: must be greater than 2, is 1; two is one too few");
}

TEST(Range, KnowsItsEnds) {
  EXPECT_TRUE(between(2, 8).contains(2));
  EXPECT_TRUE(between(2, 8).contains(8));
  EXPECT_FALSE(between(2, 8).contains(8.5));
  EXPECT_FALSE(above(0).contains(0));
  EXPECT_FALSE(between(0, 1).excluding_max().contains(1));
}

}  // namespace
}  // namespace nf
