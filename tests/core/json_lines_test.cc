#include "core/io/json_lines.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

std::string message_of(const std::string& line) {
  try {
    parse_json_line(line, "F:1");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(JsonLines, LinesThatAreNotBlankWithTheirPlace) {
  const TempDir dir;
  std::ofstream(dir / "a.jsonl") << "{}\n \r\n\n[1]\r\nlast";
  std::vector<std::string> seen;
  for_each_line(dir / "a.jsonl", [&](std::string_view line, const std::string& place) {
    seen.push_back(place.substr(place.rfind(':')) + std::string(line));
    return seen.size() < 3;
  });
  EXPECT_EQ(seen, (std::vector<std::string>{":1{}", ":4[1]\r", ":5last"}));
}

TEST(JsonLines, APairOfSurrogatesIsACharacter) {
  EXPECT_EQ(parse_json_line(R"({"text": "\ud83d\udd25"})", "F:1").at("text").get<std::string>(),
            "\xF0\x9F\x94\xA5");
}

TEST(JsonLines, ErrorsTellByteAndCause) {
  EXPECT_EQ(message_of(R"({"text":"a b c d e f","score":NaN})"), "F:1: byte 30: NaN is no JSON");
  EXPECT_EQ(message_of(R"({"a": -Infinity})"), "F:1: byte 6: -Infinity is no JSON");
  EXPECT_EQ(message_of(R"({"a": [1, Infinity]})"), "F:1: byte 10: Infinity is no JSON");
  EXPECT_EQ(message_of(R"({"text":"a\ud800b"})"),
            "F:1: byte 10: a lone surrogate, which is no character");
  EXPECT_EQ(message_of(R"({"a":"\\ud800 \ud83d\udd25\udd25"})"),
            "F:1: byte 26: a lone surrogate, which is no character");
  EXPECT_EQ(message_of(R"({"a":"\uD800\u0041"})"),
            "F:1: byte 6: a lone surrogate, which is no character");
  EXPECT_EQ(message_of(R"({"\ud800": 1})"), "F:1: byte 2: a lone surrogate, which is no character");
  EXPECT_EQ(message_of(R"({"text": "a)").substr(0, 14), "F:1: byte 11: ");
  EXPECT_EQ(message_of("[1]"), "F:1: not a JSON object");
  EXPECT_EQ(message_of("{\"a\": \"\xff\"}"), "F:1: byte 7: invalid UTF-8");
  EXPECT_EQ(message_of("{\"a\": " + std::string(1'000'000, '[')),
            "F:1: byte 69: nested deeper than 64 levels");
  EXPECT_EQ(message_of(R"({"a": "{\"a\":", "b": [{"c": 1e999}]})"),
            "F:1: byte 29: number overflow parsing '1e999'");
  EXPECT_EQ(message_of(R"({"a\\": ["b"], "a\"": ":", "a\\" : 2})"),
            "F:1: byte 27: key 'a\\' appears twice");
}

}  // namespace
}  // namespace nf
