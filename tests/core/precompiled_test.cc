#include "core/text/precompiled.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/charsmap.h"
#include "tests/support/normalizer_support.h"

namespace nf {
namespace {

SortedJson precompiled(const std::string& charsmap) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", to_base64(charsmap)}};
}

std::string apply(const std::vector<std::pair<std::string, std::string>>& replacements,
                  const std::string& text) {
  return normalize(precompiled(make_charsmap(replacements)), text);
}

TEST(Precompiled, ReplacesCharacters) {
  EXPECT_EQ(apply({{"ﬁ", "fi"}, {"\u3000", " "}, {"\u200b", ""}}, "ﬁx\u3000é\u200b."), "fix é.");
  EXPECT_EQ(apply({{"a", "b"}}, ""), "");
}

TEST(Precompiled, LooksUpShortGraphemesAsAWhole) {
  EXPECT_EQ(apply({{"e\u0301", "é"}}, "e\u0301e"), "ée");
  EXPECT_EQ(apply({{"\r\n", "\n"}}, "\r\n\r"), "\n\r");
  // Six bytes are too long: then the characters are looked up one by one.
  EXPECT_EQ(apply({{"\u0915\u093e", "x"}, {"\u093e", "y"}}, "\u0915\u093e"), "\u0915y");
}

TEST(Precompiled, OfSeveralEntriesTheShortestReplacesAll) {
  EXPECT_EQ(apply({{"e", "E"}, {"e\u0301", "é"}}, "e\u0301x"), "Ex")
      << "the mark is gone, as with Hugging Face tokenizers";
}

TEST(Precompiled, RefusesADamagedTable) {
  const std::string good = make_charsmap({{"a", "b"}});
  const auto message = [](const SortedJson& json, const std::string& text) -> std::string {
    try {
      normalize(json, text);
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string place = "F: precompiled_charsmap: ";
  SortedJson json = precompiled(good);
  json["precompiled_charsmap"] = "ab=c";
  EXPECT_EQ(message(json, ""), place + "is not valid base64");
  json["precompiled_charsmap"] = "";
  EXPECT_EQ(message(json, ""), place + "is empty; leave the normalizer out if there is none");
  EXPECT_EQ(message(precompiled(good.substr(0, 2000)), ""),
            place + "a trie of 2048 bytes does not fit into 2000");
  EXPECT_EQ(message(precompiled(good + "\xff"), ""),
            place + "the replacements are not valid UTF-8");

  std::string broken = good;
  broken[4 + 4 * 256] = '\x7f';  // the leaf points behind the replacements
  EXPECT_EQ(message(precompiled(broken), "a"), "F.precompiled_charsmap: the table is damaged");
  broken = good;
  broken[4 + 3] = '\x7f';  // the root leads out of the trie
  EXPECT_EQ(message(precompiled(broken), "a"), "F.precompiled_charsmap: the table is damaged");
}

}  // namespace
}  // namespace nf
