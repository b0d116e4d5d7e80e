#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nf {

/// A ModelProto of SentencePiece, small enough to look at. Field numbers are those of
/// sentencepiece_model.proto.
struct SentencePieceModel {
  enum Type { normal = 1, unknown = 2, control = 3, user_defined = 4, byte = 6 };
  enum Kind { unigram = 1, bpe = 2 };
  struct Piece {
    std::string text;
    float score = 0;
    int type = normal;
  };

  std::vector<Piece> pieces = {{"<unk>", 0, unknown}, {"<s>", 0, control}, {"</s>", 0, control}};
  int kind = bpe;
  bool byte_fallback = false;
  bool add_dummy_prefix = true;
  std::string charsmap;   ///< of the normalizer
  std::string self_test;  ///< a text that must come out as "never"

  static std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
    return bytes + static_cast<char>(value);
  }
  static std::string number(unsigned field, std::uint64_t value) {
    return varint(field << 3U) + varint(value);
  }
  static std::string text(unsigned field, std::string_view value) {
    return varint(field << 3U | 2U) + varint(value.size()) + std::string(value);
  }
  static std::string fixed32(std::uint32_t value) {
    std::string bytes;
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift);
    return bytes;
  }

  void add_byte_pieces() {
    byte_fallback = true;
    for (int b = 0; b < 256; ++b) pieces.push_back({fmt::format("<0x{:02X}>", b), 0, byte});
  }

  std::string bytes() const {
    std::string file;
    for (const Piece& piece : pieces) {
      file += text(1, text(1, piece.text) + varint(2 << 3 | 5) +
                          fixed32(std::bit_cast<std::uint32_t>(piece.score)) +
                          number(3, static_cast<std::uint64_t>(piece.type)));
    }
    file +=
        text(2, number(3, static_cast<std::uint64_t>(kind)) + number(35, byte_fallback ? 1 : 0));
    if (!self_test.empty()) file += text(4, text(1, text(1, self_test) + text(2, "never")));
    file += text(3, text(2, charsmap) + number(3, add_dummy_prefix ? 1 : 0) + number(4, 0));
    return file;
  }
};

/// A normalizer's table that writes "b" for 'a' and nothing else: a double-array trie (Darts-clone)
/// of one word. The root stands at 0 and its children at 256 ^ byte; the leaf of 'a' is at 512.
inline std::string a_to_b_charsmap() {
  std::vector<std::uint32_t> units(768, 0x80000000U);
  constexpr std::uint32_t kHasLeaf = 1U << 8U;
  units[0] = 256U << 10U;
  units[256U ^ 'a'] = ((256U ^ 'a') ^ 512U) << 10U | kHasLeaf | 'a';
  units[512] = 0x80000000U;  // the replacement begins at byte 0
  std::string map = SentencePieceModel::fixed32(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) map += SentencePieceModel::fixed32(unit);
  return map + std::string("b\0", 2);
}

}  // namespace nf
