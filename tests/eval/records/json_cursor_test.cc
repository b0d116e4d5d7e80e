#include "eval/records/json_cursor.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(JsonCursor, WalksThroughObjectsAndArrays) {
  JsonCursor cursor(R"({"a":[1,-2.5e-3],"b":{},"c":"x","d":true,"e":null,"f":[]})");
  double sum = 0.0;
  std::string keys;
  cursor.object([&](std::string_view key) {
    keys += key;
    if (key == "a")
      cursor.array([&] { sum += cursor.number<double>(); });
    else if (key == "c")
      EXPECT_EQ(cursor.plain_text(), "x");
    else if (key == "d")
      EXPECT_TRUE(cursor.flag());
    else if (key == "e")
      EXPECT_TRUE(cursor.take_null());
    else
      cursor.skip();
  });
  EXPECT_FALSE(cursor.failed());
  EXPECT_TRUE(cursor.at_end());
  EXPECT_EQ(keys, "abcdef");
  EXPECT_EQ(sum, 0.9975);
}

TEST(JsonCursor, PassesOverAnyValue) {
  for (const std::string value :
       {R"("a\"b\\")", R"({"x":"}]","y":[1,{"z":"\\"}]})", "12.5", "null", R"("")"}) {
    const std::string text = "[" + value + "," + value + "]";
    JsonCursor cursor(text);
    int count = 0;
    cursor.array([&] {
      EXPECT_EQ(cursor.skip(), value);
      ++count;
    });
    EXPECT_FALSE(cursor.failed()) << value;
    EXPECT_EQ(count, 2) << value;
  }
}

TEST(JsonCursor, FailsForGood) {
  for (const char* text : {"", "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\" :1}", "{\"a\":\"", "[",
                           "{\"a\":[[}", "{\"a\":\"\\\"}", "{\"a\":1]"}) {
    JsonCursor cursor(text);
    cursor.object([&](std::string_view) { cursor.skip(); });
    EXPECT_TRUE(cursor.failed()) << text;
  }
}

}  // namespace
}  // namespace nf
