#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nf {

/// Padded base64 (RFC 4648, section 4).
inline std::string to_base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = (bits << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kDigits[(bits >> (18 - 6 * k)) & 0x3FU];
  }
  return text;
}

/// The `precompiled_charsmap` of a table of replacements, before base64. The double-array trie is
/// spread out: the children of each node have 256 units for themselves.
inline std::string make_charsmap(
    const std::vector<std::pair<std::string, std::string>>& replacements) {
  std::map<std::string, std::uint32_t> leaves;  // value by key
  std::string blob;
  for (const auto& [key, replacement] : replacements) {
    leaves[key] = static_cast<std::uint32_t>(blob.size());
    blob += replacement;
    blob += '\0';
  }
  std::map<std::string, std::uint32_t> bases = {{"", 0}};  // first unit of the children, by prefix
  for (const auto& [key, value] : leaves) {
    for (std::size_t length = 1; length <= key.size(); ++length)
      bases.emplace(key.substr(0, length), static_cast<std::uint32_t>(256 * bases.size()));
  }
  std::vector<std::uint32_t> units(256 * bases.size());
  for (const auto& [prefix, base] : bases) {
    std::uint32_t position = 0;
    std::uint32_t label = 0;
    if (!prefix.empty()) {
      label = static_cast<unsigned char>(prefix.back());
      position = bases[prefix.substr(0, prefix.size() - 1)] ^ label;
    }
    const auto leaf = leaves.find(prefix);
    units[position] |= label | ((position ^ base) << 10);
    if (leaf != leaves.end()) {
      units[position] |= 0x100U;
      units[base] = 0x80000000U | leaf->second;
    }
  }
  std::string bytes;
  const auto append = [&bytes](std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>((value >> shift) & 0xFFU);
  };
  append(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) append(unit);
  return bytes + blob;
}

}  // namespace nf
