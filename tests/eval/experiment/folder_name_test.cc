#include "eval/experiment/folder_name.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(FolderName, IsAnyNameThatIsNoPath) {
  for (const char* name : {"e", "first-look", "größe", "two words", "...", ".hidden", "a.b"})
    EXPECT_EQ(why_no_folder_name(name), std::nullopt) << name;
  EXPECT_EQ(why_no_folder_name(std::string(255, 'x')), std::nullopt);
}

TEST(FolderName, IsNoneThatLeadsElsewhereOrCannotBe) {
  for (const std::string& name :
       {std::string(""), std::string("."), std::string(".."), std::string("a/b"), std::string("/"),
        std::string("a\n"), std::string("\x01"), std::string("a\0b", 3), std::string("\x7f"),
        std::string(256, 'x')})
    EXPECT_NE(why_no_folder_name(name), std::nullopt) << name;
}

}  // namespace
}  // namespace nf
