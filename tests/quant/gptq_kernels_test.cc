#include "quant/gptq_kernels.h"

#include <gtest/gtest.h>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

TEST(GptqKernels, AllFormsAddInTheOrderOfTheColumns) {
  for (const Index n : {1, 15, 16, 64, 200, 256}) {
    for (const Index count : {0, 1, 31}) {
      const Matrix error = bell_matrix(count, n, 1), share = bell_matrix(1, count, 2),
                   before = bell_matrix(1, n, 3);
      for (const Isa isa : {Isa::portable, Isa::avx2, Isa::avx512}) {
        if (isa > cpu_isa()) continue;
        Matrix sum(1, n);
        std::copy_n(before.data(), n, sum.data());
        gptq_kernels(isa).add_shares(error.data(), n, share.data(), count, sum.data());
        for (Index i = 0; i < n; ++i) {
          float expected = before(0, i);
          for (Index k = 0; k < count; ++k) expected += error(k, i) * share(0, k);
          ASSERT_EQ(sum(0, i), expected) << isa_name(isa) << ", " << count << " of " << n;
        }
      }
    }
  }
}

}  // namespace
}  // namespace nf
