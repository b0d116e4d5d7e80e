#include "core/config/joined_word.h"

#include <gtest/gtest.h>

#include <regex>

#include "tests/support/config_support.h"

namespace nf {
namespace {

enum class Turn { left, right };

struct Ring {
  double width = 1.0;

  static FieldTable<Ring> fields() {
    FieldTable<Ring> table;
    table.optional("width", &Ring::width, {.summary = "of the ring"});
    return table;
  }
};

}  // namespace

template <>
struct EnumNames<Turn> {
  static constexpr EnumName<Turn> table[] = {{Turn::left, "left", "to the left"},
                                             {Turn::right, "right", "to the right"}};
};

namespace {

/// What is drawn, as text: {circle: radius}, {ring: {width: number}}, {spiral: left | right}.
KindTable<std::string> shapes() {
  KindTable<std::string> table("shape");
  Kind<std::string> circle{.name = "circle"};
  circle.take_parameter<double>(
      {.summary = "radius", .range = above(0), .example = 2},
      [](const double& radius) { return fmt::format("circle of {}", radius); });
  table.add(std::move(circle));
  table.add({.name = "point", .summary = "has no size", .plain = "point"});
  Kind<std::string> ring{.name = "ring", .summary = "of width 1", .plain = "ring"};
  ring.take_parameter<Ring>({.summary = "width", .example = {{"width", 1}}},
                            [](const Ring& of) { return fmt::format("ring of {}", of.width); });
  table.add(std::move(ring));
  Kind<std::string> spiral{.name = "spiral"};
  spiral.take_parameter<Turn>(
      {.summary = "where it turns", .example = "left"},
      [](const Turn& turn) { return turn == Turn::left ? "left spiral" : "right spiral"; });
  table.add(std::move(spiral));
  return table;
}

std::string read(const std::string& yaml) {
  ConfigErrors errors;
  const std::optional<std::string> shape = read_kind_or_joined(shapes(), parse_good(yaml), errors);
  return shape.value_or(errors.message());
}

TEST(JoinedWord, IsReadAsTheMappingThatItStandsFor) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"circle0.5", "{circle: 0.5}"},      {"circle2e-3", "{circle: 2e-3}"},
      {"ring-2", "{ring: {width: -2}}"},   {"ring0.25", "{ring: {width: 0.25}}"},
      {"spiral-right", "{spiral: right}"}, {"point", "point"},
      {"{ring: {width: 3}}", "ring3"},
  };
  for (const auto& [word, written_out] : pairs) EXPECT_EQ(read(word), read(written_out)) << word;
  EXPECT_EQ(read("circle0.5"), "circle of 0.5");
}

TEST(JoinedWord, TellsWhatIsWrong) {
  EXPECT_EQ(read("circle-1"), "f.yaml:1:1: circle: must be greater than 0, is -1");
  EXPECT_EQ(read("point1"), "f.yaml:1:1: unknown shape 'point1'; did you mean 'point'?");
  EXPECT_EQ(read("spiral-up"), "f.yaml:1:1: unknown shape 'spiral-up'; did you mean 'spiral'?");
  EXPECT_EQ(read("circle"), "f.yaml:1:1: circle needs a value; write {circle: 2}");
  EXPECT_EQ(read("spiral"), "f.yaml:1:1: spiral needs a value; write {spiral: left}");
}

TEST(JoinedWord, IsInTheSchema) {
  const Json forms = with_joined_words(shapes().schema(), shapes())["anyOf"];
  std::string enums;
  std::vector<std::regex> patterns;
  for (const Json& form : forms) {
    if (form.contains("enum")) enums += form["enum"].dump();
    if (form.contains("pattern")) patterns.emplace_back(form["pattern"].get<std::string>());
  }
  EXPECT_EQ(enums, R"(["spiral-left","spiral-right"])");
  const auto is_matched = [&](const std::string& word) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::regex& pattern) { return std::regex_match(word, pattern); });
  };
  for (const char* word : {"circle0.5", "circle2", "circle.5", "circle2e-3", "ring-2"})
    EXPECT_TRUE(is_matched(word)) << word;
  for (const char* word : {"circle", "circlex", "point1", "circle."})
    EXPECT_FALSE(is_matched(word)) << word;
}

}  // namespace
}  // namespace nf
