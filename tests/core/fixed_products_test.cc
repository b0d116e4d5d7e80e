#include "core/ops/fixed_products.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <set>

#include "core/ops/gemm.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

std::vector<std::string> hashes_of(const std::vector<FixedProduct>& products) {
  std::vector<std::string> hashes;
  for (const FixedProduct& product : products) hashes.push_back(product.hash);
  return hashes;
}

TEST(FixedProducts, AreEightWithEachEpilogueAndQueries) {
  const std::vector<FixedProduct> products = fixed_products();
  std::set<std::string> names, hashes;
  for (const FixedProduct& product : products) {
    names.insert(product.name);
    hashes.insert(product.hash);
    EXPECT_EQ(product.hash.size(), 16u);
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"128x64x64 relu", "128x288x768 store", "128x768x1024 relu",
                                   "128x1024x256 add", "128x2048x256 add", "128x4096x256 store",
                                   "128x11008x128 add", "128x64x256 queries and keys"}));
  EXPECT_EQ(hashes.size(), 8u);
}

TEST(FixedProducts, HaveTheSameBitsForAnyNumberOfThreads) {
  const std::vector<std::string> before = hashes_of(fixed_products());
  for (const Index threads : {1, 2, 3}) {
    const Threads guard(threads);
    EXPECT_EQ(hashes_of(fixed_products()), before) << threads << " threads";
  }
  EXPECT_EQ(products_hash().size(), 16u);
}

TEST(FixedProducts, OfBf16AreOthersWithWeightsAndValues) {
  if (!bf16_is_native()) GTEST_SKIP() << "no bf16 products on this CPU (" << gemm_isa() << ")";
  const std::vector<FixedProduct> f32 = fixed_products(), bf16 = fixed_products(Arithmetic::bf16);
  ASSERT_EQ(bf16.size(), 9u);
  EXPECT_EQ(bf16.back().name, "128x256x64 weights and values");
  std::set<std::string> hashes;
  for (const std::vector<FixedProduct>* products : {&f32, &bf16})
    for (const FixedProduct& product : *products) hashes.insert(product.hash);
  EXPECT_EQ(hashes.size(), 17u);  // each is of bits of its own
  EXPECT_EQ(hashes_of(fixed_products(Arithmetic::bf16)), hashes_of(bf16));
  EXPECT_NE(products_hash(Arithmetic::bf16), products_hash());
}

constexpr const char* kHere = "NF_TEST_PRODUCTS_HERE";

/// In a process of its own, for the instruction set is chosen once. Says whether the products are
/// those that the parent noted.
[[noreturn]] void compare_with(const char* isa) {
  if (!limit_gemm_isa(isa)) std::exit(9);
  const bool equal = products_hash() == std::getenv(kHere);
  std::fprintf(stderr, "%s: %s\n", gemm_isa().c_str(), equal ? "equal" : "different");
  std::exit(0);
}

class FixedProductsDeathTest : public ::testing::Test {
 protected:
  FixedProductsDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(FixedProductsDeathTest, TellInstructionSetsApart) {
  if (!__builtin_cpu_supports("avx512bw")) GTEST_SKIP() << "this machine has one only";
  // The children run this from its beginning, and must not ask before they have chosen.
  if (std::getenv(kHere) == nullptr) ::setenv(kHere, products_hash().c_str(), 1);
  EXPECT_EXIT(compare_with("avx2"), ::testing::ExitedWithCode(0), "avx2: different");
  // VNNI and bf16 change no f32 sum.
  EXPECT_EXIT(compare_with("avx512_core"), ::testing::ExitedWithCode(0), "avx512_core: equal");
  ::unsetenv(kHere);
}

TEST_F(FixedProductsDeathTest, AnInstructionSetIsChosenBeforeItIsAsked) {
  EXPECT_EXIT(
      {
        const std::string best = gemm_isa();
        std::exit(best != "sse41" && limit_gemm_isa("sse41") ? 1 : 0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace nf
