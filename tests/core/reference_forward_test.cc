#include <gtest/gtest.h>

#include "tests/reference/forward.h"
#include "tests/support/conformance.h"

namespace nf {
namespace {

/// Relative to the logits' range. The reference models compute in double, so the library's own f32
/// roundings are left.
constexpr double kReferenceTolerance = 1e-5;

class GoldenReferenceForward : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenReferenceForward, LogitsAreTheLibrarys) {
  const auto conformance = read_conformance(GetParam());
  if (!conformance) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  for (const Conformance::Window& window : conformance->windows) {
    const RowMatrix logits = reference_forward(conformance->dir, window.ids).logits;
    ASSERT_EQ(logits.rows(), window.logits.rows());
    ASSERT_EQ(logits.cols(), window.logits.cols());
    const double worst = (logits - window.logits).cwiseAbs().maxCoeff() / window.range();
    EXPECT_LE(worst, kReferenceTolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenReferenceForward,
                         ::testing::Values("opt", "llama", "llama3", "mistral", "cohere", "bloom",
                                           "gpt2", "gpt_neox", "qwen2", "qwen3"));

}  // namespace
}  // namespace nf
