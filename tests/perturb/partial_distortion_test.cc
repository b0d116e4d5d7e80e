#include "perturb/partial_distortion.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/changed_case.h"
#include "tests/support/held_rows.h"
#include "tests/support/kind_forms.h"
#include "tests/support/noise_support.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

/// As in delta_part_test.cc, of leading directions.
constexpr double kTolerance = 1e-5;

const DistortionPtr& clipping() {
  static const DistortionPtr distortion = std::make_shared<ClippingDistortion>();
  return distortion;
}

/// The distortion of an entry, `whole` being what its kind makes of it.
DistortionPtr partial(const DistortionPtr& whole, const std::string& yaml, SiteTensor tensor,
                      bool has_strength = false) {
  ConfigErrors errors;
  const ConfigNode entry = parse_good(yaml);
  const PartialKeys keys = PartialKeys::read(entry, has_strength, errors);
  DistortionPtr result = partial_distortion(whole, keys, entry, has_strength, tensor,
                                            RoundingDistortion::build, errors);
  errors.throw_if_any();
  return result;
}

std::string error_of(const DistortionPtr& whole, const std::string& yaml,
                     SiteTensor tensor = SiteTensor::weight) {
  return config_error_of([&] { partial(whole, yaml, tensor); });
}

double norm(ConstMatrixView x, ConstMatrixView distorted) {
  double squares = 0.0;
  for (Index r = 0; r < x.rows(); ++r)
    for (Index c = 0; c < x.cols(); ++c)
      squares += std::pow(static_cast<double>(distorted(r, c)) - static_cast<double>(x(r, c)), 2);
  return std::sqrt(squares);
}

struct Case {
  Json keep;
  SiteTensor tensor;
  std::string name() const {
    if (keep.is_null()) return "all";
    return keep.is_object() ? keep.begin().key() : keep.get<std::string>();
  }
  Index k() const { return keep.is_object() ? keep.begin().value().get<Index>() : 0; }
  std::string entry(double dose, const std::string& more = "") const {
    return fmt::format("{{dose: {}, keep: {}{}}}", dose, keep.dump(), more);
  }
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  std::vector<Json> forms = example_forms(delta_parts());
  forms.emplace_back(nullptr);
  for (const Json& form : forms)
    for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input}) {
      if (form.is_null() || read_value<DeltaPartPtr>(form)->acts_on(tensor))
        cases.push_back({form, tensor});
    }
  return cases;
}

class EveryPartial : public testing::TestWithParam<Case> {
 protected:
  SiteTensor tensor() const { return GetParam().tensor; }
  DistortionPtr make(double dose, const std::string& more = "") const {
    return partial(clipping(), GetParam().entry(dose, more), tensor());
  }
  std::vector<double> expected_part() const {
    if (!GetParam().keep.is_null())
      return reference::kept(GetParam().name(), GetParam().k(), changed_.change());
    std::vector<double> delta;
    for (Index i = 0; i < changed_.x.size(); ++i)
      delta.push_back(static_cast<double>(changed_.made.data()[i]) -
                      static_cast<double>(changed_.x.data()[i]));
    return delta;
  }

  ChangedCase changed_{GetParam().tensor, 37, 46, *clipping()};
};

TEST_P(EveryPartial, IsXAndTheDoseOfThePart) {
  for (const double dose : {0.3, 1.0, 2.5}) {
    const Matrix got = distort(*make(dose), changed_.x, changed_.context);
    const std::vector<float> expected = reference::dosed(dose, changed_.x, expected_part());
    for (Index i = 0; i < got.size(); ++i)
      ASSERT_NEAR(got.data()[i], expected[static_cast<std::size_t>(i)], kTolerance * dose) << i;
  }
}

TEST_P(EveryPartial, KeepsTheBitsOfWhatItTakesAsItIs) {
  const Matrix none = distort(*make(0.0), changed_.x, changed_.context);
  EXPECT_TRUE(equal_bits(none, changed_.x));
  EXPECT_TRUE(make(0.0)->is_identity());
  const Matrix all = distort(*make(1.0), changed_.x, changed_.context);
  const std::vector<double> part = expected_part();
  for (Index i = 0; i < all.size(); ++i) {
    const double delta = part[static_cast<std::size_t>(i)];
    if (delta == 0.0) {
      ASSERT_EQ(all.data()[i], changed_.x.data()[i]);
    }
    if (delta ==
        static_cast<double>(changed_.made.data()[i]) - static_cast<double>(changed_.x.data()[i])) {
      ASSERT_EQ(all.data()[i], delta == 0.0 ? changed_.x.data()[i] : changed_.made.data()[i]);
    }
  }
}

TEST_P(EveryPartial, IsFinishedFromTheWholeWithTheSameBits) {
  for (const char* more : {"", ", strength: {relative_l2: 0.3}"}) {
    if (*more != '\0' && GetParam().keep.is_null()) continue;
    const DistortionPtr distortion = make(0.7, more);
    const Matrix applied = distort(*distortion, changed_.x, changed_.context);
    ASSERT_EQ(distortion->whole(), clipping());
    Matrix in_place(changed_.x.rows(), changed_.x.cols());
    std::copy_n(changed_.made.data(), in_place.size(), in_place.data());
    distortion->finish(changed_.x, {in_place, changed_.clipped.data()}, changed_.context, in_place);
    EXPECT_TRUE(equal_bits(in_place, applied));
    const Threads threads(3);
    EXPECT_TRUE(equal_bits(distort(*distortion, changed_.x, changed_.context), applied));
  }
}

TEST_P(EveryPartial, HasTheSameBitsInParts) {
  if (tensor() != SiteTensor::weight) GTEST_SKIP() << "an activation is made whole";
  for (const char* more :
       {"", ", strength: {relative_l2: 0.3}", ", strength: {match: {step: 1}}"}) {
    if (*more != '\0' && GetParam().keep.is_null()) continue;
    const DistortionPtr distortion = make(0.7, more);
    const Matrix whole = distort(*distortion, changed_.x, changed_.context);
    for (const Index parts : {1, 5})
      EXPECT_TRUE(equal_bits(
          MadeInParts(*distortion, changed_.x, changed_.context, parts).distorted, whole));
  }
}

TEST_P(EveryPartial, RescalesWhatIsLeftToItsStrength) {
  if (GetParam().keep.is_null()) GTEST_SKIP() << "strength needs keep";
  const Matrix got =
      distort(*make(1.0, ", strength: {relative_l2: 0.3}"), changed_.x, changed_.context);
  const Index rows = tensor() == SiteTensor::weight ? got.rows() : 1;
  Matrix zeros(rows, got.cols());
  zeros.fill(0.0f);
  for (Index r = 0; r < got.rows(); r += rows) {
    const ConstMatrixView x = changed_.x.view().middle_rows(r, rows);
    const double delta = norm(x, got.view().middle_rows(r, rows));
    if (delta == 0.0) continue;  // nothing is left of this position
    EXPECT_NEAR(delta / norm(zeros, x), 0.3, 1e-6);
  }
  EXPECT_GT(norm(changed_.x, got), 0.0);
}

INSTANTIATE_TEST_SUITE_P(Parts, EveryPartial, testing::ValuesIn(all_cases()),
                         [](const auto& param_info) {
                           return param_info.param.name() +
                                  (param_info.param.tensor == SiteTensor::weight ? "_weight"
                                                                                 : "_input");
                         });

TEST(PartialDistortion, OfAllOfTheChangeIsTheChangeItself) {
  EXPECT_EQ(partial(clipping(), "{dose: 1}", SiteTensor::weight), clipping());
  EXPECT_EQ(partial(clipping(), "{keep: null}", SiteTensor::weight), clipping());
}

TEST(PartialDistortion, CopiesAValueThatNoSumCouldMake) {
  Matrix x(1, 2), made(1, 2), out(1, 2);
  x.fill(1.0f);
  x(0, 1) = 4.0f;
  made.fill(1e-30f);  // 1 + (1e-30 − 1) is 0 in double
  made(0, 1) = 4.0f;
  const DistortionContext context = context_of(SiteTensor::weight);
  partial(clipping(), "{keep: small}", SiteTensor::weight)->finish(x, {made}, context, out);
  EXPECT_EQ(out(0, 0), 1e-30f);
}

TEST(PartialDistortion, StrengthOfANoiseIsThatOfWhatIsLeft) {
  const Matrix x = normal_matrix(24, 40);
  const char* const noise = "{noise: gaussian, scope: channel, strength: {relative_l2: 0.2}";
  const DistortionPtr whole = make_noise(std::string(noise) + "}");
  const DistortionPtr large =
      partial(whole, std::string(noise) + ", keep: large, dose: 0.5}", SiteTensor::weight, true);
  const DistortionContext context = context_of(SiteTensor::weight);
  const Matrix all = distort(*whole, x, context), part = distort(*large, x, context);
  for (Index r = 0; r < x.rows(); ++r) {
    const ConstMatrixView row = x.view().middle_rows(r, 1);
    EXPECT_NEAR(norm(row, part.view().middle_rows(r, 1)) / norm(row, all.view().middle_rows(r, 1)),
                0.5, 1e-6);
  }
  EXPECT_TRUE(large->draws());
  EXPECT_EQ(large->config()["strength"], Json({{"relative_l2", 0.2}}));
}

TEST(PartialDistortion, ConfigNamesWhatIsTaken) {
  const auto config = [](const char* yaml) {
    return partial(clipping(), yaml, SiteTensor::weight)->config().dump();
  };
  EXPECT_EQ(config("{dose: 0.5}"), R"({"clipping":0.25,"dose":0.5})");
  EXPECT_EQ(config("{keep: large}"), R"({"clipping":0.25,"keep":"large"})");
  EXPECT_EQ(config("{keep: {off_top_directions: 3}, strength: {snr_db: 20}, dose: 2}"),
            R"({"clipping":0.25,"dose":2.0,"keep":{"off_top_directions":3},)"
            R"("strength":{"snr_db":20.0}})");
}

TEST(PartialDistortion, SaysThatNothingIsLeft) {
  const Matrix x = random_matrix(4, 8, 1, 0.1f);  // nothing is beyond the limit
  Matrix out(4, 8);
  const DistortionContext context = context_of(SiteTensor::weight);
  const DistortionReport report =
      partial(clipping(), "{keep: clipping, strength: {relative_l2: 0.1}}", SiteTensor::weight)
          ->apply(x, context, out);
  EXPECT_TRUE(equal_bits(out, x));
  EXPECT_EQ(report.notes, Json({{"kept", "nothing"}}));
  EXPECT_TRUE(partial(clipping(), "{keep: rounding}", SiteTensor::weight)
                  ->apply(x, context, out)
                  .notes.is_null());
}

TEST(PartialDistortion, HasTheNeedsOfItsPartBesideThoseOfTheWhole) {
  const DistortionPtr distortion =
      partial(clipping(), "{keep: {off_top_directions: 2}, dose: 0}", SiteTensor::weight);
  EXPECT_EQ(distortion->finish_needs(SiteTensor::weight), InputNeeds{.second_moment = true});
  EXPECT_EQ(distortion->input_needs(SiteTensor::weight), InputNeeds{.second_moment = true});
  EXPECT_EQ(distortion->without_inputs(), nullptr);
  EXPECT_TRUE(distortion->tells_clipped());
  EXPECT_TRUE(distortion->has_steps());
  EXPECT_EQ(distortion->grid_unit(SiteTensor::weight), Unit::groups(8));
}

TEST(PartialDistortion, TellsItsMistakes) {
  const DistortionPtr noise = make_noise("{noise: gaussian, strength: {relative_l2: 0.1}}");
  EXPECT_EQ(error_of(clipping(), "{dose: -1}"), "f.yaml:1:8: dose: must be at least 0, is -1");
  EXPECT_EQ(error_of(clipping(), "{strength: {relative_l2: 1}}"),
            "f.yaml:1:12: strength: is read only with keep, as the size of what is left; dose "
            "scales the whole change");
  EXPECT_EQ(error_of(clipping(), "{keep: lage}"),
            "f.yaml:1:8: keep: unknown part 'lage'; did you mean 'large'?");
  EXPECT_EQ(error_of(clipping(), "{keep: off_top_directions}"),
            "f.yaml:1:8: keep: off_top_directions needs a value; write {off_top_directions: 4}");
  EXPECT_EQ(error_of(noise, "{keep: clipping}"),
            "f.yaml:1:8: keep: clipping is a part of what a quantizer or a clip does; this noise "
            "clips nothing");
  EXPECT_EQ(error_of(clipping(), "{keep: output_debiased}", SiteTensor::input),
            "f.yaml:1:8: keep: output_debiased is of weights; on activations take debiased or "
            "off_gain");
}

TEST(PartialDistortion, CountsAsClippedWhatItHasLeft) {
  const Matrix x = random_matrix(24, 40, 1);
  const DistortionContext context = context_of(SiteTensor::weight);
  Matrix out(24, 40);
  const auto clipped = [&](const char* yaml) {
    return partial(clipping(), yaml, SiteTensor::weight)->apply(x, context, out).clipped;
  };
  const Index all = clipped("{dose: 0.5}");
  EXPECT_GT(all, 0);
  EXPECT_EQ(clipped("{keep: clipping}"), all);
  EXPECT_EQ(clipped("{keep: rounding}"), 0);
  EXPECT_EQ(clipped("{keep: large}") + clipped("{keep: small}"), all);
}

TEST(PartialDistortion, SaysOfEveryPartOfASiteThatNothingIsLeft) {
  const Matrix x = random_matrix(4, 8, 1, 0.1f);
  Matrix out(4, 8);
  const DistortionContext context = context_of(SiteTensor::input);
  EXPECT_EQ(
      partial(clipping(), "{keep: clipping}", SiteTensor::input)->apply(x, context, out).notes,
      Json({{"kept", "nothing"}}));
}

/// Where x̂ has statistics they are what the path is for: it is one for all parts.
TEST(PartialDistortion, FollowsThePathOfWhatItIsMatchedTo) {
  class Needy final : public Distortion {
   public:
    Needy(bool needs, bool follows, bool replays = false)
        : needs_(needs), follows_(follows), replays_(replays) {}
    DistortionReport apply(ConstMatrixView, const DistortionContext&, MatrixView) const override {
      return {};
    }
    InputNeeds input_needs(SiteTensor) const override {
      return {.ranges = needs_, .replay = replays_};
    }
    bool follows_path() const override { return follows_; }
    Json config() const override { return "needy"; }

   private:
    bool needs_, follows_, replays_;
  };
  const auto make = [](const DistortionPtr& whole, const DistortionPtr& matched,
                       const std::string& keep, ConfigErrors& errors) {
    const ConfigNode entry = parse_good("{keep: " + keep + ", strength: {match: {any: 1}}}");
    const PartialKeys keys = PartialKeys::read(entry, false, errors);
    return partial_distortion(
        whole, keys, entry, false, SiteTensor::weight,
        [&](const ConfigNode&, SiteTensor, ConfigErrors&) { return matched; }, errors);
  };
  const auto follows = [&](const DistortionPtr& whole, bool matched, const char* keep = "large") {
    ConfigErrors errors;
    const DistortionPtr made = make(whole, std::make_shared<Needy>(true, matched), keep, errors);
    errors.throw_if_any();
    return made->follows_path();
  };
  EXPECT_TRUE(follows(clipping(), true));
  EXPECT_FALSE(follows(clipping(), false));
  EXPECT_FALSE(follows(clipping(), true, "output_debiased"));
  EXPECT_FALSE(follows(std::make_shared<Needy>(true, false), true));
  EXPECT_TRUE(follows(std::make_shared<Needy>(true, true), false));

  ConfigErrors errors;
  EXPECT_EQ(make(clipping(), std::make_shared<Needy>(true, false, true), "large", errors), nullptr);
  EXPECT_EQ(errors.message(),
            "f.yaml:1:33: strength.match: is chosen by its error at the output of attention or of "
            "the MLP, which a part of another change does not know; write granularity: {adaptive: "
            "..., error_at: site}");
}

/// A matched noise that refers to Gaussian noise has draws of its own, as where it stands alone.
TEST(PartialDistortion, LetsAMatchedNoiseDrawUnderItsOwnKey) {
  class Drawing final : public Distortion {
   public:
    DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                           MatrixView distorted) const override {
      key = context.key;
      for (Index r = 0; r < x.rows(); ++r)
        for (Index c = 0; c < x.cols(); ++c) distorted(r, c) = x(r, c) + 1.0f;
      return {};
    }
    bool draws() const override { return true; }
    std::uint64_t first_ordinal() const override { return std::uint64_t{1} << 34; }
    Json config() const override { return "drawing"; }

    mutable std::uint64_t key = 0;
  };
  const auto matched = std::make_shared<Drawing>();
  ConfigErrors errors;
  const ConfigNode entry = parse_good("{keep: large, strength: {match: {any: 1}}}");
  const PartialKeys keys = PartialKeys::read(entry, false, errors);
  const DistortionPtr part = partial_distortion(
      clipping(), keys, entry, false, SiteTensor::weight,
      [&](const ConfigNode&, SiteTensor, ConfigErrors&) { return matched; }, errors);
  errors.throw_if_any();
  DistortionContext context = context_of(SiteTensor::weight);
  context.reference_key = 77;
  distort(*part, random_matrix(4, 8, 1), context);
  EXPECT_NE(matched->key, 0u);
  EXPECT_NE(matched->key, 77u);
}

}  // namespace
}  // namespace nf
