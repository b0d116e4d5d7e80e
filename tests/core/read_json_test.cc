#include "core/io/read_json.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

std::string message_of(const std::string& text, Index offset = 0) {
  try {
    parse_json(text, "F", offset);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadJson, KeepsOrderOrSorts) {
  const std::string text = R"({"b": [1, 2.5], "a": {"b": null}})";
  EXPECT_EQ(parse_json(text, "F").dump(), R"({"b":[1,2.5],"a":{"b":null}})");
  EXPECT_EQ(parse_sorted_json(text, "F").dump(), R"({"a":{"b":null},"b":[1,2.5]})");
}

TEST(ReadJson, ErrorsNameByteAndCause) {
  EXPECT_EQ(message_of(R"({"a": 1, "a": 2})"), "F: key 'a' appears twice");
  EXPECT_EQ(message_of(R"([{"a": {"b": 1}, "c": [{"b": 1, "b": 2}]}])"),
            "F: key 'b' appears twice");
  EXPECT_EQ(message_of(R"([{"a": 1}, {"a": 1}])"), "no error") << "two objects may share a key";
  EXPECT_EQ(message_of(R"({"a": x})"),
            "F: byte 6: syntax error while parsing value - invalid literal; last read: '\"a\": x'");
  EXPECT_EQ(
      message_of(R"({"a": x})", 100),
      "F: byte 106: syntax error while parsing value - invalid literal; last read: '\"a\": x'");
  EXPECT_EQ(message_of("[1, 2"),
            "F: byte 5: syntax error while parsing array - unexpected end of input; expected ']'");
  EXPECT_EQ(message_of(""),
            "F: byte 0: syntax error while parsing value - unexpected end of input; expected '[', "
            "'{', or a literal");
  EXPECT_EQ(message_of("[1e999]"), "F: number overflow parsing '1e999'");
  EXPECT_EQ(message_of(std::string(65, '[') + std::string(65, ']')),
            "F: nested deeper than 64 levels");
  EXPECT_EQ(message_of(std::string(64, '[') + std::string(64, ']')), "no error");
  EXPECT_EQ(message_of("[\"\xff\"]"),
            "F: byte 2: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; "
            "last read: '\"\xff'");
}

TEST(ReadJson, MessagesAreOneShortLine) {
  const std::string message = message_of("[\"" + std::string(100'000, 'x'));
  EXPECT_LT(message.size(), 300u);
  EXPECT_EQ(message_of("{\"a\\nb\": 1, \"a\\nb\": 1}"), "F: key 'a?b' appears twice");
}

TEST(ReadJson, ReadsFiles) {
  const TempDir dir;
  std::ofstream(dir / "f.json") << R"({"hidden_size": 64})";
  EXPECT_EQ(read_json(dir / "f.json")["hidden_size"], 64);
  EXPECT_EQ(read_sorted_json(dir / "f.json")["hidden_size"], 64);
  EXPECT_THROW(read_json(dir / "none.json"), DataError);
}

TEST(ReadJson, PrintableCutsBetweenCharacters) {
  EXPECT_EQ(printable("tab\tand\x7f"), "tab?and?");
  EXPECT_EQ(printable(std::string(200, 'x')), std::string(200, 'x'));
  EXPECT_EQ(printable(std::string(201, 'x')), std::string(200, 'x') + "...");
  // Bytes 199 and 200 are one character: it goes as a whole.
  EXPECT_EQ(printable(std::string(199, 'x') + "\xc3\xa9"), std::string(199, 'x') + "...");
}

}  // namespace
}  // namespace nf
