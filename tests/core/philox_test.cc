#include "core/random/philox.h"

#include <gtest/gtest.h>

#include <vector>

namespace nf {
namespace {

struct KnownAnswer {
  PhiloxBlock counter;
  std::array<std::uint32_t, 2> key;
  PhiloxBlock words;
};

// kat_vectors of Random123 1.14, the lines "philox4x32 10".
const KnownAnswer kKnownAnswers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};

std::uint64_t join(std::uint32_t low, std::uint32_t high) {
  return std::uint64_t{high} << 32 | low;
}

class PhiloxForm : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (GetParam() > cpu_isa()) GTEST_SKIP() << "this CPU has no " << isa_name(GetParam());
  }
  std::vector<std::uint64_t> draw(Index n, std::uint64_t first, std::uint64_t key,
                                  std::uint64_t seed) const {
    constexpr std::uint64_t kGuard = 0x0123456789abcdef;
    std::vector<std::uint64_t> draws(static_cast<std::size_t>(n) + 1, kGuard);
    philox_kernels(GetParam()).draw_u64(draws.data(), n, first, key, seed);
    EXPECT_EQ(draws.back(), kGuard) << "wrote beyond " << n << " values";
    draws.pop_back();
    return draws;
  }
};

TEST(Philox, GivesThePublishedWords) {
  for (const KnownAnswer& known : kKnownAnswers)
    EXPECT_EQ(philox4x32_10(known.counter, known.key), known.words);
}

TEST(Philox, BlockOfAnElementHasIndexThenSeedAsCounter) {
  for (const KnownAnswer& known : kKnownAnswers)
    EXPECT_EQ(
        element_block(join(known.counter[0], known.counter[1]), join(known.key[0], known.key[1]),
                      join(known.counter[2], known.counter[3])),
        known.words);
}

TEST_P(PhiloxForm, GivesThePublishedWords) {
  for (const KnownAnswer& known : kKnownAnswers)
    EXPECT_EQ(draw(1, join(known.counter[0], known.counter[1]), join(known.key[0], known.key[1]),
                   join(known.counter[2], known.counter[3]))[0],
              join(known.words[0], known.words[1]));
}

TEST_P(PhiloxForm, AgreesWithTheScalarFormAtOddStartsAndLengths) {
  const std::uint64_t key = 0xfedcba9876543210, seed = 0x1122334455667788;
  // The second start runs over a carry from the low into the high half of the index.
  for (const std::uint64_t first :
       {std::uint64_t{0}, std::uint64_t{0xfffffff3}, std::uint64_t{0x5fffffffe7}})
    for (const Index n : {0, 1, 7, 15, 16, 17, 31, 33, 100}) {
      const std::vector<std::uint64_t> draws = draw(n, first, key, seed);
      for (Index i = 0; i < n; ++i) {
        const PhiloxBlock block = element_block(first + static_cast<std::uint64_t>(i), key, seed);
        ASSERT_EQ(draws[static_cast<std::size_t>(i)], join(block[0], block[1]))
            << "element " << first << " + " << i;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Forms, PhiloxForm, testing::Values(Isa::portable, Isa::avx2, Isa::avx512),
                         [](const auto& parameter) { return isa_name(parameter.param); });

}  // namespace
}  // namespace nf
