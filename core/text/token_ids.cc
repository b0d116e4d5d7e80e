#include "core/text/token_ids.h"

#include <fmt/format.h>

#include <algorithm>

namespace nf {

ByteTokens::ByteTokens(const TokenIds& vocabulary) {
  for (std::size_t byte = 0; byte < ids_.size(); ++byte) {
    const auto entry = vocabulary.find(fmt::format("<0x{:02X}>", byte));
    ids_[byte] = entry == vocabulary.end() ? -1 : entry->second;
  }
}

bool ByteTokens::has_all(std::string_view text) const {
  return std::all_of(text.begin(), text.end(), [this](char byte) { return id(byte) >= 0; });
}

}  // namespace nf
