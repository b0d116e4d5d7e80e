#include "eval/output/latex_table.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(LatexTable, IsATabularWithNumbersInMathMode) {
  TextTable table({"Δnll", "same\ntop-1 %", "unused"});
  table.add_section("opt_nano: 100 %");
  table.add_row("a_b", {{"+0.0436", "0.0076"}, {"90.1", "[88.0, 92.0]"}, {}});
  table.add_row("c", {{"1.2e-06*", "4e-08"}, {"failed", ""}, {}});
  EXPECT_EQ(latex_table(table),
            "% needs \\usepackage{booktabs}\n"
            "\\begin{tabular}{lrr}\n"
            "\\toprule\n"
            " & $\\Delta$nll & same top-1 \\% \\\\\n"
            "\\midrule\n"
            "\\multicolumn{3}{l}{\\textit{opt\\_nano: 100 \\%}} \\\\\n"
            "a\\_b & $+0.0436 \\pm 0.0076$ & $90.1\\ [88.0, 92.0]$ \\\\\n"
            "c & ${1.2\\times 10^{-6}}^{*} \\pm 4\\times 10^{-8}$ & failed \\\\\n"
            "\\bottomrule\n"
            "\\end{tabular}\n");
}

TEST(LatexTable, HasARuleBelowItsHeadingsWithoutSections) {
  TextTable table({"p"});
  table.add_row("a", {{"0.1", ""}});
  EXPECT_EQ(
      latex_table(table),
      "% needs \\usepackage{booktabs}\n\\begin{tabular}{lr}\n\\toprule\n & p \\\\\n\\midrule\n"
      "a & $0.1$ \\\\\n\\bottomrule\n\\end{tabular}\n");
}

TEST(LatexTable, EscapesWhatWouldBeACommand) {
  EXPECT_EQ(latex_text("\\{}$&#%_~^"),
            "\\textbackslash{}\\{\\}\\$\\&\\#\\%\\_\\textasciitilde{}\\textasciicircum{}");
  EXPECT_EQ(latex_comment("a\n\nb\n"), "% a\n%\n% b\n");
}

}  // namespace
}  // namespace nf
