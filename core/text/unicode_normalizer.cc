#include "core/text/unicode_normalizer.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "core/base/check.h"
#include "core/base/error.h"
#include "core/base/utf8.h"

namespace nf {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Characters newer than Unicode 9.0 that are, up to Unicode 17.0, a mark, one with a decomposition
// or part of one. Code points that were free in 9.0 and are nothing of this kind lie between some.
constexpr auto kNewer = std::to_array<Range>({
    {0x7FD, 0x7FD},     {0x897, 0x89F},     {0x8CA, 0x8D3},     {0x9FE, 0x9FE},
    {0xAFA, 0xAFF},     {0xB55, 0xB55},     {0xC04, 0xC04},     {0xC3C, 0xC3C},
    {0xCF3, 0xD00},     {0xD3B, 0xD3C},     {0xD81, 0xD81},     {0xEBA, 0xEBA},
    {0xECE, 0xECE},     {0x1715, 0x1715},   {0x180F, 0x180F},   {0x1ABF, 0x1AEB},
    {0x1CF7, 0x1CF7},   {0x1DF6, 0x1DFA},   {0x32FF, 0x32FF},   {0xA7F1, 0xA7F4},
    {0xA82C, 0xA82C},   {0xA8FF, 0xA8FF},   {0xAB69, 0xAB69},   {0x105C9, 0x105E4},
    {0x10781, 0x107BA}, {0x10D24, 0x10D6D}, {0x10EAB, 0x10F85}, {0x11070, 0x11074},
    {0x110C2, 0x110C2}, {0x11145, 0x11146}, {0x111CE, 0x111CF}, {0x11241, 0x11241},
    {0x1133B, 0x1133B}, {0x11382, 0x113E2}, {0x1145E, 0x1145E}, {0x1182C, 0x1183A},
    {0x11930, 0x11A99}, {0x11B60, 0x11B67}, {0x11D31, 0x11F5A}, {0x13440, 0x13455},
    {0x1611E, 0x1612F}, {0x16D63, 0x16D6A}, {0x16F4F, 0x16F4F}, {0x16F7F, 0x16F87},
    {0x16FE4, 0x16FF1}, {0x1CCD6, 0x1CF46}, {0x1E030, 0x1E6F5}, {0x1F16C, 0x1F16C},
    {0x1FBF0, 0x1FBF9},
});

/// Letters whose lower-case form came after Unicode 15: first, last, distance.
struct Case {
  char32_t first;
  char32_t last;
  char32_t lower;  ///< of the first
};
constexpr auto kNewerCases = std::to_array<Case>({
    {0x1C89, 0x1C89, 0x1C8A},
    {0xA7CB, 0xA7CB, 0x264},
    {0xA7CC, 0xA7CC, 0xA7CD},
    {0xA7CE, 0xA7CE, 0xA7CF},
    {0xA7D2, 0xA7D2, 0xA7D3},
    {0xA7D4, 0xA7D4, 0xA7D5},
    {0xA7DA, 0xA7DA, 0xA7DB},
    {0xA7DC, 0xA7DC, 0x19B},
    {0x10D50, 0x10D65, 0x10D70},
    {0x16EA0, 0x16EB8, 0x16EBB},
});

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_newer(char32_t c) {
  const auto* range =
      std::lower_bound(kNewer.begin(), kNewer.end(), c,
                       [](const Range& r, char32_t value) { return r.last < value; });
  return range != kNewer.end() && range->first <= c;
}

bool is_mark(char32_t c) {
  // The changes since: two Vedic signs are letters now, a Sharada mark was punctuation.
  if (c == 0x1CF2 || c == 0x1CF3) return true;
  if (c == 0x111C9 || is_newer(c)) return false;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
         category == UTF8PROC_CATEGORY_ME;
}

char32_t lower_case(char32_t c) {
  for (const Case& entry : kNewerCases) {
    if (c >= entry.first && c <= entry.last) return entry.lower + (c - entry.first);
  }
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
}

int options_of(UnicodeForm form) {
  switch (form) {
    case UnicodeForm::nfc:
      return UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    case UnicodeForm::nfd:
      return UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
    case UnicodeForm::nfkc:
      return UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT;
    case UnicodeForm::nfkd:
      return UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT;
  }
  NF_CHECK(false, "no such form: {}", static_cast<int>(form));
}

/// Appends the normal form of `text`, which has no newer character.
void append_normalized(std::string_view text, UnicodeForm form, std::string& result) {
  if (is_ascii(text)) {
    result += text;
    return;
  }
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                             static_cast<utf8proc_option_t>(options_of(form)));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
  if (size < 0) throw DataError(fmt::format("Unicode normalization: {}", utf8proc_errmsg(size)));
  result.append(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
}

}  // namespace

std::string UnicodeNormalizer::apply(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  // A newer character stands between what comes before and after it: each is normalized by itself.
  std::size_t done = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = static_cast<std::size_t>(utf8_length(text[at]));
    if (length > 1 && is_newer(code_point_at(text, static_cast<Index>(at)))) {
      append_normalized(text.substr(done, at - done), form_, result);
      result += text.substr(at, length);
      done = at + length;
    }
    at += length;
  }
  append_normalized(text.substr(done), form_, result);
  return result;
}

std::string Lowercase::apply(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  for (Index at = 0; at < static_cast<Index>(text.size());) {
    const char32_t c = code_point_at(text, at);
    // The one letter that becomes two characters whatever the language: I with a dot above.
    if (c == 0x130) {
      result += "i\u0307";
    } else {
      append_utf8(lower_case(c), result);
    }
    at += utf8_length(text[static_cast<std::size_t>(at)]);
  }
  return result;
}

std::string StripAccents::apply(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  for (Index at = 0; at < static_cast<Index>(text.size());) {
    const Index length = utf8_length(text[static_cast<std::size_t>(at)]);
    if (!is_mark(code_point_at(text, at)))
      result += text.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(length));
    at += length;
  }
  return result;
}

bool StripAccents::drops_start(std::string_view text) const {
  return !text.empty() && is_mark(code_point_at(text, 0));
}

}  // namespace nf
