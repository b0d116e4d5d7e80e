#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nf {

struct TokenHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};

/// A vocabulary: the id of each token, looked up by any kind of string.
using TokenIds = std::unordered_map<std::string, std::int32_t, TokenHash, std::equal_to<>>;

/// The tokens "<0x00>" to "<0xFF>" of a vocabulary with `byte_fallback`: they spell a character
/// that the vocabulary lacks.
class ByteTokens {
 public:
  explicit ByteTokens(const TokenIds& vocabulary);

  /// Whether there is a token for every byte of `text`.
  bool has_all(std::string_view text) const;
  /// The token of a byte, -1 when there is none.
  std::int32_t id(char byte) const { return ids_[static_cast<unsigned char>(byte)]; }

 private:
  std::array<std::int32_t, 256> ids_{};
};

}  // namespace nf
