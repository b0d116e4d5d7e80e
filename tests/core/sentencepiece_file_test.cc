#include "core/text/sentencepiece_file.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "core/base/error.h"
#include "tests/support/sentencepiece_model.h"

namespace nf {
namespace {

std::string refusal(const std::string& bytes) {
  try {
    check_sentencepiece_file(bytes, "F");
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

SentencePieceModel small_model() {
  SentencePieceModel model;
  model.pieces.push_back({"a", -1});
  model.charsmap = a_to_b_charsmap();
  return model;
}

TEST(SentencePieceFile, PassesASoundModelOn) {
  EXPECT_EQ(check_sentencepiece_file(small_model().bytes(), "F"), small_model().bytes());
}

TEST(SentencePieceFile, LeavesTheSelfTestOut) {
  SentencePieceModel model = small_model();
  model.self_test = "a";
  EXPECT_EQ(check_sentencepiece_file(model.bytes(), "F"), small_model().bytes());
}

TEST(SentencePieceFile, PassesExtensionsOn) {
  const std::string bytes = small_model().bytes() + SentencePieceModel::text(200, "x");
  EXPECT_EQ(check_sentencepiece_file(bytes, "F"), bytes);
}

TEST(SentencePieceFile, RefusesEveryTruncation) {
  const std::string whole = small_model().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(refusal(whole.substr(0, size)), "no error") << size << " bytes";
  EXPECT_EQ(refusal(""), "F: byte 0: the file ends before all of the model");
  EXPECT_EQ(refusal(whole.substr(0, 5)), "F: byte 5: the file is cut off");
}

TEST(SentencePieceFile, RefusesWhatIsNoModel) {
  EXPECT_EQ(refusal("IQ== 0\nIg== 1\n"), "F: byte 0: not a SentencePiece model");
  EXPECT_EQ(refusal("{\"version\": \"1.0\"}"), "F: byte 0: not a SentencePiece model");
}

TEST(SentencePieceFile, RefusesDamage) {
  const auto with = [](const std::function<void(SentencePieceModel&)>& change) {
    SentencePieceModel model = small_model();
    change(model);
    return refusal(model.bytes());
  };
  const auto piece = [&with](const SentencePieceModel::Piece& first) {
    return with([&first](SentencePieceModel& model) { model.pieces[0] = first; });
  };
  EXPECT_EQ(piece({"", 0}), "F: byte 0: a piece without text");
  EXPECT_EQ(piece({std::string("a\0", 2), 0}), "F: byte 0: a piece that is no text");
  EXPECT_EQ(piece({"\xff", 0}), "F: byte 0: a piece that is no text");
  EXPECT_EQ(piece({"a", std::numeric_limits<float>::quiet_NaN()}),
            "F: byte 5: a score that is no finite number");
  EXPECT_EQ(piece({"a", 0, 9}), "F: byte 10: a piece of the unknown type 9");
  EXPECT_NE(with([](SentencePieceModel& model) { model.kind = 7; }).find("unknown kind of model 7"),
            std::string::npos);
}

TEST(SentencePieceFile, RefusesATableThatPointsOutside) {
  constexpr std::size_t kSize = 4;  // bytes of a unit, and of the size before them
  const auto with_unit = [](std::size_t unit, std::uint32_t value) {
    SentencePieceModel model = small_model();
    model.charsmap.replace(kSize * (unit + 1), kSize, SentencePieceModel::fixed32(value));
    return refusal(model.bytes());
  };
  const auto is_damaged = [](const std::string& message) {
    return message.ends_with("the normalizer's table is damaged");
  };
  EXPECT_EQ(with_unit(5, 0), "no error") << "no way leads there";
  EXPECT_TRUE(is_damaged(with_unit(0, 1024U << 10U))) << "children behind the end";
  EXPECT_TRUE(is_damaged(with_unit(512, 0x80000002U))) << "replacement behind the end";
  SentencePieceModel model = small_model();
  model.charsmap.pop_back();
  EXPECT_TRUE(is_damaged(refusal(model.bytes()))) << "replacement not closed";
  model.charsmap = "abc";
  EXPECT_TRUE(is_damaged(refusal(model.bytes())));
  model.charsmap = SentencePieceModel::fixed32(0xFFFFFFFCU) + "abcd";
  EXPECT_TRUE(is_damaged(refusal(model.bytes())));
}

TEST(SentencePieceFile, ATableThatRunsInACircleIsRefused) {
  SentencePieceModel model = small_model();
  // The node of 'a' gets itself as its child 'a', a leaf each time round.
  const std::size_t node = 256U ^ static_cast<unsigned>('a');
  const std::uint32_t unit = (node ^ 256U) << 10U | 1U << 8U | 'a';
  model.charsmap.replace(4 * (node + 1), 4, SentencePieceModel::fixed32(unit));
  EXPECT_NE(refusal(model.bytes()), "no error");
}

}  // namespace
}  // namespace nf
