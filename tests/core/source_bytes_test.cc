#include "core/text/source_bytes.h"

#include <gtest/gtest.h>

namespace nf {
namespace {

using Bytes = std::vector<std::int32_t>;

TEST(SourceBytes, AnUnchangedTextKeepsThem) {
  EXPECT_EQ(carry_source_bytes("ab", {5, 0}, "ab"), (Bytes{5, 0}));
  EXPECT_EQ(carry_source_bytes("", {}, ""), Bytes{});
}

TEST(SourceBytes, WhatIsPutInFrontStandsForNothing) {
  EXPECT_EQ(carry_source_bytes("ab", {1, 2}, "\u2581ab"), (Bytes{0, 0, 0, 1, 2}));
  EXPECT_EQ(carry_source_bytes(" a", {1, 1}, "\u2581 a"), (Bytes{0, 0, 0, 1, 1}));
}

TEST(SourceBytes, AsManyCharactersStandForThoseInTheirPlace) {
  EXPECT_EQ(carry_source_bytes("a b", {1, 1, 1}, "a\u2581b"), (Bytes{1, 1, 0, 0, 1}));
  EXPECT_EQ(carry_source_bytes("\u2581\u00e9 ", {0, 0, 0, 1, 1, 1}, "\u2581\u00e9\u2581"),
            (Bytes{0, 0, 0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(carry_source_bytes("\u212bx", {1, 1, 1, 1}, "\u00c5x"), (Bytes{3, 0, 1}))
      << "the Angstrom sign has three bytes, the letter two";
}

TEST(SourceBytes, AsManyCharactersAsBytesStandForOneEach) {
  EXPECT_EQ(carry_source_bytes("\u00e9 a", {1, 1, 4, 1}, "\u00c3\u00a9\u0120a"),
            (Bytes{1, 0, 1, 0, 4, 0, 1}));
}

TEST(SourceBytes, ElseTheResultCounts) {
  EXPECT_EQ(carry_source_bytes("e\u0301 x", {1, 1, 1, 1, 1}, "\u00e9 x"), (Bytes{1, 1, 1, 1}));
  EXPECT_EQ(carry_source_bytes("a   b", {1, 1, 1, 1, 1}, "a\u2581b"), (Bytes{1, 1, 0, 0, 1}));
}

}  // namespace
}  // namespace nf
