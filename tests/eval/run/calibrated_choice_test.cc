/// The choices of AWQ and AdaDim on trained models, against those of their authors' programs.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config/yaml_reader.h"
#include "core/io/npy.h"
#include "core/io/read_json.h"
#include "eval/run/block_replay.h"
#include "perturb/input_accumulator.h"
#include "quant/adaptive_axis.h"
#include "quant/awq_search.h"
#include "quant/quantizer_registry.h"
#include "tests/support/tiny_model.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

constexpr Index kWindows = 16;
constexpr Index kContext = 512;

/// What one linear reads of the calibration set, and its statistics.
struct Recorded {
  Matrix x;  ///< [T, in], where it is replayed
  InputStatisticsPtr statistics;
};

/// Sees one block's inputs, window by window.
class Recorder final : public InputProbe {
 public:
  Recorder(const DecoderSpec& spec, Index layer) {
    for (const LinearTensors& linear : spec.block(layer).linears) {
      if (spec.input_owner(linear.role) != linear.role) continue;
      accumulators_.emplace(linear.role,
                            InputAccumulator({.ranges = true, .second_moment = true}, linear.in,
                                             {.tokens = kWindows * kContext, .windows = kWindows}));
      recorded_[linear.role].x.resize(kWindows * kContext, linear.in);
    }
  }
  void begin(Index window) { window_ = window; }
  bool wants(Role) const override { return true; }
  void see(Role role, ConstMatrixView x) override {
    accumulators_.at(role).add(window_, x);
    Matrix& all = recorded_.at(role).x;
    for (Index t = 0; t < x.rows(); ++t)
      std::copy_n(x.row(t), x.cols(), all.view().row(window_ * kContext + t));
  }
  std::map<Role, Recorded> take() {
    for (auto& [role, accumulator] : accumulators_)
      recorded_.at(role).statistics = std::move(accumulator).finish();
    return std::move(recorded_);
  }

 private:
  std::map<Role, InputAccumulator> accumulators_;
  std::map<Role, Recorded> recorded_;
  Index window_ = 0;
};

DistortionPtr rtn(int bits, const char* unit) {
  ConfigErrors errors;
  QuantizerRegistry registry;
  register_builtin_quantizers(registry);
  const std::string text =
      fmt::format("{{grid: uniform, symmetric: false, bits: {}, granularity: {}}}", bits, unit);
  DistortionPtr quantizer =
      registry.create(parse_yaml(text, "test.yaml", errors), SiteTensor::weight, errors);
  errors.throw_if_any();
  return quantizer;
}

/// A trained model on its way through the blocks, and the results of the authors' programs.
class TrainedModel {
 public:
  TrainedModel(const std::filesystem::path& reference, const std::string& name)
      : decoder(open_decoder(reference / "models" / name)),
        rows(read_json(reference / "reference/calibrated" / (name + ".json")).at("rows")) {
    decoder.prepare(kContext);
    const NpyInts ids = read_npy_ints(reference / "reference/calibrated/ids/ref64.npy");
    for (Index w = 0; w < kWindows; ++w) {
      Matrix& hidden = hidden_.emplace_back(kContext, decoder.spec().hidden_size);
      decoder.embed(std::span(ids.values).subspan(static_cast<std::size_t>(w * kContext), kContext),
                    Layout::window(kContext), hidden);
    }
  }
  /// The inputs of a block, untouched; the windows then stand behind it.
  std::map<Role, Recorded> pass(const BlockWeights& weights) {
    Recorder recorder(decoder.spec(), weights.layer);
    for (Index w = 0; w < kWindows; ++w) {
      recorder.begin(w);
      decoder.run(weights, weights.packed, Layout::window(kContext), nullptr,
                  hidden_[static_cast<std::size_t>(w)], &recorder);
    }
    return recorder.take();
  }
  std::vector<BlockReplay::Batch> batches(const std::map<Role, Recorded>& inputs) const {
    std::vector<BlockReplay::Batch> batches;
    const Role mlp = decoder.spec().gated ? Role::gate_proj : Role::up_proj;
    for (Index w = 0; w < kWindows; ++w)
      batches.push_back(
          {.layout = Layout::window(kContext),
           .attention = inputs.at(Role::q_proj).x.view().middle_rows(w * kContext, kContext),
           .mlp = inputs.at(mlp).x.view().middle_rows(w * kContext, kContext)});
    return batches;
  }
  /// "model.layers.0.self_attn.q_proj"
  std::string site(Index layer, Role role) const {
    std::string name;
    for (const LinearTensors& linear : decoder.spec().block(layer).linears)
      if (linear.role == role) name = linear.weight;
    return name.substr(0, name.size() - std::string(".weight").size());
  }
  Matrix weight(const BlockWeights& block, Role role) const {
    Matrix weight(block.packed[role].out(), block.packed[role].in());
    decoder.read_weight(block.layer, role, weight);
    return weight;
  }

  Decoder decoder;
  Json rows;

 private:
  std::vector<Matrix> hidden_;
};

/// The loss at the ratio that was chosen is the best of the reference's, but for ties.
constexpr double kTie = 1.001;
/// Losses of one ratio: values near a tie fall either way with the last bit.
constexpr double kLoss = 0.01;

void compare_awq(const TrainedModel& model, const BlockWeights& block,
                 const std::map<Role, Recorded>& inputs, const SublayerReplay& replay) {
  const Json& searches = model.rows.at("awq w4 asym g64 scale").at("search");
  const DistortionPtr rounding = rtn(4, "{group: 64}");
  for (const auto& [owner, recorded] : inputs) {
    std::string name;
    TensorReaders readers;
    std::vector<Matrix> weights;
    weights.reserve(kRoleCount);
    for (const Role role : model.decoder.spec().roles()) {
      if (model.decoder.spec().input_owner(role) != owner) continue;
      const std::string site = model.site(block.layer, role);
      const std::string prefix = fmt::format("layers.{}.", block.layer);
      name += name.empty() ? site : "+" + site.substr(site.find(prefix) + prefix.size());
      readers.sites.push_back({.layer = block.layer, .role = role});
      readers.weights.push_back(weights.emplace_back(model.weight(block, role)));
    }
    const auto choice = search_awq_scale(20, *rounding, readers,
                                         {.inputs = recorded.statistics.get(), .replay = &replay});
    const Json& search = searches.at(name);
    const auto losses = search.at("losses").get<std::vector<double>>();
    ASSERT_EQ(choice->losses.size(), losses.size());
    for (std::size_t i = 0; i < losses.size(); ++i)
      EXPECT_NEAR(choice->losses[i], losses[i], kLoss * losses[i]) << name << ", ratio " << i;
    const double best = *std::min_element(losses.begin(), losses.end());
    const auto chosen = static_cast<std::size_t>(std::lround(choice->ratio * 20));
    EXPECT_LE(choice->losses[chosen], kTie * best) << name;
    EXPECT_LE(losses[chosen], kTie * best) << name << ": " << choice->ratio;
  }
}

void compare_adadim(const TrainedModel& model, const BlockWeights& block,
                    const std::map<Role, Recorded>& inputs, int bits) {
  const Json& sites = model.rows.at(fmt::format("rtn-ada w{} asym g64", bits)).at("sites");
  const AdaptiveAxis::Form out{rtn(bits, "{group: 64}"), rtn(bits, "{group: 64}")};
  const AdaptiveAxis::Form in{rtn(bits, "{group: 64, axis: in}"),
                              rtn(bits, "{group: 64, axis: in}")};
  const AdaptiveAxis adaptive(out, in, 64, ErrorAt::block);
  PackedLinears made = block.packed;
  const BlockReplay replay(model.decoder, block, made, model.batches(inputs), 1e9);
  for (const Role role : model.decoder.spec().roles()) {
    const std::string name = model.site(block.layer, role);
    const Matrix weight = model.weight(block, role);
    Matrix result(weight.rows(), weight.cols());
    const DistortionContext context{
        .site = {.layer = block.layer, .role = role},
        .inputs = inputs.at(model.decoder.spec().input_owner(role)).statistics.get(),
        .replay = &replay};
    const DistortionReport report = adaptive.apply(weight, context, result);
    made[role] = pack_weight(result);
    const double oc = sites.at(name).at("loss").at("oc"), ic = sites.at(name).at("loss").at("ic");
    if (std::max(oc, ic) > 1.01 * std::min(oc, ic)) {
      EXPECT_EQ(report.notes.at("axis"), sites.at(name).at("dim") == "ic" ? "in" : "out")
          << name << ", " << bits << " bits: " << oc << ", " << ic;
    }
  }
}

/// layers: the first ones; none: all
void compare_choices(const std::vector<std::string>& models, std::optional<Index> layers) {
  const auto reference = reference_dir();
  if (!reference) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR names no reference data";
  for (const std::string& name : models) {
    TrainedModel model(*reference, name);
    const Index count = layers.value_or(model.decoder.spec().num_hidden_layers);
    for (Index layer = 0; layer < count; ++layer) {
      const BlockWeights block = model.decoder.load_block(layer);
      const std::map<Role, Recorded> inputs = model.pass(block);
      const BlockReplay replay(model.decoder, block, block.packed, model.batches(inputs), 1e9);
      compare_awq(model, block, inputs, replay);
      for (const int bits : {3, 4}) compare_adadim(model, block, inputs, bits);
    }
  }
}

TEST(GoldenCalibratedChoice, TheFirstBlockIsThatOfTheAuthors) { compare_choices({"opt-23m"}, 1); }

TEST(SlowCalibratedChoice, AllBlocksAreThoseOfTheAuthors) {
  compare_choices({"opt-23m", "llama-27m"}, {});
}

}  // namespace
}  // namespace nf
