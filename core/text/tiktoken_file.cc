#include "core/text/tiktoken_file.h"

#include <algorithm>

namespace nf {
namespace {

bool is_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_tiktoken_file(std::string_view bytes) {
  std::string_view line = bytes.substr(0, bytes.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0 || space % 4 != 0) return false;
  const std::string_view token = line.substr(0, space);
  const std::string_view rank = line.substr(space + 1);
  return !rank.empty() && std::all_of(token.begin(), token.end(), is_base64) &&
         std::all_of(rank.begin(), rank.end(), is_digit);
}

}  // namespace nf
