// Promises of every kind of noise, whatever it is: a new file in perturb/kinds/,
// perturb/distributions/ or perturb/relations/ is tested here as it stands. A kind for tests stands
// beside them, since no built-in one needs statistics of its inputs.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "perturb/relation.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/held_rows.h"
#include "tests/support/kind_forms.h"
#include "tests/support/needy_distortion.h"
#include "tests/support/noise_support.h"

namespace nf {
namespace {

NoiseRegistry all_noises() {
  NoiseRegistry registry = builtin_noises();
  registry.add(NeedyDistortion::kind());
  return registry;
}

constexpr InputNeeds kAllNeeds{
    .ranges = true, .second_moment = true, .sample = true, .weight_ranges = true};

/// Statistics of two windows and one weight, other ones for another salt.
InputStatisticsPtr statistics_of(const InputNeeds& needs, Index cols, std::uint64_t salt = 0) {
  std::vector<Matrix> windows, weights;
  windows.push_back(normal_matrix(24, cols, 2 * salt));
  windows.push_back(normal_matrix(24, cols, 2 * salt + 1));
  weights.push_back(normal_matrix(8, cols, salt));
  return gather_statistics(needs, windows, weights);
}

bool has_field(const NoiseKind& kind, const std::string& name) {
  return std::any_of(kind.fields.begin(), kind.fields.end(),
                     [&](const FieldDoc& field) { return field.name == name; });
}

/// A plain entry of the kind: its required fields by their examples, and what only together makes
/// sense.
Json plain_entry(const NoiseKind& kind) {
  Json entry;
  for (const FieldDoc& field : kind.fields)
    if (field.required) entry[field.name] = field.example;
  entry["noise"] = kind.name;
  if (has_field(kind, "reference") && !has_field(kind, "relation"))
    entry["reference"] = {{"step", 0.25}};
  if (has_field(kind, "quantile")) entry["quantile"] = 0.8;
  return entry;
}

struct Case {
  std::string kind;
  SiteTensor tensor;
  Json scope;       ///< null: the kind has none
  Json relation{};  ///< null: the default
};

/// Every kind with every scope and, as relations do not look at the shape of the noise, one kind
/// with every relation.
std::vector<Case> all_cases() {
  std::vector<Case> cases;
  const NoiseRegistry registry = all_noises();
  for (const NoiseKind& kind : registry.kinds()) {
    if (!has_field(kind, "scope")) {
      cases.push_back({kind.name, SiteTensor::weight, nullptr});
      cases.push_back({kind.name, SiteTensor::input, nullptr});
      continue;
    }
    for (const Json& scope : {Json("tensor"), Json("channel"), Json({{"group", 7}}),
                              Json({{"group", 7}, {"axis", "in"}}), Json({{"group", 1}})})
      cases.push_back({kind.name, SiteTensor::weight, scope});
    for (const Json& scope : {Json("tensor"), Json("channel"), Json("token"), Json({{"group", 7}})})
      cases.push_back({kind.name, SiteTensor::input, scope});
  }
  for (const Json& relation : example_forms(relations()))
    for (const Json& scope : {Json("tensor"), Json("channel"), Json({{"group", 7}})})
      for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input})
        cases.push_back({"uniform", tensor, scope, relation});
  return cases;
}

class EveryNoise : public testing::TestWithParam<Case> {
 protected:
  const NoiseKind& kind() const { return *registry_.find(GetParam().kind); }
  SiteTensor tensor() const { return GetParam().tensor; }
  Json entry() const {
    Json json = plain_entry(kind());
    if (!GetParam().scope.is_null()) json["scope"] = GetParam().scope;
    if (const Json& relation = GetParam().relation; !relation.is_null()) {
      json["relation"] = relation;
      if (read_value<Relation>(relation).needs_step) json["reference"] = {{"step", 0.25}};
    }
    return json;
  }
  DistortionPtr noise(const Json& entry,
                      const DistortionBuilder& build = RoundingDistortion::build) const {
    ConfigErrors errors;
    DistortionPtr noise = registry_.create(parse_good(entry.dump()), tensor(), build, errors);
    errors.throw_if_any();
    return noise;
  }
  DistortionPtr noise() const { return noise(entry()); }
  /// With the statistics that the kind asks for, of x with so many columns.
  DistortionContext context(Index cols, std::uint64_t seed = 1) {
    DistortionContext context = context_of(tensor(), seed);
    const InputNeeds needs = noise()->input_needs(tensor());
    if (needs.empty() || cols == 0) return context;
    InputStatisticsPtr& statistics = statistics_[cols];
    if (!statistics) statistics = statistics_of(needs, cols);
    context.inputs = statistics.get();
    return context;
  }
  Matrix apply(const Matrix& x, std::uint64_t seed = 1) {
    return distort(*noise(), x, context(x.cols(), seed));
  }

 private:
  NoiseRegistry registry_ = all_noises();
  std::map<Index, InputStatisticsPtr> statistics_;
};

TEST_P(EveryNoise, GivesTheSameBitsForTheSameSeed) {
  const Matrix x = normal_matrix(10, 33);
  EXPECT_TRUE(same_bits(apply(x), apply(x)));
}

TEST_P(EveryNoise, GivesOtherBitsForAnotherSeedOrKeyWhereItDraws) {
  const Matrix x = normal_matrix(10, 33);
  const bool draws = noise()->draws();
  DistortionContext other_key = context(x.cols());
  other_key.key += 1;
  const bool single_values = GetParam().scope == Json({{"group", 1}});
  // In a unit of one value nothing but the sign is free, and nothing can be shuffled.
  if (single_values && (kind().name == "permuted" || kind().name == "outliers_only")) return;
  EXPECT_EQ(!same_bits(apply(x, 1), apply(x, 2)), draws);
  EXPECT_EQ(!same_bits(apply(x), distort(*noise(), x, other_key)), draws);
}

TEST_P(EveryNoise, ChangesSomething) {
  const Matrix x = normal_matrix(10, 33);
  const bool has_threshold = has_field(kind(), "quantile");
  if (GetParam().scope == Json({{"group", 1}}) && has_threshold)
    return;  // one value is its own quantile
  EXPECT_FALSE(same_bits(apply(x), x));
}

TEST_P(EveryNoise, OfZeroStrengthIsTheIdentity) {
  if (!has_field(kind(), "strength")) return;
  const Matrix x = normal_matrix(10, 33);
  for (const char* name : {"relative_l2", "sigma_abs"}) {
    Json zero = entry();
    zero["strength"] = Json({{name, 0}});
    const DistortionPtr none = noise(zero);
    EXPECT_TRUE(none->is_identity());
    EXPECT_FALSE(none->draws());
    EXPECT_TRUE(none->input_needs(tensor()).empty());
    EXPECT_TRUE(same_bits(distort(*none, x, context_of(tensor())), x));
  }
  EXPECT_FALSE(noise()->is_identity());
}

TEST_P(EveryNoise, OfRowsInTheMiddleIsThatOfTheWhole) {
  const std::string scope = GetParam().scope.dump();
  const bool within_rows = scope == "\"token\"" || scope == "{\"group\":7}" ||
                           scope == "{\"group\":1}" ||
                           (scope == "\"channel\"" && tensor() == SiteTensor::weight);
  if (!within_rows) return;
  const Matrix x = normal_matrix(12, 33);
  DistortionContext where = context(33);
  where.first_element = 500;
  const Matrix whole = distort(*noise(), x, where);
  where.first_element += 4 * 33;
  Matrix middle(5, 33);
  noise()->apply(x.view().middle_rows(4, 5), where, middle);
  EXPECT_EQ(std::memcmp(middle.data(), whole.view().row(4),
                        static_cast<std::size_t>(middle.size()) * sizeof(float)),
            0);
}

TEST_P(EveryNoise, MadeInPartsHasTheBitsOfTheWhole) {
  if (tensor() != SiteTensor::weight) return;
  const Matrix x = normal_matrix(2100, 5);  // more rows than are looked at in one part
  Matrix whole(2100, 5);
  const Index clipped = noise()->apply(x, context(5), whole).clipped;
  for (const Index parts : {1, 3, 200}) {
    const MadeInParts made(*noise(), x, context(5), parts);
    EXPECT_TRUE(same_bits(made.distorted, whole)) << parts;
    EXPECT_EQ(made.clipped, clipped) << parts;
  }
}

TEST_P(EveryNoise, ReadsAndWritesStridedMatrices) {
  const Matrix x = normal_matrix(9, 21);
  Matrix wide_x(9, 40), wide_out(9, 40);
  wide_out.fill(5.0f);
  for (Index r = 0; r < 9; ++r) std::copy_n(x.view().row(r), 21, wide_x.view().row(r) + 3);
  noise()->apply(wide_x.view().middle_cols(3, 21), context(21), wide_out.view().middle_cols(3, 21));
  const Matrix expected = apply(x);
  for (Index r = 0; r < 9; ++r)
    for (Index c = 0; c < 40; ++c)
      ASSERT_EQ(wide_out(r, c), c >= 3 && c < 24 ? expected(r, c - 3) : 5.0f) << r << ", " << c;
}

TEST_P(EveryNoise, TakesEveryShapeAndStaysFinite) {
  for (const auto& [rows, cols] :
       {std::pair<Index, Index>{1, 1}, {1, 20}, {20, 1}, {3, 16}, {0, 4}, {4, 0}}) {
    Matrix x = normal_matrix(rows, cols);
    for (const float scale : {1.0f, 0.0f, 1e-30f, 1e30f}) {
      Matrix scaled(rows, cols);
      for (Index i = 0; i < x.size(); ++i) scaled.data()[i] = x.data()[i] * scale;
      const Matrix distorted = apply(scaled);
      for (Index i = 0; i < x.size(); ++i) ASSERT_TRUE(std::isfinite(distorted.data()[i])) << scale;
      if (scale == 0.0f) {
        EXPECT_TRUE(std::equal(distorted.data(), distorted.data() + x.size(), scaled.data()));
      }
    }
    x.fill(-1.5f);  // all values equal
    const Matrix distorted = apply(x);
    for (Index i = 0; i < x.size(); ++i) ASSERT_TRUE(std::isfinite(distorted.data()[i]));
  }
}

TEST_P(EveryNoise, RefusesAnotherShapeAndAnotherTensor) {
  const Matrix x = normal_matrix(3, 4);
  Matrix other(4, 3), same(3, 4);
  EXPECT_THROW(noise()->apply(x, context(4), other), InternalError);
  if (kind().name == "needy") return;  // built for any tensor
  DistortionContext wrong = context(4);
  wrong.site.tensor = tensor() == SiteTensor::weight ? SiteTensor::input : SiteTensor::weight;
  EXPECT_THROW(noise()->apply(x, wrong, same), InternalError);
}

TEST_P(EveryNoise, WritesAnEntryThatSaysTheSame) {
  const Matrix x = normal_matrix(10, 33);
  const DistortionPtr again = noise(noise()->config());
  EXPECT_EQ(again->config(), noise()->config());
  EXPECT_EQ(noise()->config().value("scope", Json()), GetParam().scope);
  EXPECT_TRUE(same_bits(distort(*again, x, context(x.cols())), apply(x)));
}

TEST_P(EveryNoise, HasNoSteps) {
  const Matrix x = normal_matrix(2, 2);
  Matrix step(2, 2);
  EXPECT_FALSE(noise()->has_steps());
  EXPECT_THROW(noise()->local_step(x, context(2), step), InternalError);
}

TEST_P(EveryNoise, LooksAtStatisticsOnlyWhereItAsksForThem) {
  const Matrix x = normal_matrix(10, 33);
  const InputNeeds needs = noise()->input_needs(tensor());
  DistortionContext other = context(33);
  const InputStatisticsPtr all = statistics_of(kAllNeeds, 33, 7);
  other.inputs = all.get();
  EXPECT_EQ(same_bits(distort(*noise(), x, other), apply(x)), needs.empty());
  if (needs.empty()) return;
  // The same statistics, gathered again, and more of them than it asks for: the same bits.
  const InputStatisticsPtr again = statistics_of(needs, 33, 7);
  const Matrix expected = distort(*noise(), x, other);
  other.inputs = again.get();
  EXPECT_TRUE(same_bits(distort(*noise(), x, other), expected));
}

TEST_P(EveryNoise, RefusesToActWithoutTheStatisticsThatItAsksFor) {
  const InputNeeds needs = noise()->input_needs(tensor());
  if (needs.empty()) return;
  const Matrix x = normal_matrix(10, 33);
  const auto refuses = [&](const InputStatistics* inputs) {
    DistortionContext context = context_of(tensor());
    context.inputs = inputs;
    EXPECT_THROW(distort(*noise(), x, context), InternalError);
  };
  refuses(nullptr);
  for (bool InputNeeds::*part : {&InputNeeds::ranges, &InputNeeds::second_moment,
                                 &InputNeeds::sample, &InputNeeds::weight_ranges}) {
    if (!(needs.*part)) continue;
    InputNeeds others = needs;
    others.*part = false;
    refuses(statistics_of(others, 33).get());
  }
  refuses(statistics_of(needs, 32).get());  // of another tensor
}

TEST_P(EveryNoise, SaysWhatItHolds) {
  const DistortionPtr noise = this->noise();
  for (const auto& [rows, cols] : {std::pair<Index, Index>{0, 0}, {1, 1}, {64, 7}, {11008, 4096}}) {
    const double bytes = noise->scratch_bytes(rows, cols);
    EXPECT_TRUE(std::isfinite(bytes));
    EXPECT_GE(bytes, 0.0);
    // A larger matrix never takes less, and one of more rows and columns takes more in proportion.
    EXPECT_GE(noise->scratch_bytes(2 * rows, cols), bytes);
    EXPECT_GE(noise->scratch_bytes(rows, 2 * cols), bytes);
    EXPECT_GE(noise->scratch_bytes(2 * rows, 2 * cols), 2.0 * bytes);
  }
}

/// A quantizer that a noise refers to may need statistics: they are the noise's needs then.
TEST_P(EveryNoise, NeedsWhatItsReferenceNeeds) {
  if (!has_field(kind(), "reference") || has_field(kind(), "relation")) return;
  if (kind().name == "stochastic") return;  // asks its reference for levels, which the fake lacks
  Json needy = entry();
  needy["reference"] = {{"noise", "needy"}, {"factor", 0.5}};
  const DistortionPtr of_reference = noise(needy, NeedyDistortion::build);
  needy["strength"] = {{"match", {{"noise", "needy"}, {"factor", 0.25}}}};
  const DistortionPtr of_match = noise(needy, NeedyDistortion::build);
  const Matrix x = normal_matrix(10, 33);
  for (const DistortionPtr& noise : {of_reference, of_match}) {
    const InputNeeds needs = noise->input_needs(tensor());
    EXPECT_EQ(needs, NeedyDistortion(0.5).input_needs(tensor()));
    DistortionContext context = context_of(tensor());
    EXPECT_THROW(distort(*noise, x, context), InternalError);
    const InputStatisticsPtr statistics = statistics_of(needs, 33);
    context.inputs = statistics.get();
    const Matrix distorted = distort(*noise, x, context);
    EXPECT_EQ(same_bits(distorted, x), false);
    EXPECT_GE(noise->scratch_bytes(10, 33), NeedyDistortion(0.5).scratch_bytes(10, 33));
  }
}

TEST_P(EveryNoise, NeedsWhatTheMatchOfItsStrengthNeeds) {
  if (!has_field(kind(), "strength")) return;
  if (GetParam().relation == "step") return;  // asks its reference for steps, which the fake lacks
  if (GetParam().scope == Json({{"group", 1}}) && has_field(kind(), "quantile"))
    return;  // one value is its own quantile
  Json needy = entry();
  needy["strength"] = {{"match", {{"noise", "needy"}, {"factor", 0.5}}}};
  needy.erase("reference");
  const DistortionPtr of_match = noise(needy, NeedyDistortion::build);
  EXPECT_EQ(of_match->input_needs(tensor()), NeedyDistortion(0.5).input_needs(tensor()));
  EXPECT_GE(of_match->scratch_bytes(10, 33), NeedyDistortion(0.5).scratch_bytes(10, 33));
  const InputStatisticsPtr statistics = statistics_of(kAllNeeds, 33);
  DistortionContext context = context_of(tensor());
  const Matrix x = normal_matrix(10, 33);
  EXPECT_THROW(distort(*of_match, x, context), InternalError);
  context.inputs = statistics.get();
  EXPECT_FALSE(same_bits(distort(*of_match, x, context), x));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, EveryNoise, testing::ValuesIn(all_cases()), [](const auto& parameter) {
      const Case& of = parameter.param;
      std::string name =
          fmt::format("{}_{}_{}", of.kind, site_tensor_name(of.tensor), of.scope.dump());
      if (!of.relation.is_null()) name += "_" + of.relation.dump();
      std::replace_if(
          name.begin(), name.end(),
          [](char c) { return c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
      return name;
    });

}  // namespace
}  // namespace nf
