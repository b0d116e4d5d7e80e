#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/types.h"
#include "core/config/config_value.h"

namespace nf {

/// An amount of memory as users write it: a number greater than 0 and one of B, KiB, MiB, GiB, TiB
/// (powers of 1024), kB, MB, GB, TB (powers of 1000); a whole number alone counts bytes.
struct ByteSize {
  Index bytes = 0;

  friend bool operator==(const ByteSize&, const ByteSize&) = default;
};

/// Reads a size; nullopt for text that is none, and for one that does not fit in 63 bits. Units
/// must be spelt as above ("4Gb" might be bits), one space may stand before them, and the part of a
/// fraction below one byte is dropped.
std::optional<ByteSize> parse_byte_size(std::string_view text);

/// The shortest whole number with its unit that parse_byte_size() reads as the same: "4GiB".
std::string byte_size_text(ByteSize size);

/// "cannot read '4Gb' as a size; write 4GiB, 512MiB, 2GB or a whole number of bytes"; `described`:
/// 'the text' in its quotes.
std::string unreadable_byte_size(std::string_view described);

template <>
struct ConfigValue<ByteSize> {
  static std::optional<ByteSize> read(const ConfigNode& node, ConfigErrors& errors);
  static Json write(ByteSize size) { return byte_size_text(size); }
  static std::string type() { return "size"; }
  static Json schema();
};

}  // namespace nf
