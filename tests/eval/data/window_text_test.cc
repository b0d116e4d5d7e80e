#include "eval/data/window_text.h"

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "eval/data/windows.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

TokenWindows cut(const std::vector<std::string>& documents, const WindowOptions& options) {
  static const TempDir dir;
  static const Tokenizer tokenizer = load_tokenizer(dir, small_tokenizer());
  return TokenWindows::from_documents(documents, tokenizer, options, "text.txt");
}

/// "before|token|token ..." of a window.
std::string shown(const TokenWindows& windows, std::size_t window,
                  const std::vector<std::string>& documents) {
  const WindowPlace& place = windows.places().at(window);
  const auto text = window_text(place, documents.at(static_cast<std::size_t>(place.document)));
  return text ? fmt::format("{}|{}", text->before, fmt::join(text->tokens, "|")) : "none";
}

TEST(WindowText, HasThePieceOfEachScoredToken) {
  const std::vector<std::string> documents = {"XabcYZab", "ZZXabY"};
  const TokenWindows windows = cut(documents, {.context = 3});
  ASSERT_EQ(windows.places().size(), windows.items().size());
  EXPECT_EQ(shown(windows, 0, documents), "X|abc|Y");
  EXPECT_EQ(shown(windows, 1, documents), "Z|Z|X") << "the tail of the first document is dropped";
}

TEST(WindowText, LeavesOutWhatAnEarlierWindowScored) {
  const std::vector<std::string> documents = {"XYZXYZ"};
  const TokenWindows windows =
      cut(documents, {.context = 4, .convention = Convention::strided, .stride = 2});
  EXPECT_EQ(shown(windows, 0, documents), "X|Y|Z|X");
  EXPECT_EQ(shown(windows, 1, documents), "ZX|Y|Z");
}

/// A bos stands for no text, wherever it is put.
TEST(WindowText, PassesOverABos) {
  const std::vector<std::string> documents = {"XabYZ"};
  EXPECT_EQ(shown(cut(documents, {.context = 3, .bos = Bos::document, .bos_id = 42}), 0, documents),
            "|X|ab");
  const TokenWindows opened = cut(documents, {.context = 3, .bos = Bos::window, .bos_id = 42});
  EXPECT_EQ(shown(opened, 0, documents), "|X|ab");
  EXPECT_EQ(shown(opened, 1, documents), "|Y|Z");
}

TEST(WindowText, PutsACharacterIntoItsFirstToken) {
  const std::string euro = "\xE2\x82\xAC";
  EXPECT_EQ(window_text({.bytes = {1, 2, 1, 1}, .scored = 1}, "a" + euro + "b")->tokens,
            (std::vector<std::string>{euro, "", "b"}));
  EXPECT_EQ(window_text({.first_byte = 2, .bytes = {2, 1}, .scored = 0}, "a" + euro + "b")->tokens,
            (std::vector<std::string>{"", "b"}))
      << "a window that begins inside a character";
}

TEST(WindowText, IsNotKnownOfIdsAndOfAShorterDocument) {
  const TokenWindows ids = TokenWindows::from_ids({{1, 2, 3}}, {.context = 3}, "ids.npy");
  EXPECT_EQ(shown(ids, 0, {"XYZ"}), "none");
  const TokenWindows windows = cut({"XYZ"}, {.context = 3});
  EXPECT_EQ(shown(windows, 0, {"XY"}), "none") << "the file has changed since";
}

}  // namespace
}  // namespace nf
