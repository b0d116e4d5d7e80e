#include "core/simd/dispatch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/base/error.h"

namespace nf {
namespace {

bool has_avx2() { return __builtin_cpu_supports("avx2"); }
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

/// Runs in a process of its own, as the choice is made once a process: prints the form chosen with
/// NOISEFLOOR_MAX_ISA=`limit` and leaves with 0; with 2 and the message where it throws.
[[noreturn]] void choose_with(const char* limit) {
  ::setenv("NOISEFLOOR_MAX_ISA", limit, 1);
  try {
    std::fprintf(stderr, "chosen: %s\n", isa_name(cpu_isa()));
    std::exit(0);
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::exit(static_cast<int>(error.exit_code()));
  }
}

class DispatchDeathTest : public ::testing::Test {
 protected:
  DispatchDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(DispatchDeathTest, TheEnvironmentLowersTheForm) {
  EXPECT_EXIT(choose_with("portable"), ::testing::ExitedWithCode(0), "chosen: portable");
  const char* avx2 = has_avx2() ? "chosen: avx2" : "chosen: portable";
  EXPECT_EXIT(choose_with("avx2"), ::testing::ExitedWithCode(0), avx2);
}

TEST_F(DispatchDeathTest, TheEnvironmentCannotRaiseTheForm) {
  const std::string best = has_avx512() ? "avx512" : has_avx2() ? "avx2" : "portable";
  EXPECT_EXIT(choose_with("avx512"), ::testing::ExitedWithCode(0), "chosen: " + best);
}

TEST_F(DispatchDeathTest, AnUnknownFormIsAConfigError) {
  EXPECT_EXIT(choose_with("sse9"), ::testing::ExitedWithCode(2),
              "NOISEFLOOR_MAX_ISA: unknown value 'sse9'; known: portable, avx2, avx512");
}

TEST(Dispatch, NamesAreThoseOfTheEnvironmentVariable) {
  EXPECT_STREQ(isa_name(Isa::portable), "portable");
  EXPECT_STREQ(isa_name(Isa::avx2), "avx2");
  EXPECT_STREQ(isa_name(Isa::avx512), "avx512");
}

}  // namespace

struct TestKernels {
  int form;
};
NF_DECLARE_KERNELS(TestKernels, test_kernels)
const TestKernels portable::test_kernels = {0};
const TestKernels avx2::test_kernels = {1};
const TestKernels avx512::test_kernels = {2};

TEST(Dispatch, TablesAreChosenByFormAndByDefaultForThisCpu) {
  EXPECT_EQ(test_kernels(Isa::portable).form, 0);
  EXPECT_EQ(test_kernels(Isa::avx2).form, 1);
  EXPECT_EQ(test_kernels(Isa::avx512).form, 2);
  EXPECT_EQ(test_kernels().form, static_cast<int>(cpu_isa()));
}

}  // namespace nf
