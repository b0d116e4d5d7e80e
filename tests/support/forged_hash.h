#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "core/io/content_hash.h"
#include "core/io/read_file.h"

namespace nf {

/// Another hash in an entry of PieceHashCache that looks sound: who comes to it has trusted the
/// entry and not read the file.
inline void forge_hash(const std::filesystem::path& entry) {
  std::string text = read_text_file(entry);
  constexpr std::size_t kCheckLine = 33;
  text.resize(text.size() - kCheckLine);
  std::size_t first_hash = 0;
  for (int line = 0; line < 3; ++line) first_hash = text.find('\n', first_hash) + 1;
  text[first_hash] = text[first_hash] == '0' ? '1' : '0';
  ContentHash check;
  check.add(text);
  std::ofstream(entry, std::ios::binary | std::ios::trunc) << text << check.hex() << '\n';
}

}  // namespace nf
