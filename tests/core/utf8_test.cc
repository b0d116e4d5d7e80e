#include "core/base/utf8.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

TEST(Utf8, EveryScalarValueSurvivesEncodingAndDecoding) {
  std::string text;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    text.clear();
    append_utf8(c, text);
    ASSERT_FALSE(find_invalid_utf8(text)) << std::hex << static_cast<std::uint32_t>(c);
    ASSERT_EQ(utf8_length(text[0]), static_cast<Index>(text.size()));
    ASSERT_EQ(code_point_at(text, 0), c);
    ASSERT_EQ(previous_character("a" + text, 1 + static_cast<Index>(text.size())), 1);
  }
}

TEST(Utf8, FindsTheFirstWrongByte) {
  using std::string_literals::operator""s;
  struct Case {
    std::string text;
    Index offset;
  };
  const Case cases[] = {
      {"ab\x80", 2},            // continuation without a lead
      {"a\xC0\xAF", 1},         // overlong, two bytes
      {"\xC1\xBF", 0},          // overlong, two bytes
      {"\xE0\x9F\xBF", 0},      // overlong, three bytes
      {"\xF0\x8F\xBF\xBF", 0},  // overlong, four bytes
      {"\xED\xA0\x80", 0},      // surrogate U+D800
      {"\xED\xBF\xBF", 0},      // surrogate U+DFFF
      {"\xF4\x90\x80\x80", 0},  // U+110000
      {"\xF5\x80\x80\x80", 0},  // lead of no character
      {"\xFF", 0},              // lead of no character
      {"abc\xE2\x82", 3},       // cut off
      {"\xE2\x82"
       "a",
       0},  // interrupted
      {"\xF0\x9F\x98"
       "a",
       0},                     // interrupted
      {"\xC3\xA9\0\xC3"s, 3},  // NUL is a character, the lead after it is cut off
  };
  for (const Case& c : cases) {
    const std::optional<Index> offset = find_invalid_utf8(c.text);
    ASSERT_TRUE(offset) << c.text;
    EXPECT_EQ(*offset, c.offset) << c.text;
  }
  EXPECT_FALSE(find_invalid_utf8(""));
}

TEST(Utf8, CheckNamesTheSourceAndTheByte) {
  check_utf8("fine", "text.txt");
  try {
    check_utf8("abc\xFF", "text.txt");
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "text.txt: byte 3: invalid UTF-8");
  }
}

}  // namespace
}  // namespace nf
