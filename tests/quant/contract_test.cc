#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/quant/quantizer_test_data.h"

namespace nf {
namespace {

/// Entries of all sorts for a registered method; the contract holds for each, whatever it does.
std::vector<std::string> entries_of(const std::string& method) {
  std::vector<std::string> entries;
  for (const char* grid : {"uniform", "uniform, symmetric: false", "power"})
    for (const char* unit : {"tensor", "channel", "{group: 16}", "{group: 5, axis: in}"})
      for (const int bits : {2, 4, 8})
        entries.push_back(fmt::format("{{method: {}, grid: {}, bits: {}, granularity: {}}}", method,
                                      grid, bits, unit));
  return entries;
}

bool same_bits(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), sizeof(float) * static_cast<std::size_t>(a.size())) == 0;
}

/// Values over min-max ranges lie on at most 2^bits levels.
Index levels_in_row(const Matrix& x, Index row) {
  std::vector<float> values(x.data() + row * x.cols(), x.data() + (row + 1) * x.cols());
  std::sort(values.begin(), values.end());
  return std::unique(values.begin(), values.end()) - values.begin();
}

TEST(QuantizerContract, FiniteDeterministicAndWithoutDraws) {
  const QuantizerRegistry registry = builtin_quantizers();
  ASSERT_FALSE(registry.methods().empty());
  for (const QuantizerMethod& method : registry.methods()) {
    EXPECT_FALSE(method.summary.empty());
    for (const std::string& yaml : entries_of(method.name)) {
      const DistortionPtr quantizer = make_quantizer(yaml);
      EXPECT_FALSE(quantizer->draws()) << yaml;
      EXPECT_FALSE(quantizer->is_identity()) << yaml;
      EXPECT_EQ(quantizer->config()["method"], method.name);
      for (const Index cols : {1, 16, 37}) {
        const Matrix x = odd_rows(cols, 11);
        const Matrix once = distorted(*quantizer, x);
        for (Index i = 0; i < x.size(); ++i)
          ASSERT_TRUE(std::isfinite(once.data()[i])) << yaml << " at " << i;
        Matrix again(x.rows(), cols);
        quantizer->apply(x, {.key = 5, .seed = 9, .first_element = 100}, again);
        EXPECT_TRUE(same_bits(once, again)) << yaml;
      }
    }
  }
}

TEST(QuantizerContract, AChannelHasNoMoreLevelsThanItsBitsAllow) {
  const QuantizerRegistry registry = builtin_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const char* grid : {"uniform", "uniform, symmetric: false", "power"}) {
      for (const Index bits : {2, 3, 4, 8}) {
        const DistortionPtr quantizer = make_quantizer(fmt::format(
            "{{method: {}, grid: {}, bits: {}, granularity: channel}}", method.name, grid, bits));
        const Matrix out = distorted(*quantizer, bell_matrix(4, 2000, 12));
        for (Index r = 0; r < out.rows(); ++r) EXPECT_LE(levels_in_row(out, r), Index{1} << bits);
      }
    }
  }
}

TEST(QuantizerContract, StepsArePositiveAndFinite) {
  const QuantizerRegistry registry = builtin_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const std::string& yaml : entries_of(method.name)) {
      const DistortionPtr quantizer = make_quantizer(yaml);
      if (!quantizer->has_steps()) continue;
      const Matrix x = bell_matrix(10, 37, 13);
      Matrix step(10, 37);
      quantizer->local_step(x, {}, step);
      for (Index i = 0; i < x.size(); ++i) {
        ASSERT_TRUE(std::isfinite(step.data()[i])) << yaml;
        ASSERT_GT(step.data()[i], 0.0f) << yaml;
      }
    }
  }
}

TEST(QuantizerContract, MoreBitsMeanLessError) {
  const QuantizerRegistry registry = builtin_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const char* grid : {"uniform", "uniform, symmetric: false", "power"}) {
      const Matrix x = bell_matrix(16, 256, 14);
      double last = INFINITY;
      for (const Index bits : {2, 4, 6, 8}) {
        const Matrix out = distorted(
            *make_quantizer(fmt::format("{{method: {}, grid: {}, bits: {}, granularity: channel}}",
                                        method.name, grid, bits)),
            x);
        double error = 0.0;
        for (Index i = 0; i < x.size(); ++i)
          error += std::pow(static_cast<double>(out.data()[i] - x.data()[i]), 2.0);
        EXPECT_LT(error, last / 4) << method.name << ", " << grid << ", " << bits << " bits";
        last = error;
      }
    }
  }
}

}  // namespace
}  // namespace nf
