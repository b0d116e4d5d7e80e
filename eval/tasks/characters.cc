#include "eval/tasks/characters.h"

#include <algorithm>
#include <array>

#include "core/base/utf8.h"

namespace nf {
namespace {

struct CharacterRange {
  char32_t first;
  char32_t last;
};
constexpr std::array<CharacterRange, 10> kSpaces = {{{0x09, 0x0d},
                                                     {0x1c, 0x20},
                                                     {0x85, 0x85},
                                                     {0xa0, 0xa0},
                                                     {0x1680, 0x1680},
                                                     {0x2000, 0x200a},
                                                     {0x2028, 0x2029},
                                                     {0x202f, 0x202f},
                                                     {0x205f, 0x205f},
                                                     {0x3000, 0x3000}}};

}  // namespace

Index count_characters(std::string_view utf8) {
  constexpr unsigned kMask = 0xC0, kContinuation = 0x80;
  return std::count_if(utf8.begin(), utf8.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & kMask) != kContinuation;
  });
}

bool is_space(char32_t character) {
  return std::any_of(kSpaces.begin(), kSpaces.end(), [character](const CharacterRange& range) {
    return character >= range.first && character <= range.last;
  });
}

std::string_view without_spaces_behind(std::string_view utf8) {
  while (!utf8.empty()) {
    const Index last = previous_character(utf8, std::ssize(utf8));
    if (!is_space(code_point_at(utf8, last))) break;
    utf8 = utf8.substr(0, static_cast<std::size_t>(last));
  }
  return utf8;
}

std::string_view without_spaces_around(std::string_view utf8) {
  utf8 = without_spaces_behind(utf8);
  while (!utf8.empty() && is_space(code_point_at(utf8, 0)))
    utf8.remove_prefix(static_cast<std::size_t>(utf8_length(utf8.front())));
  return utf8;
}

}  // namespace nf
