#include "core/text/byte_level.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/pieces_support.h"

namespace nf {
namespace {

SortedJson byte_level(bool add_prefix_space, bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

TEST(ByteLevel, GivesEveryByteACharacterOfItsOwn) {
  std::set<char32_t> characters;
  for (int byte = 0; byte < 256; ++byte)
    characters.insert(byte_character(static_cast<unsigned char>(byte)));
  EXPECT_EQ(characters.size(), 256u);
  EXPECT_EQ(byte_character('A'), U'A');
  EXPECT_EQ(byte_character(0xFF), 0xFFU);
  // Counted by hand: 0x00-0x20 are the first 33 without a character of their own, 0x7F-0xA0 the
  // next 34.
  EXPECT_EQ(byte_character(0x00), 0x100U);
  EXPECT_EQ(byte_character(' '), U'Ġ');
  EXPECT_EQ(byte_character('\n'), U'Ċ');
  EXPECT_EQ(byte_character(0x7F), 0x121U);
  EXPECT_EQ(byte_character(0xA0), 0x142U);
  EXPECT_EQ(byte_character(0xAD), 0x143U);
}

// Expected values from the tests of Hugging Face tokenizers (pre_tokenizers/byte_level.rs).
TEST(ByteLevel, CutsAsGpt2Does) {
  EXPECT_EQ(pre_tokenize(byte_level(false, true), "Hello my friend, it's here?"),
            (Words{"Hello", "Ġmy", "Ġfriend", ",", "Ġit", "'s", "Ġhere", "?"}));
  EXPECT_EQ(pre_tokenize(byte_level(false, true), "Hello there       dear"),
            (Words{"Hello", "Ġthere", "ĠĠĠĠĠĠ", "Ġdear"}));
  EXPECT_EQ(pre_tokenize(byte_level(false, true), "a\nb"), (Words{"a", "Ċ", "b"}));
  EXPECT_EQ(pre_tokenize(byte_level(false, true), "i⭢j"), (Words{"i", "âŃ¢", "j"}));
}

TEST(ByteLevel, AddsASpaceOnlyWhereThereIsNone) {
  EXPECT_EQ(pre_tokenize(byte_level(true, true), "a b"), (Words{"Ġa", "Ġb"}));
  EXPECT_EQ(pre_tokenize(byte_level(true, true), " a b"), (Words{"Ġa", "Ġb"}));
  EXPECT_EQ(pre_tokenize(byte_level(true, false), "\ta b"), Words{"ĠĉaĠb"});
}

TEST(ByteLevel, UsesItsPatternUnlessToldOtherwise) {
  SortedJson json = byte_level(false, true);
  json.erase("use_regex");
  EXPECT_EQ(pre_tokenize(json, "a b"), (Words{"a", "Ġb"}));
}

TEST(ByteLevel, WorksOnEverySpanThatIsNoToken) {
  Pieces pieces{"aXb", {{0, 1, Span::kNoId}, {1, 2, 7}, {2, 3, Span::kNoId}}};
  const SortedJson json = byte_level(true, true);
  ByteLevel(JsonPlace("F", json)).apply(pieces);
  ASSERT_EQ(pieces.spans.size(), 3u);
  EXPECT_EQ(pieces.view(pieces.spans[0]), "Ġa");
  EXPECT_EQ(pieces.spans[1].id, 7);
  EXPECT_EQ(pieces.view(pieces.spans[2]), "Ġb");
}

}  // namespace
}  // namespace nf
