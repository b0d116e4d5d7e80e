#include "core/text/replace.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/normalizer_support.h"

namespace nf {
namespace {

// Expected results were seen from Hugging Face tokenizers 0.23.2.
SortedJson replace(const std::string& kind, const std::string& pattern,
                   const std::string& content) {
  return {{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", content}};
}

TEST(Replace, TakesAStringLiterally) {
  EXPECT_EQ(normalize(replace("String", " ", "▁"), "a  b "), "a▁▁b▁");
  EXPECT_EQ(normalize(replace("String", ".", "x"), "a.b"), "axb");
  EXPECT_EQ(normalize(replace("String", "aa", "b"), "aaaaa"), "bba") << "from left to right";
  EXPECT_EQ(normalize(replace("String", "x", "y"), ""), "");
}

TEST(Replace, TakesARegularExpression) {
  EXPECT_EQ(normalize(replace("Regex", " {2,}", "▁"), "a b   c"), "a b▁c");
  EXPECT_EQ(normalize(replace("Regex", "(l)(e)", "$2 $1"), "alea"), "a$2 $1a")
      << "groups mean nothing";
}

TEST(Replace, EmptyMatchesCount) {
  EXPECT_EQ(normalize(replace("String", "", "x"), "abc"), "xaxbxcx");
  EXPECT_EQ(normalize(replace("Regex", "b*", "x"), "bbab"), "xax");
  EXPECT_EQ(normalize(replace("Regex", "^", "x"), "cc\naa"), "xcc\nxaa");
  EXPECT_EQ(normalize(replace("Regex", "^", "x"), ""), "") << "but not in an empty text";
}

TEST(Replace, KnowsWhenTheBeginningIsGone) {
  const auto drops = [](const std::string& pattern, const std::string& content) {
    return make_normalizer(replace("String", pattern, content))->drops_start("éab");
  };
  EXPECT_TRUE(drops("é", ""));
  EXPECT_FALSE(drops("é", "e")) << "still the first character";
  EXPECT_TRUE(drops("éa", "e")) << "of several the last one counts";
  EXPECT_FALSE(drops("a", "")) << "not at the beginning";
}

TEST(Replace, NeedsAPattern) {
  const SortedJson json = {{"type", "Replace"}, {"pattern", {{"Text", "a"}}}, {"content", ""}};
  try {
    make_normalizer(json);
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "F: pattern: needs the key 'Regex' or 'String'");
  }
}

}  // namespace
}  // namespace nf
