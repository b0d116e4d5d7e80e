// What every kind of noise promises, whatever it is: a new file in perturb/kinds/ is tested here as
// it stands.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/noise_support.h"

namespace nf {
namespace {

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
  Json scope;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  const NoiseRegistry registry = builtin_noises();
  for (const NoiseKind& kind : registry.kinds()) {
    for (const Json& scope : {Json("tensor"), Json("channel"), Json({{"group", 7}}),
                              Json({{"group", 7}, {"axis", "in"}}), Json({{"group", 1}})})
      cases.push_back({kind.name, SiteTensor::weight, scope});
    for (const Json& scope : {Json("tensor"), Json("channel"), Json("token"), Json({{"group", 7}})})
      cases.push_back({kind.name, SiteTensor::input, scope});
  }
  return cases;
}

class EveryNoise : public testing::TestWithParam<Case> {
 protected:
  const NoiseKind& kind() const { return *registry_.find(GetParam().kind); }
  SiteTensor tensor() const { return GetParam().tensor; }
  Json entry() const {
    Json json = plain_entry(kind());
    json["scope"] = GetParam().scope;
    return json;
  }
  DistortionPtr noise() const { return make_noise(entry().dump(), tensor()); }
  Matrix apply(const Matrix& x, std::uint64_t seed = 1) const {
    return distort(*noise(), x, context_of(tensor(), seed));
  }

 private:
  NoiseRegistry registry_ = builtin_noises();
};

TEST_P(EveryNoise, GivesTheSameBitsForTheSameSeed) {
  const Matrix x = normal_matrix(10, 33);
  EXPECT_TRUE(same_bits(apply(x), apply(x)));
}

TEST_P(EveryNoise, GivesOtherBitsForAnotherSeedOrKeyWhereItDraws) {
  const Matrix x = normal_matrix(10, 33);
  const bool draws = noise()->draws();
  DistortionContext other_key = context_of(tensor());
  other_key.key += 1;
  const bool single_values = GetParam().scope == Json({{"group", 1}});
  // In a unit of one value nothing but the sign is free, and nothing can be shuffled.
  if (single_values && kind().name == "permuted") return;
  EXPECT_EQ(!same_bits(apply(x, 1), apply(x, 2)), draws);
  EXPECT_EQ(!same_bits(apply(x), distort(*noise(), x, other_key)), draws);
}

TEST_P(EveryNoise, ChangesSomething) {
  const Matrix x = normal_matrix(10, 33);
  if (GetParam().scope == Json({{"group", 1}}) && !noise()->draws())
    return;  // one value is its own quantile
  EXPECT_FALSE(same_bits(apply(x), x));
}

TEST_P(EveryNoise, OfZeroStrengthIsTheIdentity) {
  if (!has_field(kind(), "strength")) return;
  const Matrix x = normal_matrix(10, 33);
  for (const char* name : {"relative_l2", "sigma_abs"}) {
    Json zero = entry();
    zero["strength"] = Json({{name, 0}});
    const DistortionPtr noise = make_noise(zero.dump(), tensor());
    EXPECT_TRUE(noise->is_identity());
    EXPECT_FALSE(noise->draws());
    EXPECT_TRUE(same_bits(distort(*noise, x, context_of(tensor())), x));
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
  DistortionContext context = context_of(tensor());
  context.first_element = 500;
  const Matrix whole = distort(*noise(), x, context);
  context.first_element += 4 * 33;
  Matrix middle(5, 33);
  noise()->apply(x.view().middle_rows(4, 5), context, middle);
  EXPECT_EQ(std::memcmp(middle.data(), whole.view().row(4),
                        static_cast<std::size_t>(middle.size()) * sizeof(float)),
            0);
}

TEST_P(EveryNoise, ReadsAndWritesStridedMatrices) {
  const Matrix x = normal_matrix(9, 21);
  Matrix wide_x(9, 40), wide_out(9, 40);
  wide_out.fill(5.0f);
  for (Index r = 0; r < 9; ++r) std::copy_n(x.view().row(r), 21, wide_x.view().row(r) + 3);
  noise()->apply(wide_x.view().middle_cols(3, 21), context_of(tensor()),
                 wide_out.view().middle_cols(3, 21));
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
  EXPECT_THROW(noise()->apply(x, context_of(tensor()), other), InternalError);
  const SiteTensor wrong = tensor() == SiteTensor::weight ? SiteTensor::input : SiteTensor::weight;
  EXPECT_THROW(noise()->apply(x, context_of(wrong), same), InternalError);
}

TEST_P(EveryNoise, WritesAnEntryThatSaysTheSame) {
  const Matrix x = normal_matrix(10, 33);
  const DistortionPtr again = make_noise(noise()->config().dump(), tensor());
  EXPECT_EQ(again->config(), noise()->config());
  EXPECT_EQ(noise()->config()["scope"], GetParam().scope);
  EXPECT_TRUE(same_bits(distort(*again, x, context_of(tensor())), apply(x)));
}

TEST_P(EveryNoise, HasNoSteps) {
  const Matrix x = normal_matrix(2, 2);
  Matrix step(2, 2);
  EXPECT_FALSE(noise()->has_steps());
  EXPECT_THROW(noise()->local_step(x, context_of(tensor()), step), InternalError);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, EveryNoise, testing::ValuesIn(all_cases()), [](const auto& parameter) {
      std::string name =
          fmt::format("{}_{}_{}", parameter.param.kind, site_tensor_name(parameter.param.tensor),
                      parameter.param.scope.dump());
      std::replace_if(
          name.begin(), name.end(),
          [](char c) { return c != '_' && std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
      return name;
    });

}  // namespace
}  // namespace nf
