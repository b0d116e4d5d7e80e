#include "core/io/byte_cursor.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "core/base/error.h"

namespace nf {
namespace {

ByteCursor over(std::string_view text) { return {std::as_bytes(std::span(text)), "f"}; }

template <class Do>
std::string message_of(const Do& act) {
  try {
    act();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ByteCursor, ReadsNumbersLowestByteFirst) {
  ByteCursor cursor = over(std::string_view("\x01\x02\xff\x04\x03\x02\x81\1\2\3\4\5\6\7\x88", 15));
  EXPECT_EQ(cursor.number<std::uint8_t>(), 1);
  EXPECT_EQ(cursor.number<std::uint16_t>(), 0xff02);
  EXPECT_EQ(cursor.number<std::uint32_t>(), 0x81020304u);
  EXPECT_EQ(cursor.number<std::uint64_t>(), 0x8807060504030201u);
  EXPECT_EQ(cursor.left(), 0);
}

TEST(ByteCursor, ReadsTextsAndLines) {
  ByteCursor cursor = over("abc\nde\n\nf");
  EXPECT_EQ(cursor.text(1), "a");
  EXPECT_EQ(cursor.line(100), "bc");
  EXPECT_EQ(cursor.line(3), "de");
  EXPECT_EQ(cursor.line(1), "");
  EXPECT_EQ(cursor.at(), 8);
  cursor.seek(1);
  cursor.skip(1);
  EXPECT_EQ(cursor.text(0), "");
  EXPECT_EQ(cursor.text(1), "c");
}

TEST(ByteCursor, NeverLeavesTheBytes) {
  ByteCursor cursor = over("abcd\n");
  cursor.skip(2);
  EXPECT_EQ(message_of([&] { cursor.number<std::uint32_t>(); }),
            "f: byte 2: truncated: 4 bytes are needed, 3 are left");
  EXPECT_EQ(message_of([&] { cursor.text(4); }),
            "f: byte 2: truncated: 4 bytes are needed, 3 are left");
  EXPECT_EQ(message_of([&] { cursor.text(INT64_MAX); }),
            "f: byte 2: truncated: 9223372036854775807 bytes are needed, 3 are left");
  EXPECT_EQ(message_of([&] { cursor.text(-1); }),
            "f: byte 2: truncated: -1 bytes are needed, 3 are left");
  EXPECT_EQ(message_of([&] { cursor.line(2); }), "f: byte 2: no end of line in the next 2 bytes");
  EXPECT_EQ(message_of([&] { cursor.seek(6); }), "f: byte 2: truncated: it points to byte 6 of 5");
  EXPECT_EQ(message_of([&] { cursor.seek(-1); }),
            "f: byte 2: truncated: it points to byte -1 of 5");
  EXPECT_EQ(cursor.at(), 2) << "a failure moves nothing";
  cursor.seek(5);
  EXPECT_EQ(message_of([&] { cursor.line(9); }), "f: byte 5: no end of line in the next 0 bytes");
}

}  // namespace
}  // namespace nf
