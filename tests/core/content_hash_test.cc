#include "core/io/content_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace nf {
namespace {

std::string raw_hash(std::string_view text) {
  ContentHash hash;
  hash.add_raw(std::as_bytes(std::span(text)));
  return hash.hex();
}

TEST(ContentHash, EqualsThePublishedValues) {
  // XXH3, 128 bits, seed 0, as `xxhsum -H2` prints it.
  EXPECT_EQ(raw_hash(""), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(raw_hash("abc"), "06b05ab6733a618578af5f94892f3950");
}

TEST(ContentHash, PiecesOfOneItemDoNotMatter) {
  const std::string text(10'000, 'z');
  ContentHash pieces;
  pieces.add_length(text.size());
  for (std::size_t at = 0; at < text.size(); at += 7)
    pieces.add_raw(std::as_bytes(
        std::span(text).subspan(at).first(std::min<std::size_t>(7, text.size() - at))));
  ContentHash whole;
  whole.add(text);
  EXPECT_EQ(pieces.hex(), whole.hex());
}

TEST(ContentHash, BordersBetweenItemsMatter) {
  ContentHash a, b;
  a.add("ab");
  a.add("c");
  b.add("a");
  b.add("bc");
  EXPECT_NE(a.hex(), b.hex());
  const std::string before = a.hex();
  EXPECT_EQ(a.hex(), before) << "asking changes nothing";
  a.add("");
  EXPECT_NE(a.hex(), before);
}

}  // namespace
}  // namespace nf
