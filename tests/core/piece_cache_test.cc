#include "core/text/piece_cache.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

TEST(PieceCache, EncodesEveryPieceOnce) {
  const Pieces pieces{"aabXaab", {{0, 2, -1}, {2, 3, -1}, {3, 4, 9}, {4, 6, -1}, {6, 7, -1}}};
  int calls = 0;
  std::vector<Token> tokens;
  encode_pieces(
      pieces,
      [&calls](std::string_view piece, std::vector<Token>& out) {
        ++calls;
        for (const char c : piece) out.push_back({c - 'a', 1});
      },
      tokens);
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(tokens, (std::vector<Token>{{0, 1}, {0, 1}, {1, 1}, {9, 1}, {0, 1}, {0, 1}, {1, 1}}));
}

TEST(PieceCache, CountsWhatAPieceStandsForWhereItIs) {
  const Pieces pieces{"_a_a", {{0, 2, -1}, {2, 4, -1}}, {0, 1, 1, 1}};
  std::vector<Token> tokens;
  encode_pieces(
      pieces,
      [](std::string_view piece, std::vector<Token>& out) {
        out.push_back({0, static_cast<std::int32_t>(piece.size())});
      },
      tokens);
  EXPECT_EQ(tokens, (std::vector<Token>{{0, 1}, {0, 2}}));
}

}  // namespace
}  // namespace nf
