#include "core/text/normalizer.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/normalizer_support.h"

namespace nf {
namespace {

// Expected results were seen from Hugging Face tokenizers 0.23.2.
SortedJson strip(bool left, bool right) {
  return {{"type", "Strip"}, {"strip_left", left}, {"strip_right", right}};
}
const SortedJson kPrepend = {{"type", "Prepend"}, {"prepend", "▁"}};

TEST(Normalizer, PrependLeavesAnEmptyTextEmpty) {
  EXPECT_EQ(normalize(kPrepend, "a"), "▁a");
  EXPECT_EQ(normalize(kPrepend, "▁a"), "▁▁a");
  EXPECT_EQ(normalize(kPrepend, ""), "");
}

TEST(Normalizer, StripTakesWhiteSpaceOffTheEnds) {
  const std::string text = "\t\u3000a b\u00a0\n";
  EXPECT_EQ(normalize(strip(true, true), text), "a b");
  EXPECT_EQ(normalize(strip(true, false), text), "a b\u00a0\n");
  EXPECT_EQ(normalize(strip(false, true), text), "\t\u3000a b");
  EXPECT_EQ(normalize(strip(true, true), " \n"), "");
}

TEST(Normalizer, ByteLevelWritesBytesAsCharacters) {
  EXPECT_EQ(normalize({{"type", "ByteLevel"}}, "a é\n"), "aĠÃ©Ċ");
}

TEST(Normalizer, SequenceAppliesItsStepsInOrder) {
  const SortedJson spaces = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "▁"}};
  EXPECT_EQ(normalize({{"type", "Sequence"}, {"normalizers", {kPrepend, spaces}}}, "a b"), "▁a▁b");
  EXPECT_EQ(normalize({{"type", "Sequence"}, {"normalizers", {spaces, strip(true, true)}}}, " a "),
            "▁a▁");
  EXPECT_EQ(normalize({{"type", "Sequence"}, {"normalizers", SortedJson::array()}}, "a"), "a");
}

TEST(Normalizer, KnowsWhenTheBeginningIsGone) {
  const auto drops = [](const SortedJson& json, const std::string& text) {
    return make_normalizer(json)->drops_start(text);
  };
  EXPECT_TRUE(drops(strip(true, false), " a"));
  EXPECT_FALSE(drops(strip(true, false), "a "));
  EXPECT_FALSE(drops(strip(false, true), " a"));
  EXPECT_FALSE(drops(kPrepend, "a"));
  const SortedJson both = {{"type", "Sequence"}, {"normalizers", {strip(true, true), kPrepend}}};
  EXPECT_TRUE(drops(both, " a"));
  EXPECT_FALSE(drops(both, "a"));
}

TEST(Normalizer, WorksOnEverySpanThatIsNoToken) {
  Pieces pieces{
      " aX bX ",
      {{0, 2, Span::kNoId}, {2, 3, 7}, {3, 5, Span::kNoId}, {5, 6, 8}, {6, 7, Span::kNoId}}};
  normalize_spans(*make_normalizer(strip(true, true)), pieces);
  ASSERT_EQ(pieces.spans.size(), 4u) << "of the last one nothing is left";
  EXPECT_EQ(pieces.view(pieces.spans[0]), "a");
  EXPECT_GT(pieces.spans[0].begin, 0) << "no longer the beginning of the text";
  EXPECT_EQ(pieces.spans[1].id, 7);
  EXPECT_EQ(pieces.view(pieces.spans[1]), "X");
  EXPECT_EQ(pieces.view(pieces.spans[2]), "b");
  EXPECT_EQ(pieces.spans[3].id, 8);
}

TEST(Normalizer, RefusesWhatItDoesNotKnow) {
  const auto message = [](const SortedJson& json) -> std::string {
    try {
      make_normalizer(json);
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message({{"type", "NCF"}}),
            "F: type: the normalizer 'NCF' is not supported; did you mean 'NFC'?");
  EXPECT_EQ(message({{"type", "Sequence"},
                     {"normalizers", SortedJson::array({{{"type", "BertNormalizer"}}})}}),
            "F: normalizers[0].type: the normalizer 'BertNormalizer' is not supported; known: "
            "ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Prepend, Replace, Sequence, "
            "Strip, StripAccents");
  EXPECT_EQ(message({{"type", "Strip"}}), "F: key 'strip_left' is missing");
}

}  // namespace
}  // namespace nf
