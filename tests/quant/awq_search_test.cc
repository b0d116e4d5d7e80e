#include "quant/awq_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "tests/quant/quantizer_test_data.h"
#include "tests/reference/channel_scale_reference.h"
#include "tests/reference/sublayer_reference.h"
#include "tests/support/fake_replay.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/large_features.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

constexpr Index kSteps = 20;
constexpr InputNeeds kNeeds{.ranges = true, .second_moment = true};
/// A scale of f32 differs from one in double by its last bits, and a weight that lies between two
/// levels may so be rounded to the other.
constexpr double kFlips = 2e-3;

const char* const kRounding = "{grid: uniform, symmetric: false, bits: 3, granularity: {group: 8}}";
const reference::Quantizer kReferenceRounding{
    .power = {}, .bits = 3, .symmetric = false, .unit = Unit::groups(8)};

constexpr LargeFeatures kInputs{.first = 2, .step = 9, .factor = 12.0f};

/// A tiny model's block with recorded inputs, and what AWQ is given of it.
struct Block {
  explicit Block(const TinyModel& model) : decoder(open(model)) {
    attention = kInputs.windows(decoder.spec().hidden_size, 1);
    mlp = kInputs.windows(decoder.spec().hidden_size, 11);
    replay = std::make_unique<ReferenceSublayers>(decoder, 0, attention, mlp);
    for (const LinearTensors& linear : decoder.spec().block(0).linears) {
      Matrix& weight = weights[linear.role];
      weight.resize(linear.out, linear.in);
      decoder.read_weight(0, linear.role, weight);
    }
  }
  TensorReaders readers(const std::vector<Role>& roles) const {
    TensorReaders readers;
    for (const Role role : roles) {
      readers.sites.push_back({.layer = 0, .role = role});
      readers.weights.push_back(weights.at(role));
    }
    return readers;
  }
  static Decoder open(const TinyModel& model) {
    const TempDir dir;  // mapped files outlive their names
    model.write(dir.path());
    return open_decoder(dir.path());
  }

  Decoder decoder;
  std::vector<Matrix> attention, mlp;
  std::unique_ptr<ReferenceSublayers> replay;
  std::map<Role, Matrix> weights;
};

Matrix copy_of(ConstMatrixView x) {
  Matrix copy(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), copy.view().row(r));
  return copy;
}

/// The search is that of the reference, whose losses come from `loss`.
void expect_reference(const AwqChoice& choice, const TensorReaders& readers,
                      const std::vector<Matrix>& windows,
                      const std::function<double(const std::vector<Matrix>&)>& loss) {
  std::vector<Matrix> weights;
  for (const ConstMatrixView weight : readers.weights) weights.push_back(copy_of(weight));
  const std::vector<double> losses =
      reference::awq_losses(kSteps, kReferenceRounding, windows, weights, loss);
  ASSERT_EQ(choice.losses.size(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i)
    EXPECT_NEAR(choice.losses[i], losses[i], kFlips * losses[i]) << "ratio " << i << "/" << kSteps;
  const auto chosen = std::min_element(choice.losses.begin(), choice.losses.end());
  EXPECT_EQ(choice.ratio,
            static_cast<double>(chosen - choice.losses.begin()) / static_cast<double>(kSteps));
  EXPECT_GT(choice.ratio, 0.0);  // large features are worth it
  const std::vector<double> scale = reference::awq_scale(windows, choice.ratio);
  for (std::size_t j = 0; j < scale.size(); ++j)
    EXPECT_NEAR(static_cast<double>(choice.scale[j]), scale[j], 1e-6 * scale[j]);
}

TEST(AwqSearch, LooksAtTheSublayerWhereSeveralLinearsReadTheTensor) {
  const Block block(tiny_llama());
  const DistortionPtr rounding = make_quantizer(kRounding);
  const std::pair<std::vector<Role>, const std::vector<Matrix>*> tensors[] = {
      {{Role::q_proj, Role::k_proj, Role::v_proj}, &block.attention},
      {{Role::k_proj}, &block.attention},  // the others stay as they are
      {{Role::gate_proj, Role::up_proj}, &block.mlp}};
  for (const auto& [roles, windows] : tensors) {
    const TensorReaders readers = block.readers(roles);
    const InputStatisticsPtr inputs = gather_statistics(kNeeds, *windows);
    const auto choice = search_awq_scale(kSteps, *rounding, readers,
                                         {.inputs = inputs.get(), .replay = block.replay.get()});
    expect_reference(*choice, readers, *windows, [&](const std::vector<Matrix>& made) {
      std::vector<SublayerReplay::Candidate> candidates;
      for (std::size_t i = 0; i < made.size(); ++i)
        candidates.push_back({readers.sites[i].role, made[i]});
      return block.replay->error(SublayerReplay::Around::untouched, candidates);
    });
  }
}

TEST(AwqSearch, LooksAtTheLinearsOwnOutputWhereItReadsTheTensorAlone) {
  const Block block(tiny_opt());
  const DistortionPtr rounding = make_quantizer(kRounding);
  for (const Role role : {Role::o_proj, Role::up_proj, Role::down_proj}) {
    const TensorReaders readers = block.readers({role});
    const std::vector<Matrix> windows = kInputs.windows(readers.weights[0].cols(), 5);
    const InputStatisticsPtr inputs = gather_statistics(kNeeds, windows);
    const auto choice = search_awq_scale(kSteps, *rounding, readers,
                                         {.inputs = inputs.get(), .replay = block.replay.get()});
    expect_reference(*choice, readers, windows, [&](const std::vector<Matrix>& made) {
      return ReferenceSublayers::own_error(readers.weights[0], made[0], windows);
    });
  }
}

/// Search under a replay that answers as the test says.
std::shared_ptr<const AwqChoice> search_with(const SublayerReplay& replay,
                                             const std::vector<Role>& roles, Index steps = kSteps) {
  const Block block(tiny_llama());
  const InputStatisticsPtr inputs = gather_statistics(kNeeds, block.attention);
  return search_awq_scale(steps, *make_quantizer(kRounding), block.readers(roles),
                          {.inputs = inputs.get(), .replay = &replay});
}

TEST(AwqSearch, AddsTheErrorsOfSublayersThatReadOneTensor) {
  const FakeReplay replay([](const FakeReplay::Question& question) {
    return question.roles.front() == Role::q_proj ? 1.0 : 0.25;
  });
  const auto choice = search_with(replay, {Role::q_proj, Role::v_proj, Role::up_proj}, 2);
  EXPECT_EQ(choice->losses, std::vector<double>(2, 1.25));
  ASSERT_EQ(replay.questions.size(), 4u);
  EXPECT_EQ(replay.questions[0].roles, (std::vector<Role>{Role::q_proj, Role::v_proj}));
  EXPECT_EQ(replay.questions[1].roles, (std::vector<Role>{Role::up_proj}));
  for (const FakeReplay::Question& question : replay.questions)
    EXPECT_EQ(question.around, SublayerReplay::Around::untouched);
}

TEST(AwqSearch, TakesTheFirstOfTheSmallestLosses) {
  int asked = 0;
  const std::vector<double> losses = {3.0, 1.0, 2.0, 1.0};
  const FakeReplay replay(
      [&](const FakeReplay::Question&) { return losses[static_cast<std::size_t>(asked++)]; });
  const auto choice = search_with(replay, {Role::q_proj}, 4);
  EXPECT_EQ(choice->losses, losses);
  EXPECT_EQ(choice->ratio, 0.25);
}

TEST(AwqSearch, LeavesWeightsAloneWhereNoLossIsANumber) {
  const FakeReplay replay(
      [](const FakeReplay::Question&) { return std::numeric_limits<double>::quiet_NaN(); });
  const auto choice = search_with(replay, {Role::q_proj});
  EXPECT_EQ(choice->ratio, 0.0);
  EXPECT_EQ(choice->scale, std::vector<float>(choice->scale.size(), 1.0f));
}

TEST(AwqScale, IsThatOfItsFormula) {
  std::vector<Matrix> windows = kInputs.windows(20, 3);
  for (Matrix& window : windows)
    for (Index t = 0; t < window.rows(); ++t) window(t, 4) = 0.0f;  // is never read
  const InputStatisticsPtr inputs = gather_statistics({.ranges = true}, windows);
  for (const double ratio : {0.0, 0.05, 0.5, 0.95}) {
    const std::vector<float> scale = awq_scale(*inputs, ratio);
    const std::vector<double> expected = reference::awq_scale(windows, ratio);
    for (std::size_t j = 0; j < scale.size(); ++j)
      EXPECT_NEAR(static_cast<double>(scale[j]), expected[j], 1e-6 * expected[j]);
  }
}

TEST(AwqSearch, WithoutAReplayIsOurBug) {
  const Block block(tiny_llama());
  const InputStatisticsPtr inputs = gather_statistics(kNeeds, block.attention);
  EXPECT_THROW(search_awq_scale(kSteps, *make_quantizer(kRounding), block.readers({Role::q_proj}),
                                {.inputs = inputs.get()}),
               InternalError);
}

}  // namespace
}  // namespace nf
