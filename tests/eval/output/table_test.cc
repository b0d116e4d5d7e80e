#include "eval/output/table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/base/error.h"

namespace nf {
namespace {

TextTable example() {
  TextTable table({"size", "KL\n(nats)", "unused"});
  table.add_section("first");
  table.add_row("plain", {{"12.5", ""}, {"0.018", "0.001"}, {}});
  table.add_row("with a longer label", {{"104832", ""}, {"1.23e-06", ""}, {}});
  table.add_section("second");
  table.add_row("Δ, 模型", {{"failed", ""}, {}, {}});
  return table;
}

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("plain"), 5);
  EXPECT_EQ(display_width("± Δ‖δ‖"), 6);
  EXPECT_EQ(display_width("模型"), 4);
  EXPECT_EQ(display_width("e\xcc\x81"), 1);  // e and a combining acute
  EXPECT_EQ(display_width("\xff\xfe"), 2);   // no UTF-8
}

TEST(WrapWords, BreaksAtSpacesAndKeepsLongWordsWhole) {
  const std::vector<std::string> expected = {"one two", "three", "extraordinary", "x"};
  EXPECT_EQ(wrap_words("one two three extraordinary x", 7), expected);
  EXPECT_EQ(wrap_words("", 7), std::vector<std::string>{""});
}

TEST(WrapWords, BreaksBehindThePlusBetweenTwoLevels) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap_words("role=q_proj+k_proj+v_proj x", 14),
            (Lines{"role=q_proj+", "k_proj+v_proj", "x"}));
  EXPECT_EQ(wrap_words("a+b+c", 100), Lines{"a+b+c"});
  EXPECT_EQ(wrap_words("gains +0.5 a+", 4), (Lines{"gains", "+0.5", "a+"}));
}

TEST(TextTable, AlignsDecimalPointsAndDropsEmptyColumns) {
  EXPECT_EQ(example().render(0),
            "                                       KL\n"
            "                           size    (nats)\n"
            "\n"
            "first\n"
            "  plain                    12.5  0.018    ± 0.001\n"
            "  with a longer label  104832    1.23e-06\n"
            "\n"
            "second\n"
            "  Δ, 模型                failed\n");
}

TEST(TextTable, CutsLabelsInTheMiddle) {
  TextTable table({"a", "b"});
  table.add_row("noise-sweep r=0.05 dist=rademacher", {{"1.5", "0.25"}, {"2", ""}});
  table.add_row("noise-sweep r=0.05 dist=uniform", {{"1.5", ""}, {"2", ""}});
  EXPECT_EQ(table.render(40),
            "                             a         b\n"
            "  noise-sweep…=rademacher  1.5 ± 0.25  2\n"
            "  noise-sweep…ist=uniform  1.5         2\n");
}

TEST(TextTable, LeavesColumnsOutWhereNothingElseHelps) {
  TextTable table({"a", "b\nlong", "c"});
  table.drop_first({1});
  table.add_row("noise-sweep r=0.05 dist=rademacher", {{"1.5", "0.25"}, {"2", ""}, {"3", ""}});
  EXPECT_EQ(table.render(36),
            "                         a         c\n"
            "  noise-swe…ademacher  1.5 ± 0.25  3\n"
            "\n36 columns have no room for: b long\n");
}

TEST(TextTable, KeepsLabelsApart) {
  TextTable table({"a"});
  for (const char* layer : {"0", "1"})
    table.add_row(std::string("each-layer layer=") + layer + " dist=rademacher r=0.05",
                  {{"1.5", ""}});
  const std::string text = table.render(46);
  EXPECT_NE(text.find("layer=0"), std::string::npos) << text;
  EXPECT_NE(text.find("layer=1"), std::string::npos) << text;
  EXPECT_NE(text.find("…"), std::string::npos) << text;
}

TEST(TextTable, CutsLabelsWhereTheyDoNotDiffer) {
  TextTable table({"KL"});
  table.add_section("m");
  for (const char* middle : {"uniform", "gaussian", "rademacher"})
    table.add_row(std::string("noise r=0.05 dist=") + middle + " against noise r=0.1 dist=other",
                  {{"0.1", ""}});
  const std::string text = table.render(70);
  for (const char* middle : {"uniform", "gaussian", "rademacher"})
    EXPECT_NE(text.find(std::string("dist=") + middle), std::string::npos) << text;
}

TEST(TextTable, KnowsWhatItHasRoomFor) {
  const TextTable table = example();
  EXPECT_EQ(table.shown_columns(0), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(table.shown_columns(30), (std::vector<std::size_t>{0}));
}

TEST(TextTable, KeepsOneColumnInTheNarrowestTerminal) {
  const std::string text = example().render(10);
  EXPECT_NE(text.find("104832"), std::string::npos) << text;
  EXPECT_NE(text.find("\n10 columns\nhave no\nroom for:\nKL (nats)\n"), std::string::npos) << text;
}

TEST(TextTable, MakesNoColumnWiderForWords) {
  TextTable table({"a"});
  table.add_row("plain", {{"12.5", ""}});
  table.add_words("words: longer than all of the rest");
  EXPECT_EQ(table.render(0),
            "            a\n  plain  12.5\n  words: longer than all of the rest\n");
  EXPECT_EQ(table.render(24),
            "            a\n  plain  12.5\n  words: longer than\n    all of the rest\n");
}

TEST(TextTable, RefusesARowOfAnotherLength) {
  TextTable table({"a", "b"});
  EXPECT_THROW(table.add_row("x", {{"1", ""}}), InternalError);
}

/// Sections of labels that are long in front of and behind what tells them apart.
TEST(TextTable, KeepsRowsApartThatDifferInTheMiddleAlone) {
  TextTable table({"difference", "verdict"});
  const std::string front = "quantizer of the whole model, sweep point granularity=channel, ";
  const std::string back =
      ", symmetric=true, range=minmax, calibration=books, repeat of three seeds";
  std::vector<std::string> names;
  for (const char* bits : {"bits=3", "bits=4", "bits=5"}) {
    table.add_row(front + bits + back, {{"+0.123", "[0.100, 0.140]"}, {"no difference shown", ""}});
    names.emplace_back(bits);
  }
  table.drop_first({0});
  const std::string text = table.render(80);
  for (const std::string& name : names) EXPECT_NE(text.find(name), std::string::npos) << text;
  EXPECT_NE(text.find("no difference shown"), std::string::npos) << text;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80) << line;
}

TEST(SingleSpaced, LeavesOneBlank) {
  EXPECT_EQ(single_spaced("  [  -0.1,   2]  "), "[ -0.1, 2]");
  EXPECT_EQ(single_spaced(""), "");
}

}  // namespace
}  // namespace nf
