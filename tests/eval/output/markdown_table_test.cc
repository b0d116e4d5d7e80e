#include "eval/output/markdown_table.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(MarkdownTable, HasATableForEachSection) {
  TextTable table({"ppl", "same\ntop-1 %", "unused"});
  table.add_section("opt: 16 windows");
  table.add_row("a_b r=0.1", {{"12.50", ""}, {"90.1", "1.2"}, {}});
  table.add_row("c", {{"failed", ""}, {}, {}});
  table.add_section("llama");
  table.add_words("fac: 8 runs");
  table.add_row("c|d", {{}, {"1.0", "[0.5, 2.0]"}, {}});
  EXPECT_EQ(markdown_table(table),
            "**opt: 16 windows**\n"
            "\n"
            "| | ppl | same top-1 % |\n"
            "|:--|--:|--:|\n"
            "| a\\_b r=0.1 | 12.50 | 90.1 ± 1.2 |\n"
            "| c | failed | |\n"
            "\n"
            "**llama**\n"
            "\n"
            "fac: 8 runs\n"
            "\n"
            "| | ppl | same top-1 % |\n"
            "|:--|--:|--:|\n"
            "| c\\|d | | 1.0 \\[0.5, 2.0\\] |\n");
}

TEST(MarkdownTable, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(markdown_text("a*b_c`d|e\\f<g>[h]~#&"),
            "a\\*b\\_c\\`d\\|e\\\\f\\<g\\>\\[h\\]\\~\\#\\&");
  EXPECT_EQ(markdown_text("two\nlines"), "two lines");
}

}  // namespace
}  // namespace nf
