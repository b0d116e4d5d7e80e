#include "perturb/delta_part.h"

#include <gtest/gtest.h>

#include <cmath>

#include "perturb/distortion_stats.h"
#include "tests/support/changed_case.h"
#include "tests/support/config_support.h"
#include "tests/support/held_rows.h"
#include "tests/support/kind_forms.h"
#include "tests/support/tensor_near.h"
#include "tests/support/threads.h"

// Promises of every file of perturb/parts/, as it stands.

namespace nf {
namespace {

/// Parts are in double, rounded to f32; leading directions come from a second moment that is added
/// up in f32 and whose eigenvalues are near each other.
constexpr double kTolerance = 1e-6, kDirectionsTolerance = 1e-5;

struct Case {
  Json form;
  SiteTensor tensor;

  DeltaPartPtr part() const { return read_value<DeltaPartPtr>(form); }
  std::string name() const {
    return form.is_object() ? form.begin().key() : form.get<std::string>();
  }
  Index k() const { return form.is_object() ? form.begin().value().get<Index>() : 0; }
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Json& form : example_forms(delta_parts()))
    for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input})
      if (const Case one{form, tensor}; one.part()->acts_on(tensor)) cases.push_back(one);
  return cases;
}

class EveryPart : public testing::TestWithParam<Case> {
 protected:
  /// An odd number of values, and an even one in a row.
  ChangedCase changed_{GetParam().tensor, 37, 46, ClippingDistortion()};
  DeltaPartPtr part_ = GetParam().part();

  Matrix kept() const {
    Matrix delta = changed_.delta();
    keep_part(*part_, changed_.x, changed_.clipped.data(), changed_.context, delta);
    return delta;
  }
};

TEST_P(EveryPart, IsThatOfItsFormula) {
  const std::vector<double> expected =
      reference::kept(GetParam().name(), GetParam().k(), changed_.change());
  const Matrix got = kept();
  for (Index i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got.data()[i], expected[static_cast<std::size_t>(i)],
                GetParam().form.is_object() ? kDirectionsTolerance : kTolerance)
        << i;
}

TEST_P(EveryPart, IsLeftAsItIsWhenItIsTakenAgain) {
  const Matrix once = kept();
  Matrix twice(once.rows(), once.cols());
  std::copy_n(once.data(), once.size(), twice.data());
  keep_part(*part_, changed_.x, changed_.clipped.data(), changed_.context, twice);
  EXPECT_TRUE(tensor_near(twice, to_double(once), 1e-7));
}

TEST_P(EveryPart, HasTheSameBitsInPartsAndWithAnyNumberOfThreads) {
  const Matrix whole = kept();
  {
    const Threads threads(3);
    EXPECT_TRUE(equal_bits(kept(), whole));
  }
  const MatrixFiguresPtr figures = part_->figures(HeldRows(changed_.x), changed_.context);
  for (Index r = 0; r < whole.rows(); ++r) {
    const Matrix delta = changed_.delta();
    std::vector<double> row(delta.view().row(r), delta.view().row(r) + delta.cols());
    part_->keep({.x = changed_.x.view().row(r),
                 .cols = delta.cols(),
                 .clipped = changed_.clipped.data() + r * delta.cols(),
                 .figures = figures.get()},
                changed_.context, row.data());
    for (Index c = 0; c < delta.cols(); ++c)
      ASSERT_EQ(static_cast<float>(row[static_cast<std::size_t>(c)]), whole(r, c));
  }
}

TEST_P(EveryPart, AsksForWhatItLooksAt) {
  DistortionContext context = changed_.context;
  const InputNeeds needs = part_->needs(context.site.tensor);
  std::vector<Matrix> windows;
  windows.push_back(ChangedCase::inputs_of(20, changed_.x.cols(), 2));
  const InputStatisticsPtr statistics = needs.empty() ? nullptr : gather_statistics(needs, windows);
  context.inputs = statistics.get();
  Matrix delta = changed_.delta();
  const std::uint8_t* marks = part_->sees_clipped() ? changed_.clipped.data() : nullptr;
  EXPECT_NO_THROW(keep_part(*part_, changed_.x, marks, context, delta));
}

INSTANTIATE_TEST_SUITE_P(Parts, EveryPart, testing::ValuesIn(all_cases()),
                         [](const auto& param_info) {
                           return param_info.param.name() +
                                  (param_info.param.tensor == SiteTensor::weight ? "_weight"
                                                                                 : "_input");
                         });

TEST(DeltaParts, AreReadAndWrittenAsInYaml) {
  expect_forms_read_and_write(delta_parts());
  EXPECT_EQ(ConfigValue<DeltaPartPtr>::write(nullptr), Json());
}

TEST(DeltaParts, SmallIsExactlyWhatEnergyOnSmallIsTheShareOf) {
  for (const SiteTensor tensor : {SiteTensor::weight, SiteTensor::input}) {
    const ChangedCase changed(tensor, 21, 32, ClippingDistortion());
    DistortionStats stats;
    stats.add(changed.x, changed.made, median_unit(tensor), tensor);
    Matrix small = changed.delta();
    keep_part(*delta_parts().plain("small"), changed.x, nullptr, changed.context, small);
    double energy = 0.0, all = 0.0;
    for (Index i = 0; i < small.size(); ++i) {
      energy += std::pow(static_cast<double>(small.data()[i]), 2);
      all += std::pow(static_cast<double>(changed.delta().data()[i]), 2);
    }
    EXPECT_NEAR(energy / all, stats.energy_on_small(), 1e-6);
    EXPECT_GT(energy, 0.0);
  }
}

TEST(DeltaParts, OffGainOfARowOfZerosLeavesDelta) {
  const Matrix x = [] {
    Matrix zeros(1, 4);
    zeros.fill(0.0f);
    return zeros;
  }();
  Matrix delta = random_matrix(1, 4, 9);
  const Matrix before = random_matrix(1, 4, 9);
  keep_part(*delta_parts().plain("off_gain"), x, nullptr, {}, delta);
  EXPECT_TRUE(equal_bits(delta, before));
}

std::string problem(const std::string& part, const Distortion& whole, SiteTensor tensor) {
  return part_problem(*read_value<DeltaPartPtr>(Json::parse(part)), whole, tensor).value_or("none");
}

/// Adds 1, and clips nothing.
class AddingDistortion final : public Distortion {
 public:
  DistortionReport apply(ConstMatrixView x, const DistortionContext&,
                         MatrixView distorted) const override {
    for (Index i = 0; i < x.size(); ++i) distorted.data()[i] = x.data()[i] + 1.0f;
    return {};
  }
  Json config() const override { return "adding"; }
};

TEST(DeltaParts, SayWhereTheyHaveNoMeaning) {
  EXPECT_EQ(problem(R"("clipping")", AddingDistortion(), SiteTensor::weight),
            "clipping is a part of what a quantizer or a clip does; this noise clips nothing");
  EXPECT_EQ(problem(R"("rounding")", ClippingDistortion(), SiteTensor::weight), "none");
  EXPECT_EQ(problem(R"("output_debiased")", ClippingDistortion(), SiteTensor::input),
            "output_debiased is of weights; on activations take debiased or off_gain");
  EXPECT_EQ(problem(R"({"off_top_directions": 2})", ClippingDistortion(), SiteTensor::k_cache),
            "off_top_directions is of weights; on activations take debiased or off_gain");
}

}  // namespace
}  // namespace nf
