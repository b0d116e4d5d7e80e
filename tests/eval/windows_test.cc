#include "eval/data/windows.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/support/experiment_files.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

/// One token a letter: "abc" has merges, "X", "Y" and "Z" none.
const Tokenizer& letters() {
  static const TempDir dir;
  static const Tokenizer tokenizer = load_tokenizer(dir, small_tokenizer());
  return tokenizer;
}

constexpr std::int32_t kX = 6, kY = 7, kZ = 8, kBos = 42;

TokenWindows cut(const std::vector<std::string>& documents, const WindowOptions& options) {
  return TokenWindows::from_documents(documents, letters(), options, "text.txt");
}

std::vector<Ids> all(const TokenWindows& windows) {
  std::vector<Ids> result;
  for (Index w = 0; w < windows.count(); ++w)
    result.emplace_back(windows.window(w).begin(), windows.window(w).end());
  return result;
}

std::string error_of(const std::vector<std::string>& documents, const WindowOptions& options) {
  try {
    cut(documents, options);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

TEST(TokenWindows, DoNotOverlapAndDropTheTail) {
  const TokenWindows windows = cut({"XYZXYZXY"}, {.context = 3});
  EXPECT_EQ(all(windows), (std::vector<Ids>{{kX, kY, kZ}, {kX, kY, kZ}}));
  EXPECT_TRUE(windows.warnings().empty());
}

TEST(TokenWindows, ScoreAllButTheFirstToken) {
  const TokenWindows windows = cut({"XYZXYZXYZ"}, {.context = 3});
  EXPECT_EQ(windows.scored(), 6);
  EXPECT_EQ(windows.scored(1, 2), 2);
}

TEST(TokenWindows, TakeATextShorterThanTheContextAsOneWindow) {
  const TokenWindows windows = cut({"XY"}, {.context = 5});
  EXPECT_EQ(all(windows), (std::vector<Ids>{{kX, kY}}));
  ASSERT_EQ(windows.warnings().size(), 1u);
  EXPECT_EQ(windows.warnings()[0],
            "text.txt: 1 of 1 documents shorter than the context of 5 tokens; each is one shorter "
            "window");
}

TEST(TokenWindows, WindowDocumentsApart) {
  EXPECT_EQ(all(cut({"XYZX", "ZZ", "YYY"}, {.context = 2})),
            (std::vector<Ids>{{kX, kY}, {kZ, kX}, {kZ, kZ}, {kY, kY}}));
}

TEST(TokenWindows, StopAtTheLimit) {
  EXPECT_EQ(cut({"XYZXYZXYZ"}, {.context = 3, .limit = 2}).count(), 2);
  EXPECT_EQ(cut({"XYZ", "XYZ", "XYZ"}, {.context = 3, .limit = 2}).count(), 2);
}

TEST(TokenWindows, WarnWhereThereAreFewerThanAskedFor) {
  const TokenWindows windows = cut({"XYZXYZ"}, {.context = 3, .limit = 9});
  ASSERT_EQ(windows.warnings().size(), 1u);
  EXPECT_EQ(windows.warnings()[0], "text.txt: 2 windows, 9 were asked for");
}

TEST(TokenWindows, PutTheBosTokenBeforeEachDocument) {
  EXPECT_EQ(all(cut({"XYZ", "Z"}, {.context = 2, .bos = Bos::document, .bos_id = kBos})),
            (std::vector<Ids>{{kBos, kX}, {kY, kZ}, {kBos, kZ}}));
}

TEST(TokenWindows, PutTheBosTokenAtTheStartOfEachWindow) {
  EXPECT_EQ(all(cut({"XYZX"}, {.context = 3, .bos = Bos::window, .bos_id = kBos})),
            (std::vector<Ids>{{kBos, kX, kY}, {kBos, kZ, kX}}));
}

TEST(TokenWindows, NeedATokenToScore) {
  EXPECT_EQ(error_of({""}, {.context = 3}),
            "text.txt: no window with a token to score; the text is empty or too short");
  EXPECT_EQ(error_of({"X"}, {.context = 3}),
            "text.txt: no window with a token to score; the text is empty or too short");
}

TEST(TokenWindows, NameTheOffsetOfInvalidUtf8) {
  const std::string one = error_of({"XY\xff"}, {.context = 2});
  EXPECT_TRUE(one.starts_with("text.txt: ")) << one;
  EXPECT_NE(one.find(" 2"), std::string::npos) << one;  // the offset
  EXPECT_TRUE(error_of({"XY", "X\xff"}, {.context = 2}).starts_with("text.txt: byte 1: "));
}

TEST(TokenWindows, HashTellsEverythingApartThatChangesANumber) {
  const std::string hash = cut({"XYZXYZ"}, {.context = 3}).hash();
  EXPECT_EQ(cut({"XYZXYZX"}, {.context = 3}).hash(), hash);  // the tail is not read
  EXPECT_NE(cut({"XYZXYY"}, {.context = 3}).hash(), hash);
  EXPECT_NE(cut({"XYZXYZ"}, {.context = 2}).hash(), hash);
  EXPECT_NE(cut({"XYZXYZ"}, {.context = 3, .limit = 1}).hash(), hash);
  EXPECT_NE(cut({"XYZ", "XYZ"}, {.context = 4}).hash(), cut({"XYZXYZ"}, {.context = 6}).hash());
}

TEST(TokenWindows, CutIdsThatAreThereAlready) {
  EXPECT_EQ(all(TokenWindows::from_ids({1, 2, 3, 4, 5}, 2)), (std::vector<Ids>{{1, 2}, {3, 4}}));
}

}  // namespace
}  // namespace nf
