#include "core/text/pattern_syntax.h"

#include <gtest/gtest.h>

#include <utility>

#include "core/base/error.h"

namespace nf {
namespace {

std::string rewrite(const std::string& pattern) {
  try {
    return to_pcre2_syntax(pattern, "F: p");
  } catch (const DataError& error) {
    return error.what();
  }
}

const std::string kSpace(kWhiteSpaceClass);

TEST(PatternSyntax, LeavesAloneWhatMeansTheSame) {
  for (const std::string pattern :
       {"'s|'t", " ?\\p{L}+", "\\p{N}{1,3}", "[^\\r\\n\\p{L}]?+\\p{Lu}++", "(?i:'ll)x*?",
        "a(?!b)(?<=c)(?<!d)", "(?>a|b)", "\\.\\[\\\\", "[]a-]", "[^]a]", "日本|é",
        "\\x{1F600}\\x41", "^a$", "\\A\\z\\d\\D"}) {
    EXPECT_EQ(rewrite(pattern), pattern == "[]a-]" ? "[]a\\-]" : pattern);
  }
}

TEST(PatternSyntax, RewritesWhatMeansSomethingElse) {
  EXPECT_EQ(rewrite("\\s+(?!\\S)"), "[" + kSpace + "]+(?![^" + kSpace + "])");
  EXPECT_EQ(rewrite("[^\\s\\p{L}]"), "[^" + kSpace + "\\p{L}]");
  EXPECT_EQ(rewrite("[\\S]"), "[\\S\\x{180e}]");
  EXPECT_EQ(rewrite("\\h[\\h_]"), "[0-9A-Fa-f][0-9A-Fa-f_]");
  EXPECT_EQ(rewrite("\\v[\\v]"), "\\x{b}[\\x{b}]");
  EXPECT_EQ(rewrite("\\u00e9"), "\\x{00e9}");
  EXPECT_EQ(rewrite("[[:space:][:punct:]]"), "[" + kSpace + "\\p{P}\\p{S}]");
  EXPECT_EQ(rewrite("\\p{Han}\\P{^Thai}"), "\\p{sc:Han}\\P{^sc:Thai}");
  EXPECT_EQ(rewrite("a(?#note)b"), "ab");
}

TEST(PatternSyntax, FlattensNestedClasses) {
  EXPECT_EQ(rewrite("[^(\\s|[.,!])]"), "[^(" + kSpace + "|.,!)]");
  EXPECT_EQ(rewrite("[a[-b]c]"), "[a\\-bc]");
  EXPECT_EQ(rewrite("[[a]-z]"), "[a\\-z]") << "no range from the end of a nested class";
  EXPECT_EQ(rewrite("[x[]y]]"), "[x\\]y]");
}

TEST(PatternSyntax, RewritesIntervals) {
  EXPECT_EQ(rewrite("\\p{N}{1,3}+"), "(?:\\p{N}{1,3})+") << "not possessive";
  EXPECT_EQ(rewrite("x[ab]{2}?"), "x(?:[ab]{2})?") << "optional, not lazy";
  EXPECT_EQ(rewrite("(a|(b))é{2,}+"), "(a|(b))(?:é{2,})+");
  EXPECT_EQ(rewrite("x(a|(b)){1,2}+"), "x(?:(a|(b)){1,2})+");
  EXPECT_EQ(rewrite("a{2,3}?"), "a{2,3}?");
  EXPECT_EQ(rewrite("a{,3}"), "a{0,3}");
  EXPECT_EQ(rewrite("a{,}{x"), "a\\{,}\\{x");
}

TEST(PatternSyntax, AnOptionReachesToTheEndOfItsGroup) {
  EXPECT_EQ(rewrite("a(?i)b|c"), "a(?i:b|c)");
  EXPECT_EQ(rewrite("x(y(?i)b|c)z"), "x(y(?i:b|c))z");
  EXPECT_EQ(rewrite("(?i)a(?-i)b"), "(?i:a(?-i:b))");
}

TEST(PatternSyntax, RefusesWhatIsNotKnownToMeanTheSame) {
  const std::pair<std::string, std::string> cases[] = {
      {"a\\", "byte 1: ends with a backslash"},
      {"a\\Qx", "byte 1: the escape '\\Q' is not supported"},
      {"\\K", "byte 0: the escape '\\K' is not supported"},
      {"\\pL", "byte 0: '\\p' and '\\P' need '{...}'"},
      {"\\p{L", "byte 0: '\\p' and '\\P' need '{...}'"},
      {"\\p{Klingon}", "byte 0: the property 'Klingon' is not supported"},
      {"\\x{41", "byte 0: '\\x{' has no '}'"},
      {"\\xe9", "byte 0: '\\x80' and above need '\\x{...}'"},
      {"\\u12", "byte 0: '\\u' needs four hexadecimal digits"},
      {"[\\W]", "byte 1: '\\W' inside [...] is not supported"},
      {"[a[^b]]", "byte 3: a negated class inside a class is not supported"},
      {"[a&&b]", "byte 2: '&&' inside [...] is not supported"},
      {"[[:alpha:]]", "byte 1: this POSIX class is not supported"},
      {"[ab", "byte 3: '[' has no ']'"},
      {"(?m)a", "byte 0: this kind of group is not supported"},
      {"(?<name>a)", "byte 0: this kind of group is not supported"},
      {"(*UTF)a", "byte 0: '(*' is not supported"},
      {"(?#", "byte 0: '(?#' has no ')'"},
      {"a)", "byte 1: ')' has no '('"},
  };
  for (const auto& [pattern, cause] : cases) {
    EXPECT_EQ(rewrite(pattern), "F: p: pattern '" + pattern + "': " + cause);
  }
}

}  // namespace
}  // namespace nf
