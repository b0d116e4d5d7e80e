#include "core/config/byte_size.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/config/scalar.h"

namespace nf {
namespace {

struct Unit {
  std::string_view name;
  Index bytes;
};

/// base^exponent bytes.
constexpr Index power(Index base, int exponent) {
  Index result = 1;
  for (int i = 0; i < exponent; ++i) result *= base;
  return result;
}

/// Powers of 1024 first: where both give a number as short, that is what people mean by memory.
constexpr std::array<Unit, 9> kUnits = {{{"KiB", power(1024, 1)},
                                         {"MiB", power(1024, 2)},
                                         {"GiB", power(1024, 3)},
                                         {"TiB", power(1024, 4)},
                                         {"kB", power(1000, 1)},
                                         {"MB", power(1000, 2)},
                                         {"GB", power(1000, 3)},
                                         {"TB", power(1000, 4)},
                                         {"B", 1}}};
constexpr const char* kExamples = "write 4GiB, 512MiB, 2GB or a whole number of bytes";

/// number · unit in bytes, whole numbers exactly.
std::optional<Index> in_bytes(std::string_view number, Index unit) {
  Index bytes = 0;
  if (const std::optional<Index> whole = parse_integer(number)) {
    if (__builtin_mul_overflow(*whole, unit, &bytes)) return std::nullopt;
  } else {
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    const std::optional<double> fraction = parse_number(number);
    if (!fraction) return std::nullopt;
    const double product = std::floor(*fraction * static_cast<double>(unit));
    if (!(product < kLimit)) return std::nullopt;
    bytes = static_cast<Index>(product);
  }
  return bytes > 0 ? std::optional(bytes) : std::nullopt;
}

}  // namespace

std::optional<ByteSize> parse_byte_size(std::string_view text) {
  const std::string_view number = text.substr(0, text.find_first_not_of("0123456789."));
  std::string_view unit = text.substr(number.size());
  if (unit.empty()) {
    if (!parse_integer(number)) return std::nullopt;  // half a byte is no size
    unit = "B";
  }
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto known = std::find_if(kUnits.begin(), kUnits.end(),
                                  [unit](const Unit& candidate) { return candidate.name == unit; });
  if (known == kUnits.end()) return std::nullopt;
  const std::optional<Index> bytes = in_bytes(number, known->bytes);
  return bytes ? std::optional(ByteSize{*bytes}) : std::nullopt;
}

std::string byte_size_text(ByteSize size) {
  std::string text = fmt::format("{}", size.bytes);
  for (const Unit& unit : kUnits) {
    if (size.bytes % unit.bytes != 0) continue;
    std::string candidate = fmt::format("{}{}", size.bytes / unit.bytes, unit.name);
    if (candidate.size() < text.size()) text = std::move(candidate);
  }
  return text;
}

std::string unreadable_byte_size(std::string_view described) {
  return fmt::format("cannot read {} as a size; {}", described, kExamples);
}

std::optional<ByteSize> ConfigValue<ByteSize>::read(const ConfigNode& node, ConfigErrors& errors) {
  if (node.is_scalar()) {
    if (const std::optional<ByteSize> size = parse_byte_size(node.text())) return size;
  }
  errors.add(node, unreadable_byte_size(describe(node)));
  return std::nullopt;
}

Json ConfigValue<ByteSize>::schema() {
  return {
      {"anyOf",
       Json::array({{{"type", "integer"}, {"minimum", 1}},
                    {{"type", "string"},
                     {"pattern", "^[0-9]*\\.?[0-9]+ ?([KMGT]iB|[kMGT]?B)$|^\\$\\{[^}]+\\}$"}}})}};
}

}  // namespace nf
