#include "eval/output/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace nf {
namespace {

constexpr int kSmallestFixedExponent = -4;
constexpr int kLargestFixedExponent = 6;

/// Decimal exponent of the value as it is after rounding: 0.09996 with 3 digits is 1.00e-01.
int rounded_exponent(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  return std::atoi(text.c_str() + text.find('e') + 1);
}

bool is_fixed(int exponent) {
  return exponent >= kSmallestFixedExponent && exponent <= kLargestFixedExponent;
}

}  // namespace

int decimals_of(const std::string& number) {
  const std::size_t point = number.find('.');
  return point == std::string::npos ? 0 : static_cast<int>(number.size() - point) - 1;
}

std::string short_number(double value, int digits) {
  if (value == 0.0) return "0";
  if (!std::isfinite(value)) return fmt::format("{}", value);
  const int exponent = rounded_exponent(value, digits);
  if (!is_fixed(exponent)) return fmt::format("{:.{}e}", value, digits - 1);
  return fmt::format("{:.{}f}", value, std::max(0, digits - 1 - exponent));
}

std::string fixed_number(double value, int decimals) {
  constexpr int kDigitsWhenLarge = 3;
  if (!std::isfinite(value) || std::abs(value) >= std::pow(10.0, kLargestFixedExponent + 1))
    return short_number(value, kDigitsWhenLarge);
  return fmt::format("{:.{}f}", value, decimals);
}

std::string figure_number(double value) {
  constexpr double kSmall = 0.01;
  constexpr int kDigits = 3, kDigitsOfSmall = 2;
  if (!(std::abs(value) < kSmall)) return short_number(value, kDigits);
  const std::string text = short_number(value, kDigitsOfSmall);
  return std::abs(std::strtod(text.c_str(), nullptr)) < kSmall ? text : text + '0';
}

std::string signed_figure(double value) { return (value > 0.0 ? "+" : "") + figure_number(value); }

std::string spread_number(double deviation, const std::string& mean) {
  constexpr int kDigits = 2;
  std::string text = short_number(deviation, kDigits);
  if (mean.find('e') != std::string::npos || deviation == 0.0 || !std::isfinite(deviation))
    return text;
  const int decimals = decimals_of(mean);
  // A deviation that the mean's decimals cannot show keeps one digit of its own.
  if (deviation < 0.5 * std::pow(10.0, -decimals)) return short_number(deviation, 1);
  if (text.find('e') != std::string::npos || decimals_of(text) > decimals)
    return fmt::format("{:.{}f}", deviation, decimals);
  return text;
}

}  // namespace nf
