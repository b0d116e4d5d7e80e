#include "core/config/scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace nf {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the leading digits off `rest` and returns how many there were.
std::size_t take_digits(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - rest.begin());
  rest.remove_prefix(count);
  return count;
}

void take_sign(std::string_view& rest) {
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) rest.remove_prefix(1);
}

/// Zeros in front of another digit: octal to some readers, decimal to others, so to us neither.
bool has_superfluous_zero(std::string_view unsigned_text) {
  return unsigned_text.size() > 1 && unsigned_text[0] == '0' && is_digit(unsigned_text[1]);
}

bool is_integer_text(std::string_view text) {
  take_sign(text);
  if (has_superfluous_zero(text)) return false;
  return take_digits(text) > 0 && text.empty();
}

bool is_number_text(std::string_view text) {
  take_sign(text);
  if (has_superfluous_zero(text)) return false;
  std::size_t digits = take_digits(text);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    digits += take_digits(text);
  }
  if (digits == 0) return false;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    take_sign(text);
    if (take_digits(text) == 0) return false;
  }
  return text.empty();
}

/// std::from_chars over the whole text; it knows no leading '+'.
template <typename T>
std::optional<T> from_text(std::string_view text) {
  if (text.front() == '+') text.remove_prefix(1);
  T value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc()) return std::nullopt;
  return value;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

std::optional<Index> parse_integer(std::string_view text) {
  return is_integer_text(text) ? from_text<Index>(text) : std::nullopt;
}

std::optional<double> parse_number(std::string_view text) {
  return is_number_text(text) ? from_text<double>(text) : std::nullopt;
}

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

bool is_null_text(std::string_view text) { return text.empty() || text == "~" || text == "null"; }

std::optional<bool> meant_bool(std::string_view text) {
  constexpr std::array kTrue = {"true", "yes", "on", "y"};
  constexpr std::array kFalse = {"false", "no", "off", "n"};
  const std::string word = lower_case(text);
  if (std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), word) != kFalse.end()) return false;
  return std::nullopt;
}

}  // namespace nf
