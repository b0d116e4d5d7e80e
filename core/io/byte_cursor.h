#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/types.h"

namespace nf {

/// Reads a binary format from front to back and never outside the bytes. Every failure is a
/// DataError "PLACE: byte N: CAUSE", N counted from the first byte given. A truncated field is
/// "truncated".
class ByteCursor {
 public:
  ByteCursor(std::span<const std::byte> bytes, std::string place)
      : bytes_(bytes), place_(std::move(place)) {}

  Index at() const { return at_; }
  Index size() const { return static_cast<Index>(bytes_.size()); }
  Index left() const { return size() - at_; }
  /// Goes to a byte in [0, size]; fails at the present one when there is no such byte.
  void seek(Index at);
  void skip(Index count) { text(count); }

  /// The next little-endian number.
  template <std::unsigned_integral T>
  T number() {
    T value = 0;
    const std::string_view bytes = text(static_cast<Index>(sizeof(T)));
    for (std::size_t i = sizeof(T); i-- > 0;)
      value = static_cast<T>((value << 8) | static_cast<unsigned char>(bytes[i]));
    return value;
  }
  /// The next `count` bytes, in place.
  std::string_view text(Index count);
  /// The next bytes up to a '\n', which is passed over. Fails when none of the next `longest` is
  /// one.
  std::string_view line(Index longest);

  [[noreturn]] void fail(const std::string& cause) const { fail_at(at_, cause); }
  [[noreturn]] void fail_at(Index at, const std::string& cause) const;

 private:
  std::span<const std::byte> bytes_;
  std::string place_;
  Index at_ = 0;
};

}  // namespace nf
