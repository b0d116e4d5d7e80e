#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace nf {

/// XXH3, 128 bits, of bytes given piece by piece. Equal pieces in equal order give equal hashes on
/// every machine; `add` puts a length before its bytes, so that ("ab", "c") and ("a", "bc") differ.
/// Tells contents apart; no protection against somebody who wants a collision.
class ContentHash {
 public:
  ContentHash();
  ~ContentHash();
  ContentHash(ContentHash&&) noexcept;
  ContentHash& operator=(ContentHash&&) noexcept;

  /// The length (8 bytes, little-endian), then the bytes.
  void add(std::span<const std::byte> bytes);
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  /// The bytes alone: to feed one long item in pieces after its length.
  void add_raw(std::span<const std::byte> bytes);
  void add_length(std::size_t length);

  /// The hash, the most significant byte first. More may be added afterwards.
  std::array<std::byte, 16> digest() const;
  /// The same as 32 lower-case hexadecimal digits.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nf
