#include "core/base/byte_text.h"

#include <gtest/gtest.h>

#include "core/base/utf8.h"

namespace nf {
namespace {

TEST(ByteText, LeavesTextAsItIs) {
  for (const char* text : {"", "runs/first-look", "größe/日本", "a\\b", "c:\\x", "\\xg0", "a\nb"})
    EXPECT_EQ(byte_text(text), text);
}

TEST(ByteText, WritesOtherBytesAsEscapes) {
  EXPECT_EQ(byte_text("gr\xf6\xdf"
                      "e"),
            "gr\\xf6\\xdfe");
  EXPECT_EQ(byte_text("\xe6\x97"), "\\xe6\\x97");  // a character that breaks off
}

TEST(ByteText, IsTurnedBack) {
  for (const std::string& bytes :
       {std::string("gr\xf6\xdf/\xe6\x97\xa5"), std::string("\\xe4"), std::string("\\\xe4"),
        std::string("\\x5c"), std::string("\\\\xE4\xff"), std::string("a\0b\xfe", 4)}) {
    EXPECT_EQ(find_invalid_utf8(byte_text(bytes)), std::nullopt) << bytes;
    EXPECT_EQ(bytes_of_text(byte_text(bytes)), bytes);
  }
}

}  // namespace
}  // namespace nf
