#include "core/text/unicode_normalizer.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

std::string nfc(const std::string& text) { return UnicodeNormalizer(UnicodeForm::nfc).apply(text); }
std::string nfd(const std::string& text) { return UnicodeNormalizer(UnicodeForm::nfd).apply(text); }
std::string nfkc(const std::string& text) {
  return UnicodeNormalizer(UnicodeForm::nfkc).apply(text);
}
std::string nfkd(const std::string& text) {
  return UnicodeNormalizer(UnicodeForm::nfkd).apply(text);
}

TEST(UnicodeNormalizer, ComposesAndDecomposes) {
  EXPECT_EQ(nfc("e\u0301"), "é");
  EXPECT_EQ(nfd("é"), "e\u0301");
  EXPECT_EQ(nfc("\u1112\u1161\u11ab"), "한");
  EXPECT_EQ(nfd("한"), "\u1112\u1161\u11ab");
  EXPECT_EQ(nfc("\u212b ﬁ"), "\u00c5 ﬁ");
  EXPECT_EQ(nfkc("\u212b ﬁ ½ \uff21\u3000"), "\u00c5 fi 1\u20442 A ");
  EXPECT_EQ(nfkd("\u212b"), "A\u030a");
  EXPECT_EQ(nfc("plain"), "plain");
  EXPECT_EQ(nfc(std::string("\0é", 3)), std::string("\0é", 3)) << "a zero is a character";
}

TEST(UnicodeNormalizer, SortsMarksByTheirClass) {
  EXPECT_EQ(nfd("a\u0301\u0323"), "a\u0323\u0301");
  EXPECT_EQ(nfc("a\u0301\u0323"), "\u1ea1\u0301");
}

TEST(UnicodeNormalizer, CompositionExclusionsStayApart) {
  EXPECT_EQ(nfc("\u0958"), "\u0915\u093c");
  EXPECT_EQ(nfc("\u0915\u093c"), "\u0915\u093c");
}

// Hugging Face tokenizers 0.23.2 has the tables of Unicode 9.0. Later characters:
TEST(UnicodeNormalizer, NewerCharactersAreLeftAlone) {
  EXPECT_EQ(nfkc("\u32ff"), "\u32ff") << "the era name Reiwa, Unicode 12.1";
  EXPECT_EQ(nfkc("\U0001fbf0"), "\U0001fbf0") << "a digit, Unicode 13.0";
  EXPECT_EQ(nfd("\U00011938"), "\U00011938") << "a vowel sign, Unicode 13.0";
  EXPECT_EQ(nfc("\U00011935\U00011930"), "\U00011935\U00011930");
  EXPECT_EQ(nfc("\U000105d2\u0307"), "\U000105d2\u0307") << "Todhri, Unicode 16.0";
}

TEST(UnicodeNormalizer, ANewerMarkKeepsOthersApart) {
  EXPECT_EQ(nfc("e\u09fe\u0301"), "e\u09fe\u0301") << "a mark of Unicode 11.0 has no class";
  EXPECT_EQ(nfd("a\u0301\u0eba\u0323"), "a\u0301\u0eba\u0323");
  EXPECT_EQ(nfc("e\u0301\u0eba"), "é\u0eba");
}

TEST(Lowercase, TakesEachCharacterByItself) {
  const Lowercase lowercase;
  EXPECT_EQ(lowercase.apply("ÀB1ẞ"), "àb1ß");
  EXPECT_EQ(lowercase.apply("ΣΑΣ"), "σασ") << "no final sigma";
  EXPECT_EQ(lowercase.apply("İI"), "i\u0307i");
  EXPECT_EQ(lowercase.apply("\U00016ea0\u1c89\U00010d65"), "\U00016ebb\u1c8a\U00010d85")
      << "letters of Unicode 16 and 17";
}

TEST(StripAccents, TakesOutMarks) {
  const StripAccents strip_accents;
  EXPECT_EQ(strip_accents.apply("e\u0301a\u20ddb"), "eab");
  EXPECT_EQ(strip_accents.apply("é"), "é") << "only where it stands alone";
  EXPECT_EQ(strip_accents.apply("e\u09fe"), "e\u09fe") << "newer than Unicode 9.0";
  EXPECT_EQ(strip_accents.apply("\u1cf2\U000111c9"), "\U000111c9") << "as Unicode 9.0 has it";
  EXPECT_TRUE(strip_accents.drops_start("\u0301a"));
  EXPECT_FALSE(strip_accents.drops_start("a\u0301"));
  EXPECT_FALSE(strip_accents.drops_start(""));
}

}  // namespace
}  // namespace nf
