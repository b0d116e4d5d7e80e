#include "eval/output/reader_text.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TextTable example() {
  TextTable table({"kl_"});
  table.add_row("a_b", {{"0.1", ""}});
  return table;
}

TEST(ReaderText, HasWordsAboveAndBelow) {
  EXPECT_EQ(reader_text("a_b\n", example(), "\nlegend_\n", TableFormat::table, 0),
            "a_b\n       kl_\n  a_b  0.1\n\nlegend_\n");
  EXPECT_EQ(reader_text("a_b\n", example(), "\nlegend_\n", TableFormat::markdown, 0),
            "a\\_b\n\n| | kl\\_ |\n|:--|--:|\n| a\\_b | 0.1 |\n\nlegend\\_\n");
  const std::string latex = reader_text("a_b\n", example(), "\nlegend_\n", TableFormat::latex, 0);
  EXPECT_TRUE(latex.starts_with("% a_b\n% needs ")) << latex;
  EXPECT_TRUE(latex.ends_with("\\end{tabular}\n%\n% legend_\n")) << latex;
}

}  // namespace
}  // namespace nf
