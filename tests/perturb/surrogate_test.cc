#include "perturb/surrogate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/random/draw_key.h"
#include "perturb/output_error.h"
#include "perturb/relation.h"
#include "tests/reference/noise_reference.h"
#include "tests/support/changed_case.h"
#include "tests/support/noise_support.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

// Promises of every file of perturb/twins/, as it stands.

namespace nf {
namespace {

const TwinKind& kind_of(const std::string& name) {
  for (const TwinKind& kind : twin_kinds())
    if (kind.name == name) return kind;
  throw InternalError(name);
}

double squares(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double v : values) sum += v * v;
  return sum;
}

/// The values of one unit.
std::vector<double> values_of(const Matrix& x, const std::vector<std::pair<Index, Index>>& unit) {
  std::vector<double> values;
  for (const auto& [r, c] : unit) values.push_back(static_cast<double>(x(r, c)));
  return values;
}

struct TwinOf {
  TwinOf(const TwinKind& of_kind, SiteTensor tensor)
      : kind(of_kind), changed(tensor, 24, 160, ClippingDistortion()), delta(changed.delta()) {
    changed.context.key = draw_key("layers.0.q_proj.weight", twin_ordinal(kind));
  }
  ReferenceChange change() const {
    return {.x = changed.x,
            .delta = delta,
            .step = changed.step,
            .grid_unit = Unit::groups(8),
            .clipped = changed.clipped.data()};
  }
  Matrix twin(std::uint64_t seed = 1) const {
    DistortionContext context = changed.context;
    context.seed = seed;
    Matrix result(delta.rows(), delta.cols());
    kind.surrogate->replace(change(), context, result);
    return result;
  }

  const TwinKind& kind;
  ChangedCase changed;
  Matrix delta;
};

using Case = std::pair<std::string, SiteTensor>;

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const TwinKind& kind : twin_kinds())
    for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input})
      if (kind.surrogate->acts_on(tensor)) cases.emplace_back(kind.name, tensor);
  return cases;
}

class EveryTwin : public testing::TestWithParam<Case> {
 protected:
  TwinOf twin_{kind_of(GetParam().first), GetParam().second};
  SiteTensor tensor() const { return GetParam().second; }
};

TEST_P(EveryTwin, DependsOnTheSeedExactlyWhereItDraws) {
  const Matrix one = twin_.twin();
  EXPECT_TRUE(equal_bits(twin_.twin(), one));
  EXPECT_EQ(same_bits(twin_.twin(2), one), !twin_.kind.surrogate->draws());
  const Threads threads(3);
  EXPECT_TRUE(equal_bits(twin_.twin(), one));
}

TEST_P(EveryTwin, MayBeMadeInThePlaceOfDelta) {
  const Matrix expected = twin_.twin();
  DistortionContext context = twin_.changed.context;
  context.seed = 1;
  twin_.kind.surrogate->replace(twin_.change(), context, twin_.delta);
  EXPECT_TRUE(equal_bits(twin_.delta, expected));
}

/// The unit in which a kind has the L2 of δ; none: it is not rescaled, or to something else.
std::optional<Unit> scope_of(const std::string& name, SiteTensor tensor) {
  static const std::set<std::string> of_all = {"gaussian",         "step",     "resigned",
                                               "permuted",         "debiased", "output_debiased",
                                               "permuted_by_size", "off_gain"};
  if (name == "gaussian_channel") return Unit::channel();
  if (name == "gaussian_group") return Unit::groups(8);
  return of_all.contains(name) ? std::optional(default_noise_scope(tensor)) : std::nullopt;
}

TEST_P(EveryTwin, HasTheSizeOfDeltaInItsScope) {
  const std::optional<Unit> scope = scope_of(GetParam().first, tensor());
  if (!scope) GTEST_SKIP() << "not rescaled to δ";
  const Matrix twin = twin_.twin();
  for (const auto& unit : reference_units(*scope, tensor(), twin.rows(), twin.cols())) {
    const double expected = std::sqrt(squares(values_of(twin_.delta, unit)));
    EXPECT_NEAR(std::sqrt(squares(values_of(twin, unit))), expected, 1e-6 * expected);
  }
}

TEST_P(EveryTwin, LeavesAChangeOfNothingAtNothing) {
  twin_.delta.fill(0.0f);
  Matrix zeros(twin_.delta.rows(), twin_.delta.cols());
  zeros.fill(0.0f);
  EXPECT_TRUE(tensor_near(twin_.twin(), to_double(zeros), 0.0));
}

INSTANTIATE_TEST_SUITE_P(Twins, EveryTwin, testing::ValuesIn(all_cases()),
                         [](const auto& param_info) {
                           return param_info.param.first +
                                  (param_info.param.second == SiteTensor::weight ? "_weight"
                                                                                 : "_input");
                         });

TEST(Twins, AreNumberedForGood) {
  const std::vector<std::string> names = {
      "gaussian",   "gaussian_channel", "gaussian_group", "gaussian_output",
      "step",       "resigned",         "permuted",       "permuted_by_size",
      "debiased",   "output_debiased",  "off_gain",       "small_part",
      "large_part", "rounding_part",    "clipping_part",  "off_top_directions"};
  ASSERT_EQ(twin_kinds().size(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(twin_kinds()[i].name, names[i]);
    EXPECT_EQ(twin_ordinal(twin_kinds()[i]), (std::uint64_t{1} << 32) * (1 + i));
  }
}

double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double mean_a = 0.0, mean_b = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i] / n;
    mean_b += b[i] / n;
  }
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - mean_a) * (b[i] - mean_b);
    aa += (a[i] - mean_a) * (a[i] - mean_a);
    bb += (b[i] - mean_b) * (b[i] - mean_b);
  }
  return ab / std::sqrt(aa * bb);
}

/// Twins of Gaussian noise, both drawn under their keys at one site: with shared draws the signs of
/// `resigned` would undo δ's, and `permuted` would sort it.
TEST(Twins, OfNoiseAreIndependentOfIt) {
  const Matrix x = normal_matrix(160, 250, 3);
  Matrix delta(160, 250);
  const std::string site = "layers.0.q_proj.weight";
  draws_of("gaussian").fill(delta.data(), delta.size(), 0, draw_key(site, 0), 1);
  std::vector<double> reference, size, place;
  for (Index i = 0; i < delta.size(); ++i) {
    reference.push_back(static_cast<double>(delta.data()[i]));
    size.push_back(std::abs(reference.back()));
    place.push_back(static_cast<double>(i));
  }
  const double bound = 4.0 / std::sqrt(static_cast<double>(delta.size()));
  for (const char* name :
       {"gaussian", "gaussian_channel", "resigned", "permuted", "permuted_by_size"}) {
    DistortionContext context = context_of(SiteTensor::weight);
    context.key = draw_key(site, twin_ordinal(kind_of(name)));
    Matrix twin(160, 250);
    kind_of(name).surrogate->replace({.x = x, .delta = delta, .step = {}, .grid_unit = {}}, context,
                                     twin);
    const std::vector<double> values(twin.data(), twin.data() + twin.size());
    EXPECT_LT(std::abs(correlation(values, reference)), bound) << name;
    EXPECT_LT(std::abs(correlation(values, size)), bound) << name;
    EXPECT_LT(std::abs(correlation(values, place)), bound) << name;
  }
}

TEST(Twins, ResignedKeepsMagnitudesAtTheirPlaces) {
  const TwinOf of(kind_of("resigned"), SiteTensor::weight);
  const Matrix twin = of.twin();
  Index flipped = 0;
  for (Index i = 0; i < twin.size(); ++i) {
    ASSERT_EQ(std::abs(twin.data()[i]), std::abs(of.delta.data()[i]));
    flipped += twin.data()[i] != of.delta.data()[i] ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(flipped) / static_cast<double>(twin.size()), 0.5, 0.05);
}

/// The values that stand at these places, sorted.
std::vector<double> sorted(const Matrix& x, const std::vector<std::pair<Index, Index>>& unit) {
  std::vector<double> values = values_of(x, unit);
  std::sort(values.begin(), values.end());
  return values;
}

TEST(Twins, PermutedShufflesTheValuesOfItsScope) {
  for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input}) {
    const TwinOf of(kind_of("permuted"), tensor);
    const Matrix twin = of.twin();
    EXPECT_FALSE(same_bits(twin, of.delta));
    for (const auto& unit :
         reference_units(default_noise_scope(tensor), tensor, twin.rows(), twin.cols()))
      EXPECT_EQ(sorted(twin, unit), sorted(of.delta, unit));
  }
}

TEST(Twins, PermutedBySizeStaysAmongValuesOfLikeSize) {
  for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input}) {
    const TwinOf of(kind_of("permuted_by_size"), tensor);
    const Matrix twin = of.twin();
    for (const auto& unit :
         reference_units(default_noise_scope(tensor), tensor, twin.rows(), twin.cols())) {
      std::vector<std::size_t> order(unit.size());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::abs(of.changed.x(unit[a].first, unit[a].second)) <
               std::abs(of.changed.x(unit[b].first, unit[b].second));
      });
      std::map<std::size_t, std::vector<std::pair<Index, Index>>> bins;
      for (std::size_t rank = 0; rank < order.size(); ++rank)
        bins[64 * rank / order.size()].push_back(unit[order[rank]]);
      for (const auto& [bin, places] : bins)
        ASSERT_EQ(sorted(twin, places), sorted(of.delta, places)) << bin;
    }
  }
}

TEST(Twins, StepFollowsTheGrid) {
  const TwinOf of(kind_of("step"), SiteTensor::weight);
  const Matrix twin = of.twin();
  Matrix z(twin.rows(), twin.cols());
  draws_of("gaussian").fill(z.data(), z.size(), 0, of.changed.context.key, 1);
  const double factor =
      static_cast<double>(twin(0, 0)) / static_cast<double>(z(0, 0) * of.changed.step(0, 0));
  for (Index i = 0; i < twin.size(); ++i)
    ASSERT_NEAR(twin.data()[i],
                factor * static_cast<double>(z.data()[i] * of.changed.step.data()[i]), 1e-6);
}

TEST(Twins, GaussianOutputHasTheOutputErrorOfDelta) {
  const TwinOf of(kind_of("gaussian_output"), SiteTensor::weight);
  const SymmetricMatrix& moment = of.changed.statistics->second_moment;
  const double expected = output_error(of.delta, moment);
  EXPECT_NEAR(output_error(of.twin(), moment), expected, 1e-5 * expected);
}

TEST(Twins, PartsAreThoseOfKeep) {
  const std::map<std::string, std::string> parts = {
      {"small_part", "small"},       {"large_part", "large"},
      {"rounding_part", "rounding"}, {"clipping_part", "clipping"},
      {"debiased", "debiased"},      {"output_debiased", "output_debiased"},
      {"off_gain", "off_gain"},      {"off_top_directions", "off_top_directions"}};
  for (const auto& [name, part] : parts) {
    const TwinOf of(kind_of(name), SiteTensor::weight);
    std::vector<double> expected = reference::kept(part, 1, of.changed.change());
    const std::vector<double> all(of.delta.data(), of.delta.data() + of.delta.size());
    const double factor =
        scope_of(name, SiteTensor::weight) ? std::sqrt(squares(all) / squares(expected)) : 1.0;
    const Matrix twin = of.twin();
    for (Index i = 0; i < twin.size(); ++i)
      ASSERT_NEAR(twin.data()[i], factor * expected[static_cast<std::size_t>(i)], 2e-6) << name;
  }
}

TEST(Twins, SayWhatTheyLookAt) {
  EXPECT_TRUE(kind_of("step").surrogate->sees_steps());
  EXPECT_TRUE(kind_of("gaussian_group").surrogate->needs_grid());
  EXPECT_TRUE(kind_of("rounding_part").surrogate->sees_clipped());
  EXPECT_FALSE(kind_of("off_top_directions").surrogate->acts_on(SiteTensor::input));
  EXPECT_EQ(kind_of("gaussian_output").surrogate->needs(SiteTensor::weight),
            InputNeeds{.second_moment = true});
}

}  // namespace
}  // namespace nf
