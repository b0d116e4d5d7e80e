#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace nf {

/// The relative luminance of "#rgb" or "#rrggbb" (WCAG 2.2).
inline double luminance_of(const std::string& color) {
  if (color.size() != 4 && color.size() != 7) throw std::invalid_argument(color);
  const std::size_t digits = color.size() == 4 ? 1 : 2;
  const auto linear = [&](std::size_t part) {
    std::string text = color.substr(1 + part * digits, digits);
    if (digits == 1) text += text;
    const double share = std::stoi(text, nullptr, 16) / 255.0;
    return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(0) + 0.7152 * linear(1) + 0.0722 * linear(2);
}

/// Contrast of two colours, from 1 to 21 (WCAG 2.2).
inline double contrast_of(const std::string& a, const std::string& b) {
  const double of_a = luminance_of(a), of_b = luminance_of(b);
  return (std::max(of_a, of_b) + 0.05) / (std::min(of_a, of_b) + 0.05);
}

}  // namespace nf
