#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/quant/needy_quantizer.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/held_rows.h"
#include "tests/support/kind_forms.h"

/// Promises of every registered method and every grid, whatever they do: a new file in
/// quant/methods/ or quant/grids/ is tested here as it stands. A method for tests stands beside
/// them, since no built-in one needs statistics of its inputs.

namespace nf {
namespace {

QuantizerRegistry all_quantizers() {
  QuantizerRegistry registry = builtin_quantizers();
  registry.add(NeedyQuantizer::method());
  return registry;
}

DistortionPtr make_any(const std::string& yaml) {
  ConfigErrors errors;
  const ConfigNode node = parse_yaml(yaml, "test.yaml", errors);
  DistortionPtr quantizer = all_quantizers().create(node, SiteTensor::weight, errors);
  errors.throw_if_any();
  return quantizer;
}

constexpr InputNeeds kAllNeeds{
    .ranges = true, .second_moment = true, .sample = true, .weight_ranges = true};

/// Statistics of one window, other ones for another seed. unread: a feature that is always 0.
InputStatisticsPtr statistics_of(const InputNeeds& needs, Index cols, unsigned seed = 31,
                                 Index unread = -1) {
  std::vector<Matrix> windows, weights;
  windows.push_back(bell_matrix(24, cols, seed));
  if (unread >= 0)
    for (Index t = 0; t < 24; ++t) windows.back()(t, unread) = 0.0f;
  weights.push_back(bell_matrix(4, cols, seed + 1));
  return gather_statistics(needs, windows, weights);
}

/// x̃ with the statistics that the quantizer asks for.
Matrix quantized(const Distortion& quantizer, ConstMatrixView x, DistortionContext context = {}) {
  const InputNeeds needs = quantizer.input_needs(context.site.tensor);
  const InputStatisticsPtr statistics = needs.empty() ? nullptr : statistics_of(needs, x.cols());
  if (context.inputs == nullptr) context.inputs = statistics.get();
  Matrix out(x.rows(), x.cols());
  quantizer.apply(x, context, out);
  return out;
}

/// A grid as keys of an entry.
struct GridKeys {
  std::string text;  ///< "uniform, symmetric: false"
  GridSpec spec;

  /// Those of `bits` that it can have.
  std::vector<Index> bits_among(const std::vector<Index>& bits) const {
    return spec.own_bits ? std::vector<Index>{*spec.own_bits} : bits;
  }
};

/// Every grid that the method can have, with the axes that every method has.
std::vector<GridKeys> grids_of(const std::string& method) {
  std::vector<GridKeys> all;
  for (const Json& form : example_forms(grids())) {
    const GridSpec spec = read_value<GridSpec>(form);
    const std::string name = form.dump();
    if (spec.has_own_levels()) {
      if (method == "rtn") all.push_back({name + ", weighted: false", spec});
      continue;
    }
    all.push_back({name, spec});
    if (spec.make_full) all.push_back({name + ", levels: full", spec});
    if (spec.symmetric_only) continue;
    all.push_back({name + ", symmetric: false", spec});
    all.push_back({name + ", symmetric: false, zero_in_range: true", spec});
    if (method != "rtn") continue;  // the others have their ranges from the same place
    all.push_back({name + ", range: mse", spec});
    all.push_back({name + ", symmetric: false, range: {percentile: 99.5}", spec});
  }
  return all;
}

/// Entries of all sorts for a registered method; the contract holds for each, whatever it does.
std::vector<std::string> entries_of(const std::string& method,
                                    const std::vector<Index>& all_bits = {2, 4, 8}) {
  std::vector<std::string> entries;
  for (const GridKeys& grid : grids_of(method))
    for (const char* unit : {"tensor", "channel", "{group: 16}", "{group: 5, axis: in}"})
      for (const Index bits : grid.bits_among(all_bits))
        entries.push_back(fmt::format("{{method: {}, grid: {}, bits: {}, granularity: {}}}", method,
                                      grid.text, bits, unit));
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
  const QuantizerRegistry registry = all_quantizers();
  ASSERT_FALSE(registry.methods().empty());
  for (const QuantizerMethod& method : registry.methods()) {
    EXPECT_FALSE(method.summary.empty());
    for (const std::string& yaml : entries_of(method.name)) {
      const DistortionPtr quantizer = make_any(yaml);
      EXPECT_FALSE(quantizer->draws()) << yaml;
      EXPECT_FALSE(quantizer->is_identity()) << yaml;
      EXPECT_EQ(quantizer->config()["method"], method.name);
      for (const Index cols : {1, 16, 37}) {
        const Matrix x = odd_rows(cols, 11);
        const Matrix once = quantized(*quantizer, x);
        for (Index i = 0; i < x.size(); ++i)
          ASSERT_TRUE(std::isfinite(once.data()[i])) << yaml << " at " << i;
        const Matrix again = quantized(*quantizer, x, {.key = 5, .seed = 9, .first_element = 100});
        EXPECT_TRUE(same_bits(once, again)) << yaml;
      }
    }
  }
}

TEST(QuantizerContract, MadeInPartsHasTheBitsOfTheWhole) {
  const QuantizerRegistry registry = all_quantizers();
  const Matrix x = bell_matrix(1100, 7, 21);  // more rows than are looked at in one part
  for (const QuantizerMethod& method : registry.methods()) {
    for (const std::string& yaml : entries_of(method.name, {3})) {
      const DistortionPtr quantizer = make_any(yaml);
      const InputNeeds needs = quantizer->input_needs(SiteTensor::weight);
      const InputStatisticsPtr statistics = needs.empty() ? nullptr : statistics_of(needs, 7);
      const DistortionContext context{.inputs = statistics.get()};
      Matrix whole(1100, 7), steps(1100, 7);
      const Index clipped = quantizer->apply(x, context, whole).clipped;
      if (quantizer->has_steps()) quantizer->local_step(x, context, steps);
      for (const Index parts : {1, 90}) {
        const MadeInParts made(*quantizer, x, context, parts);
        EXPECT_TRUE(same_bits(made.distorted, whole)) << yaml;
        EXPECT_EQ(made.clipped, clipped) << yaml;
        if (quantizer->has_steps()) {
          EXPECT_TRUE(same_bits(made.steps, steps)) << yaml;
        }
      }
    }
  }
}

TEST(QuantizerContract, AChannelHasNoMoreLevelsThanItsBitsAllow) {
  const QuantizerRegistry registry = all_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const GridKeys& grid : grids_of(method.name)) {
      for (const Index bits : grid.bits_among({2, 3, 4, 8})) {
        const DistortionPtr quantizer =
            make_any(fmt::format("{{method: {}, grid: {}, bits: {}, granularity: channel}}",
                                 method.name, grid.text, bits));
        const Matrix out = quantized(*quantizer, bell_matrix(4, 400, 12));
        for (Index r = 0; r < out.rows(); ++r) EXPECT_LE(levels_in_row(out, r), Index{1} << bits);
      }
    }
  }
}

TEST(QuantizerContract, StepsArePositiveAndFinite) {
  const QuantizerRegistry registry = all_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const std::string& yaml : entries_of(method.name)) {
      const DistortionPtr quantizer = make_any(yaml);
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
  const QuantizerRegistry registry = all_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const GridKeys& grid : grids_of(method.name)) {
      // What lies beyond a percentile is clipped at any number of bits.
      if (grid.text.find("percentile") != std::string::npos) continue;
      const Matrix x = bell_matrix(16, 256, 14);
      double last = INFINITY;
      for (const Index bits : grid.bits_among({2, 4, 6, 8})) {
        const Matrix out = quantized(
            *make_any(fmt::format("{{method: {}, grid: {}, bits: {}, granularity: channel}}",
                                  method.name, grid.text, bits)),
            x);
        double error = 0.0;
        for (Index i = 0; i < x.size(); ++i)
          error += std::pow(static_cast<double>(out.data()[i] - x.data()[i]), 2.0);
        EXPECT_LT(error, last / 4) << method.name << ", " << grid.text << ", " << bits << " bits";
        last = error;
      }
    }
  }
}

TEST(QuantizerContract, LooksAtStatisticsOnlyWhereItAsksForThem) {
  const QuantizerRegistry registry = all_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const std::string& yaml : entries_of(method.name)) {
      const DistortionPtr quantizer = make_any(yaml);
      const InputNeeds needs = quantizer->input_needs(SiteTensor::weight);
      const Matrix x = bell_matrix(10, 37, 15);
      const InputStatisticsPtr all = statistics_of(kAllNeeds, 37, 77, 5);
      const Matrix with_all = quantized(*quantizer, x, {.inputs = all.get()});
      if (needs.empty()) {
        EXPECT_TRUE(same_bits(with_all, distorted(*quantizer, x))) << yaml;
        continue;
      }
      EXPECT_FALSE(same_bits(with_all, quantized(*quantizer, x))) << yaml;
      const InputStatisticsPtr again = statistics_of(needs, 37, 77, 5);
      EXPECT_TRUE(same_bits(with_all, quantized(*quantizer, x, {.inputs = again.get()}))) << yaml;
    }
  }
}

TEST(QuantizerContract, RefusesToActWithoutTheStatisticsThatItAsksFor) {
  const QuantizerRegistry registry = all_quantizers();
  Index needy = 0;
  for (const QuantizerMethod& method : registry.methods()) {
    for (const std::string& yaml : entries_of(method.name)) {
      const DistortionPtr quantizer = make_any(yaml);
      const InputNeeds needs = quantizer->input_needs(SiteTensor::weight);
      if (needs.empty()) continue;
      ++needy;
      const Matrix x = bell_matrix(10, 37, 15);
      EXPECT_THROW(distorted(*quantizer, x), InternalError) << yaml;
      for (bool InputNeeds::*part : {&InputNeeds::ranges, &InputNeeds::second_moment,
                                     &InputNeeds::sample, &InputNeeds::weight_ranges}) {
        if (!(needs.*part)) continue;
        InputNeeds others = needs;
        others.*part = false;
        const InputStatisticsPtr some = statistics_of(others, 37);
        EXPECT_THROW(quantized(*quantizer, x, {.inputs = some.get()}), InternalError) << yaml;
      }
      const InputStatisticsPtr narrow = statistics_of(needs, 36);
      EXPECT_THROW(quantized(*quantizer, x, {.inputs = narrow.get()}), InternalError) << yaml;
    }
  }
  EXPECT_GT(needy, 0);
}

TEST(QuantizerContract, SaysWhatItHolds) {
  const QuantizerRegistry registry = all_quantizers();
  for (const QuantizerMethod& method : registry.methods()) {
    for (const std::string& yaml : entries_of(method.name)) {
      const DistortionPtr quantizer = make_any(yaml);
      for (const auto& [rows, cols] :
           {std::pair<Index, Index>{0, 0}, {1, 1}, {64, 7}, {11008, 4096}}) {
        const double bytes = quantizer->scratch_bytes(rows, cols);
        EXPECT_TRUE(std::isfinite(bytes)) << yaml;
        EXPECT_GE(bytes, 0.0) << yaml;
        EXPECT_GE(quantizer->scratch_bytes(2 * rows, cols), bytes) << yaml;
        EXPECT_GE(quantizer->scratch_bytes(rows, 2 * cols), bytes) << yaml;
        EXPECT_GE(quantizer->scratch_bytes(2 * rows, 2 * cols), 2.0 * bytes) << yaml;
      }
    }
  }
}

}  // namespace
}  // namespace nf
