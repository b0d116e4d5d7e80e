#include "core/io/read_json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "tests/support/model_errors.h"
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
  EXPECT_EQ(message_of(R"({"a": 1, "a": 2})"), "F: byte 9: key 'a' appears twice");
  EXPECT_EQ(message_of(R"([{"a": {"b": 1}, "c": [{"b": 1, "b": 2}]}])"),
            "F: byte 32: key 'b' appears twice");
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
  EXPECT_EQ(message_of("[1e999]"), "F: byte 1: number overflow parsing '1e999'");
  EXPECT_EQ(message_of(std::string(65, '[') + std::string(65, ']')),
            "F: byte 64: nested deeper than 64 levels");
  EXPECT_EQ(message_of(std::string(64, '[') + std::string(64, ']')), "no error");
  EXPECT_EQ(message_of("[\"\xff\"]"),
            "F: byte 2: syntax error while parsing value - invalid string: ill-formed UTF-8 byte; "
            "last read: '\"\xff'");
}

TEST(ReadJson, NamesWhatPythonWritesAndNoJsonIs) {
  EXPECT_EQ(message_of(R"({"text":"a b c d e f","score":NaN})"), "F: byte 30: NaN is no JSON");
  EXPECT_EQ(message_of("[-Infinity]"), "F: byte 1: -Infinity is no JSON");
  EXPECT_EQ(message_of("[1, Infinity]", 8), "F: byte 12: Infinity is no JSON");
}

TEST(ReadJson, NothingIsHiddenBehindANul) {
  EXPECT_EQ(message_of(std::string("{}\0 more", 8)), "F: byte 2: a NUL is no JSON");
}

TEST(ReadJson, NamesLoneSurrogates) {
  const std::string cause = ": a lone surrogate, which is no character";
  EXPECT_EQ(message_of(R"({"text":"a\ud800b"})"), "F: byte 10" + cause);
  EXPECT_EQ(message_of(R"(["\ud83d"])"), "F: byte 2" + cause);
  EXPECT_EQ(message_of(R"(["\ud83d\u0041"])"), "F: byte 2" + cause);
  EXPECT_EQ(message_of(R"(["\udd25"])"), "F: byte 2" + cause);
  EXPECT_EQ(message_of(R"(["\ud83d\udd25\udd25"])"), "F: byte 14" + cause);
  EXPECT_EQ(parse_json(R"(["\ud83d\udd25"])", "F")[0], "\xf0\x9f\x94\xa5");
}

TEST(ReadJson, PythonsNumbersAreTexts) {
  EXPECT_EQ(parse_python_json(R"({"a": NaN, "b": [Infinity, -Infinity], "NaN": "a \" NaN"})", "F"),
            Json({{"a", "NaN"}, {"b", {"Infinity", "-Infinity"}}, {"NaN", "a \" NaN"}}));
  EXPECT_EQ(parse_sorted_python_json("{\"a\": NaN}", "F")["a"], "NaN");
  const auto message = [](const std::string& text) {
    return data_error_of([&] { parse_python_json(text, "F"); });
  };
  EXPECT_EQ(
      message(R"({"a": NaN, "b": x})"),
      "F: byte 16: syntax error while parsing value - invalid literal; last read: '\"b\": x'");
  EXPECT_EQ(message("[NaN, \"a"),
            "F: byte 8: syntax error while parsing value - invalid string: missing closing quote; "
            "last read: '\"a'");
}

TEST(ReadJson, DeepNestingEndsInAnError) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    const std::string expected =
        fmt::format("F: byte {}: nested deeper than 64 levels", 64 * open.size());
    EXPECT_EQ(message_of(text), expected);
    EXPECT_EQ(data_error_of([&] { parse_python_json(text, "F"); }), expected);
  }
}

TEST(ReadJson, AnObjectOfManyObjectsTakesTimeLikeItsSize) {
  std::string text = "{";
  for (int i = 0; i < 100'000; ++i) text += fmt::format("\"{}\": {{\"a\": {}}}, ", i, i);
  text += "\"last\": {}}";  // minutes where each object is looked for among all
  EXPECT_EQ(parse_sorted_json(text, "F").size(), 100'001u);
}

TEST(ReadJson, GitsPlaceholdersAreRecognised) {
  EXPECT_EQ(message_of("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
            "F: a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'");
}

TEST(ReadJson, MessagesAreOneShortLine) {
  const std::string message = message_of("[\"" + std::string(100'000, 'x'));
  EXPECT_LT(message.size(), 300u);
  EXPECT_EQ(message_of("{\"a\\nb\": 1, \"a\\nb\": 1}"), "F: byte 12: key 'a?b' appears twice");
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
