#include "perturb/magnitude_order.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "core/base/check.h"

namespace nf {
namespace {

/// A value's bits without its sign, which are in the order of |x|, and its place.
struct Placed {
  std::uint32_t magnitude = 0, place = 0;
};

constexpr std::uint32_t kDigitBits = 11, kDigits = 3;
constexpr std::size_t kDigitValues = std::size_t{1} << kDigitBits;

std::size_t digit_of(const Placed& value, std::uint32_t digit) {
  return (value.magnitude >> (digit * kDigitBits)) % kDigitValues;
}

/// to ← `from` in the order of that digit, equal ones as they were.
void sort_by_digit(const std::vector<Placed>& from, std::uint32_t digit, std::vector<Placed>& to) {
  std::array<std::size_t, kDigitValues> begin{};
  for (const Placed& value : from) ++begin[digit_of(value, digit)];
  std::size_t before = 0;
  for (std::size_t& count : begin) before += std::exchange(count, before);
  for (const Placed& value : from) to[begin[digit_of(value, digit)]++] = value;
}

/// Values below which counting digits costs more than comparing.
constexpr std::size_t kFewValues = 1024;

void sort_by_magnitude(std::vector<Placed>& values) {
  if (values.size() <= kFewValues) {
    std::sort(values.begin(), values.end(), [](const Placed& a, const Placed& b) {
      return a.magnitude != b.magnitude ? a.magnitude < b.magnitude : a.place < b.place;
    });
    return;
  }
  std::vector<Placed> sorted(values.size());
  for (std::uint32_t digit = 0; digit < kDigits; ++digit) {
    sort_by_digit(values, digit, sorted);
    values.swap(sorted);
  }
}

}  // namespace

std::vector<std::uint32_t> magnitude_order(ConstMatrixView x) {
  NF_CHECK(x.size() <= std::numeric_limits<std::uint32_t>::max(), "{} values", x.size());
  std::vector<Placed> values;
  values.reserve(static_cast<std::size_t>(x.size()));
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      values.push_back({std::bit_cast<std::uint32_t>(x(r, c)) & 0x7fffffffu,
                        static_cast<std::uint32_t>(values.size())});
  sort_by_magnitude(values);
  std::vector<std::uint32_t> order;
  order.reserve(values.size());
  for (const Placed& value : values) order.push_back(value.place);
  return order;
}

}  // namespace nf
