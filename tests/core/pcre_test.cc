#include "core/text/pcre.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

using Words = std::vector<std::string>;

Words words(const std::string& pattern, const std::string& text) {
  const Regex regex(pattern, "F");
  RegexSearch search(regex, text);
  std::vector<Match> matches;
  search.find_all(0, static_cast<Index>(text.size()), matches);
  Words found;
  for (const Match& m : matches)
    found.push_back(
        text.substr(static_cast<std::size_t>(m.begin), static_cast<std::size_t>(m.end - m.begin)));
  return found;
}

std::string message(const std::string& pattern, const std::string& text) {
  try {
    words(pattern, text);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Regex, FindsAllMatchesFromLeftToRight) {
  EXPECT_EQ(words("\\p{L}+", "naïve 日本 x1"), (Words{"naïve", "日本", "x"}));
  EXPECT_EQ(words("aa", "aaaaa"), (Words{"aa", "aa"}));
  EXPECT_EQ(words("z", "aaa"), Words{});
}

TEST(Regex, PassesOverEmptyMatchesRightAfterAMatch) {
  EXPECT_EQ(words("x*", "axxé"), (Words{"", "xx", ""})) << "at 0, 1 and the end; not at 3";
  EXPECT_EQ(words("", "é"), (Words{"", ""}));
}

TEST(Regex, SearchesOnlyInsideTheRange) {
  const std::string text = "xabcx";
  const Regex regex("(?<=x)a|^b|c$|x", "F");
  RegexSearch search(regex, text);
  std::vector<Match> matches;
  search.find_all(1, 4, matches);
  ASSERT_EQ(matches.size(), 1u) << "the x before is out of sight, the end of the range is an end";
  EXPECT_EQ(matches[0].begin, 3);
  EXPECT_EQ(matches[0].end, 4);
}

TEST(Regex, WhiteSpaceIsTheUnicodeProperty) {
  EXPECT_EQ(words("\\s", "\u0085\u00A0\u1680\u2000\u2028\u3000").size(), 6u);
  EXPECT_EQ(words("\\s|[\\s]", "\u180E\u200B\u200C\uFEFF\x1C").size(), 0u);
  EXPECT_EQ(words("\\S", "\u180E").size(), 1u);
  EXPECT_EQ(words("[\\S]", "\u180E\u00A0").size(), 1u);
}

TEST(Regex, LineEndsAreLineFeeds) {
  EXPECT_EQ(words("^.", "ab\ncd"), (Words{"a", "c"}));
  EXPECT_EQ(words(".+", "a\rb\u2028c\nd"), (Words{"a\rb\u2028c", "d"}));
}

TEST(Regex, KnowsCharactersOfUnicode16) {
  // U+1C89 Lu, U+31350 Lo (Han), U+10D40 Nd, U+1E4EC Mn, U+1CC00 So: all newer than Unicode 14.
  EXPECT_EQ(words("\\p{L}+|\\p{N}+", "\u1C89x\U00031350 \U00010D40"),
            (Words{"\u1C89x\U00031350", "\U00010D40"}));
  EXPECT_EQ(words("\\p{Lu}", "\u1C89\u1C8A"), Words{"\u1C89"});
  EXPECT_EQ(words("\\p{M}|\\p{S}", "\U0001E4EC\U0001CC00").size(), 2u);
  EXPECT_EQ(words("\\p{Cn}", "\U0001E4EC\U0001CC00\u1C8B"), Words{"\u1C8B"});
}

TEST(Regex, LongTextsNeedNoRecursion) {
  const std::string spaces(2'000'000, ' ');
  EXPECT_EQ(words("\\s+(?!\\S)|\\s+", spaces + "x"), (Words{spaces.substr(1), " "}));
  EXPECT_EQ(words("(?:a|b)+", std::string(500'000, 'a')).size(), 1u);
}

TEST(Regex, ErrorsNameThePatternAndThePlace) {
  EXPECT_EQ(message("(a", ""), "F: pattern '(a': missing closing parenthesis (byte 2 of '(a')");
  EXPECT_EQ(
      message("x|(?:a|aa|aaa)+$", "x" + std::string(60, 'a') + "c"),
      "F: pattern 'x|(?:a|aa|aaa)+$': the search from byte 1 on failed: match limit exceeded");
}

TEST(Regex, EscapedTextMatchesItself) {
  const std::string special = "a.b*c+(d)[e]{2}|^$\\é?";
  EXPECT_EQ(words(escape_pattern(special), "x" + special + "y"), Words{special});
}

}  // namespace
}  // namespace nf
