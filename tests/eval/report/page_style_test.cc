#include "eval/report/page_style.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace nf {
namespace {

/// What ends the element early would be shown as text.
TEST(PageStyle, StaysWithinItsElement) {
  EXPECT_EQ(std::string(kPageStyle).find("</"), std::string::npos);
  EXPECT_EQ(std::string(kPageScript).find("</"), std::string::npos);
}

TEST(PageStyle, ClosesItsBracesAndKnowsDarkAndPrint) {
  const std::string style = kPageStyle;
  EXPECT_EQ(std::count(style.begin(), style.end(), '{'),
            std::count(style.begin(), style.end(), '}'));
  for (const char* part : {"prefers-color-scheme: dark", "@media print", "break-inside: avoid"})
    EXPECT_NE(style.find(part), std::string::npos) << part;
}

TEST(PageScript, AsksForNothing) {
  for (const char* call : {"fetch(", "XMLHttpRequest", "import(", "http"})
    EXPECT_EQ(std::string(kPageScript).find(call), std::string::npos) << call;
}

}  // namespace
}  // namespace nf
