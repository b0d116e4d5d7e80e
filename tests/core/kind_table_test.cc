#include "core/config/kind_table.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

/// A shape: "point", {"circle": radius}, "square" or {"square": side}.
struct Shape {
  std::string name;
  double size = 0.0;
};

KindTable<Shape> shapes() {
  KindTable<Shape> table("shape");
  Kind<Shape> circle{.name = "circle"};
  circle.take_parameter<double>({.summary = "radius", .range = above(0), .example = 2},
                                [](double radius) {
                                  return Shape{"circle", radius};
                                });
  table.add(std::move(circle));
  table.add({.name = "point", .summary = "has no size", .plain = Shape{"point"}});
  Kind<Shape> square{.name = "square", .summary = "of side 1", .plain = Shape{"square", 1.0}};
  square.take_parameter<double>({.summary = "side", .example = 3}, [](double side) {
    return Shape{"square", side};
  });
  table.add(std::move(square));
  return table;
}

std::string shape_error(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    if (shapes().read(node, errors)) errors.add(node, "was read");
  });
}

TEST(KindTable, ReadsNamesAndParameters) {
  const auto read = [](const std::string& yaml) {
    ConfigErrors errors;
    const Shape shape = shapes().read(parse_good(yaml), errors).value();
    return fmt::format("{} {}", shape.name, shape.size);
  };
  EXPECT_EQ(read("point"), "point 0");
  EXPECT_EQ(read("square"), "square 1");
  EXPECT_EQ(read("{square: 2}"), "square 2");
  EXPECT_EQ(read("{circle: 0.5}"), "circle 0.5");
  EXPECT_EQ(shapes().plain("square").size, 1.0);
}

TEST(KindTable, SaysWhatIsWrong) {
  EXPECT_EQ(shape_error("piont"), "f.yaml:1:1: unknown shape 'piont'; did you mean 'point'?");
  EXPECT_EQ(shape_error("dodecagon"),
            "f.yaml:1:1: unknown shape 'dodecagon'; known: point (has no size), square (of side "
            "1), {circle: number} (radius), {square: number} (side)");
  EXPECT_EQ(shape_error("circle"), "f.yaml:1:1: circle needs a value; write {circle: number}");
  EXPECT_EQ(shape_error("{circle: 0}"), "f.yaml:1:10: circle: must be greater than 0, is 0");
  EXPECT_EQ(shape_error("{circle: big}"), "f.yaml:1:10: circle: cannot read 'big' as a number");
  EXPECT_EQ(shape_error("{circel: 1}"), "f.yaml:1:2: unknown key 'circel'; did you mean 'circle'?");
  EXPECT_EQ(shape_error("{circle: 1, square: 1}"),
            "f.yaml:1:1: needs exactly one of: circle, square");
  EXPECT_EQ(shape_error("[point]"),
            "f.yaml:1:1: cannot read a list as point | square | {circle: number} | {square: "
            "number}");
}

TEST(KindTable, DescribesEveryForm) {
  const std::vector<Choice> choices = shapes().choices();
  ASSERT_EQ(choices.size(), 4u);
  EXPECT_EQ(choices[0].name, "point");
  EXPECT_EQ(choices[1].summary, "of side 1");
  EXPECT_EQ(choices[3].name, "{square: number}");
  const Json schema = shapes().schema();
  EXPECT_EQ(schema["anyOf"][0]["oneOf"][1]["const"], "square");
  EXPECT_EQ(schema["anyOf"][1]["properties"]["circle"]["exclusiveMinimum"], 0);
  EXPECT_EQ(schema["anyOf"][2]["required"], Json::array({"square"}));
}

TEST(KindTable, ANameTwiceOrOutOfOrderOrNoFormIsOurBug) {
  KindTable<Shape> table = shapes();
  EXPECT_THROW(table.add({.name = "point", .plain = Shape{}}), InternalError);
  EXPECT_THROW(table.add({.name = "triangle"}), InternalError);
  EXPECT_THROW(table.add({.name = "line", .plain = Shape{}}), InternalError);  // not the last
  EXPECT_THROW(table.plain("circle"), InternalError);
}

}  // namespace
}  // namespace nf
