#include "quant/powers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace nf {
namespace {

constexpr float kUlps = 1.3e-7f;  // one unit in the last place

TEST(Powers, AreThoseOfTheDefinition) {
  const std::vector<float> x = {1e-30f, 1e-5f, 0.3f, 1.0f, 2.0f, 77.5f, 1e20f};
  for (const double p : {0.05, 0.2, 0.5, 0.65, 0.95}) {
    const std::vector<float> y = powers(x, p);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto expected = static_cast<float>(std::pow(static_cast<double>(x[i]), p));
      EXPECT_NEAR(y[i], expected, kUlps * expected) << x[i] << "^" << p;
    }
  }
}

TEST(Powers, OfZeroAndOneAreExact) {
  const std::vector<float> x = {0.0f, 0.3f, 5.0f};
  EXPECT_EQ(powers(x, 0.0), std::vector<float>(3, 1.0f));  // 0^0 as torch.pow has it
  EXPECT_EQ(powers(x, 1.0), x);
  EXPECT_EQ(powers(x, 0.5).front(), 0.0f);
}

}  // namespace
}  // namespace nf
