#include "core/ops/bf16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace nf {
namespace {

constexpr Isa kIsas[] = {Isa::portable, Isa::avx2, Isa::avx512};

std::uint16_t upper(float x) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16);
}

/// The nearest of the two neighbours that are bf16, told by their distances.
std::uint16_t nearest(float x) {
  const std::uint32_t low = std::bit_cast<std::uint32_t>(x) & 0xffff0000u;
  const auto down = static_cast<double>(std::bit_cast<float>(low));
  const auto up = static_cast<double>(std::bit_cast<float>(low + 0x10000u));
  const double below = std::abs(static_cast<double>(x) - down);
  const double above = std::abs(up - static_cast<double>(x));
  const bool is_even = (low >> 16) % 2 == 0;
  const bool takes_lower = below < above || (below == above && is_even);
  return static_cast<std::uint16_t>((takes_lower ? low : low + 0x10000u) >> 16);
}

TEST(Bf16, RoundsToTheNearestTiesToEven) {
  std::vector<float> x = {0.0f, -0.0f, 1.0f, -1.0f, 1.00390625f, 1.01171875f, 3.14159f, 1e-40f};
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const auto value = std::bit_cast<float>(i * 2654435761u);
    if (std::abs(value) < 1e38f) x.push_back(value);
  }
  for (const Isa isa : kIsas) {
    if (isa > cpu_isa()) continue;
    std::vector<std::uint16_t> got(x.size());
    bf16_kernels(isa).round(x.data(), std::ssize(x), got.data());
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(got[i], nearest(x[i])) << isa_name(isa) << ": " << x[i];
  }
}

TEST(Bf16, KeepsNansAndInfinitiesAndOverflows) {
  const float nan = std::bit_cast<float>(0x7f800001u);  // its upper half alone is infinity
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {nan, -nan, inf, -inf, std::numeric_limits<float>::max()};
  for (const Isa isa : kIsas) {
    if (isa > cpu_isa()) continue;
    std::vector<std::uint16_t> got(x.size());
    bf16_kernels(isa).round(x.data(), std::ssize(x), got.data());
    EXPECT_EQ(got[0], 0x7fc0) << isa_name(isa);
    EXPECT_EQ(got[1], 0xffc0) << isa_name(isa);
    EXPECT_EQ(got[2], upper(inf)) << isa_name(isa);
    EXPECT_EQ(got[3], upper(-inf)) << isa_name(isa);
    EXPECT_EQ(got[4], upper(inf)) << isa_name(isa);
  }
}

TEST(Bf16, AnyNumberOfValuesWritesNothingBeside) {
  const std::vector<float> x(70, 1.0f);
  for (const Isa isa : kIsas) {
    if (isa > cpu_isa()) continue;
    for (Index n = 0; n < 66; ++n) {
      std::vector<std::uint16_t> got(70, 7);
      bf16_kernels(isa).round(x.data(), n, got.data());
      for (Index i = 0; i < 70; ++i)
        ASSERT_EQ(got[static_cast<std::size_t>(i)], i < n ? upper(1.0f) : 7) << n;
    }
  }
}

TEST(Bf16, RowsAreRoundedWithoutGapsAndPadded) {
  Matrix x(2, 3), storage;
  for (Index i = 0; i < 6; ++i) x.data()[i] = static_cast<float>(i);
  const Bf16View view = round_rows(x.view().middle_cols(1, 2), 3, storage);
  EXPECT_EQ(view.rows, 3);
  EXPECT_EQ(view.cols, 2);
  const std::vector<float> expected = {1, 2, 4, 5, 0, 0};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(view.data[i], upper(expected[i])) << i;
}

TEST(Bf16, WordsHoldTwoNeighbours) {
  Matrix x(1, 3), words;
  for (Index i = 0; i < 3; ++i) x.data()[i] = static_cast<float>(i + 1);
  round_to_words(x, words);
  ASSERT_EQ(words.cols(), 2);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(words(0, 0)), 0x40003f80u);
  EXPECT_EQ(std::bit_cast<std::uint32_t>(words(0, 1)), 0x00004040u);
}

}  // namespace
}  // namespace nf
