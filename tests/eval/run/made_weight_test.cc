/// x̂ of a weight that is made of a calibration set, and all doses, parts and twins that are taken
/// from it.

#include "eval/run/made_weight.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "eval/run/calibration_pass.h"
#include "eval/run/sample_inputs.h"
#include "tests/support/item_scores.h"
#include "tests/support/random_matrix.h"
#include "tests/support/stage_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 40;
constexpr Index kWindows = 3;
constexpr Index kLayers = 2;

/// Calls of Counted::apply().
std::atomic<Index> applied = 0;

/// What NeedyDistortion does, counted. It has a grid as well, and says that it clips every seventh
/// value. YAML: noise: counted.
class Counted final : public Distortion {
 public:
  explicit Counted(DistortionPtr inner) : inner_(std::move(inner)) {}

  DistortionReport apply(ConstMatrixView x, const DistortionContext& context,
                         MatrixView distorted) const override {
    ++applied;
    DistortionReport report = inner_->apply(x, context, distorted);
    for (Index i = 0; i < x.size(); i += 7) {
      ++report.clipped;
      if (context.clipped != nullptr) context.clipped[i] = 1;
    }
    return report;
  }
  InputNeeds input_needs(SiteTensor tensor) const override { return inner_->input_needs(tensor); }
  bool follows_path() const override { return true; }
  bool has_steps() const override { return true; }
  void local_step(ConstMatrixView x, const DistortionContext& context,
                  MatrixView step) const override {
    needed_inputs(x, context);
    for (Index r = 0; r < x.rows(); ++r)
      for (Index c = 0; c < x.cols(); ++c) step(r, c) = 0.01f * (1.0f + std::abs(x(r, c)));
  }
  bool tells_clipped() const override { return true; }
  std::optional<Unit> grid_unit(SiteTensor) const override { return Unit::groups(8); }
  Json config() const override {
    Json json = inner_->config();
    json["noise"] = "counted";
    return json;
  }

  static NoiseKind kind() {
    NoiseKind kind = NeedyDistortion::kind();
    kind.name = "counted";
    kind.create = [](const ConfigNode& node, SiteTensor tensor, const DistortionBuilder&,
                     ConfigErrors& errors) -> DistortionPtr {
      const DistortionPtr inner = NeedyDistortion::build(node, tensor, errors);
      return inner == nullptr ? nullptr : std::make_shared<Counted>(inner);
    };
    return kind;
  }

 private:
  DistortionPtr inner_;
};

KindsPtr kinds() {
  static const KindsPtr all = [] {
    Kinds kinds = *kinds_with_needy();
    kinds.noises.add(Counted::kind());
    return std::make_shared<const Kinds>(std::move(kinds));
  }();
  return all;
}

const TwinKind* twin(const std::string& name) {
  for (const TwinKind& kind : twin_kinds())
    if (kind.name == name) return &kind;
  throw std::invalid_argument(name);
}

std::string counted(const std::string& more = "", const std::string& sites = "tensor: weight") {
  return "{sites: {" + sites + "}, noise: counted, factor: 0.5" + more + "}";
}
std::string gaussian(const std::string& sites, const std::string& more = "") {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {relative_l2: 0.2}" + more + "}";
}

const std::vector<std::string> kParts = {
    "",
    ", dose: 0",
    ", dose: 0.25",
    ", dose: 3",
    ", keep: small",
    ", keep: clipping",
    ", keep: rounding, dose: 0.5",
    ", keep: output_debiased",
    ", keep: {off_top_directions: 2}",
    ", keep: large, strength: {relative_l2: 0.1}",
};

using Weights = std::map<std::string, Matrix>;  // by site

void expect_same(const Matrix& a, const Matrix& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  EXPECT_TRUE(std::equal(a.data(), a.data() + a.size(), b.data())) << what;
}

void expect_same(const Weights& a, const Weights& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [site, weight] : a) expect_same(weight, b.at(site), site);
}

class MadeWeight : public testing::Test {
 protected:
  MadeWeight() : decoder_(open()) {
    const std::vector<std::int32_t> ids = random_ids(kWindows * kContext, spec().vocab_size);
    set_ = std::make_shared<const CalibrationSet>(CalibrationSet{
        .name = "set", .items = window_set(ids, {.context = kContext}).items, .hash = "set"});
    decoder_.prepare(kContext);
  }
  static Decoder open() {
    const TempDir dir;  // mapped files outlive their names
    tiny_llama({.layers = kLayers}).write(dir.path());
    return open_decoder(dir.path());
  }
  const DecoderSpec& spec() const { return decoder_.spec(); }

  ModelTrial trial(const std::string& entries, const TwinKind* kind = nullptr,
                   Propagate propagate = Propagate::blocks) const {
    Trial trial = make_trials(entries, 0, kinds()).front();
    for (Entry& entry : trial.entries) {
      if (!entry.has_needs()) continue;
      entry.calibration = "set";
      entry.propagate = propagate;
    }
    trial.twin = {.kind = kind, .calibration = "set"};
    return ModelTrial(trial, spec(), [this](const std::string&, std::uint64_t) { return set_; });
  }
  /// The counted distortion with every dose, part and twin.
  std::vector<ModelTrial> family() const {
    std::vector<ModelTrial> all;
    for (const std::string& part : kParts) all.push_back(trial(counted(part)));
    for (const TwinKind& kind : twin_kinds()) all.push_back(trial(counted(), &kind));
    all.push_back(trial(counted(", dose: 0.25"), twin("permuted")));
    return all;
  }
  static std::vector<const ModelTrial*> pointers(const std::vector<ModelTrial>& trials) {
    std::vector<const ModelTrial*> all;
    for (const ModelTrial& each : trials) all.push_back(&each);
    return all;
  }
  CalibrationResults results(const std::string& name) const {
    return CalibrationResults(dir_ / name, "model", [](const std::string&) {});
  }
  Index run(const std::vector<const ModelTrial*>& trials, CalibrationResults& results) const {
    std::vector<TrialPath> paths;
    std::vector<CalibratedTrial> calibrated;
    PathNumbers numbers;
    for (const ModelTrial* each : trials) paths.push_back(numbers.path(*each, spec()));
    for (std::size_t t = 0; t < trials.size(); ++t) calibrated.push_back({trials[t], &paths[t]});
    const CalibrationPlan plan(spec(), calibrated, [&](const Site& site, const ChainKey& key) {
      return results.has(site, key);
    });
    run_calibration(decoder_, plan, results, 2, {});
    return std::ssize(plan.missing());
  }
  Matrix weight_of(Index layer, Role role) const {
    for (const LinearTensors& linear : spec().block(layer).linears) {
      if (linear.role != role) continue;
      Matrix weight(linear.out, linear.in);
      decoder_.read_weight(layer, role, weight);
      return weight;
    }
    throw std::invalid_argument("no such role");
  }
  /// All weights of the blocks as a trial has them.
  Weights weights(const ModelTrial& trial, const CalibrationResults& results) const {
    Weights all;
    const TrialKeys keys = ChainKeys().of(trial, spec());
    for (Index layer = 0; layer < kLayers; ++layer)
      for (const Role role : spec().roles()) {
        const SiteChain& chain = trial.weight(layer, role);
        if (chain.input_needs().empty()) continue;
        const Matrix x = weight_of(layer, role);
        Matrix distorted(x.rows(), x.cols());
        read_made_weight(results, chain, trial.seed(), WeightKeys::of(keys, layer, role), x,
                         distorted);
        all[chain.site.name()] = std::move(distorted);
      }
    return all;
  }
  Weights untouched() const {
    Weights all;
    for (Index layer = 0; layer < kLayers; ++layer)
      for (const Role role : spec().roles())
        all[Site{layer, role, SiteTensor::weight}.name()] = weight_of(layer, role);
    return all;
  }
  Index weight_count() const { return kLayers * std::ssize(spec().roles()); }

  TempDir dir_;
  Decoder decoder_;
  CalibrationSetPtr set_;
};

TEST_F(MadeWeight, IsMadeOnceForAllDosesPartsAndTwins) {
  const std::vector<ModelTrial> all = family();
  CalibrationResults results = this->results("all");
  applied = 0;
  run(pointers(all), results);
  EXPECT_EQ(applied, weight_count());
  for (const ModelTrial& each : all) weights(each, results);
  EXPECT_EQ(applied, weight_count());
  // Another dose later takes what is there.
  const ModelTrial more = trial(counted(", dose: 0.75"));
  EXPECT_EQ(run({&more}, results), 0);
  weights(more, results);
  EXPECT_EQ(applied, weight_count());
}

TEST_F(MadeWeight, GivesEveryDoseItsShareOfTheChange) {
  const std::vector<ModelTrial> all = family();
  CalibrationResults results = this->results("all");
  run(pointers(all), results);
  const Weights x = untouched(), made = weights(all[0], results);
  expect_same(weights(all[1], results), x);  // a dose of 0
  const Weights quarter = weights(all[2], results), small = weights(all[4], results);
  for (const auto& [site, whole] : made) {
    Index kept = 0;
    for (Index i = 0; i < whole.size(); ++i) {
      const double from = x.at(site).data()[i], to = whole.data()[i];
      ASSERT_EQ(quarter.at(site).data()[i], static_cast<float>(from + 0.25 * (to - from))) << site;
      const float part = small.at(site).data()[i];
      ASSERT_TRUE(part == x.at(site).data()[i] || part == whole.data()[i]) << site;
      kept += part == whole.data()[i] && to != from ? 1 : 0;
    }
    EXPECT_GT(kept, 0) << site;
    EXPECT_LT(kept, whole.size()) << site;
  }
}

TEST_F(MadeWeight, IsThatOfAPlainTrial) {
  // Without any dose, part or twin beside it.
  const std::vector<ModelTrial> all = family();
  CalibrationResults results = this->results("all"), plain = this->results("plain");
  run(pointers(all), results);
  const ModelTrial alone = trial(counted());
  run({&alone}, plain);
  expect_same(weights(all[0], results), weights(alone, plain));
}

TEST_F(MadeWeight, HasTheSameBitsAloneAndForAnyThreadsAndAfterItsFolderIsGone) {
  const std::vector<ModelTrial> all = family();
  CalibrationResults together = results("together");
  run(pointers(all), together);
  const Threads guard(3);
  for (std::size_t t = 0; t < all.size(); t += 3) {
    SCOPED_TRACE(t);
    CalibrationResults alone = results("alone");
    run({&all[t]}, alone);
    expect_same(weights(all[t], alone), weights(all[t], together));
    fs::remove_all(dir_ / "alone");
  }
}

TEST_F(MadeWeight, TwinsHaveTheSizeOfTheirReferenceAndOtherValues) {
  const ModelTrial plain = trial(counted(", dose: 0.25"));
  const ModelTrial permuted = trial(counted(", dose: 0.25"), twin("permuted"));
  const ModelTrial again = trial(counted(", dose: 0.25"), twin("gaussian"));
  CalibrationResults results = this->results("all");
  run({&plain, &permuted, &again}, results);
  const Weights x = untouched(), reference = weights(plain, results);
  const auto size = [&](const Weights& all, const std::string& site) {
    double sum = 0.0;
    for (Index i = 0; i < all.at(site).size(); ++i) {
      const double delta = all.at(site).data()[i] - x.at(site).data()[i];
      sum += delta * delta;
    }
    return std::sqrt(sum);
  };
  for (const ModelTrial* each : {&permuted, &again}) {
    const Weights of_twin = weights(*each, results);
    for (const auto& [site, weight] : of_twin) {
      EXPECT_NEAR(size(of_twin, site), size(reference, site), 1e-3 * size(reference, site)) << site;
      EXPECT_FALSE(
          std::equal(weight.data(), weight.data() + weight.size(), reference.at(site).data()))
          << site;
    }
  }
}

/// Statistics come from behind what the reference trial does to the blocks before.
TEST_F(MadeWeight, ComesFromBehindTheReferenceTrial) {
  const std::string before = "tensor: weight, layers: 0", behind = "tensor: weight, layers: 1";
  const ModelTrial whole = trial(gaussian(before) + ", " + counted("", behind));
  const ModelTrial half = trial(gaussian(before, ", dose: 0.5") + ", " + counted("", behind));
  const ModelTrial none = trial(counted("", behind));
  CalibrationResults results = this->results("all");
  EXPECT_EQ(run({&half}, results), std::ssize(spec().roles()));
  EXPECT_EQ(run({&whole}, results), 0);
  expect_same(weights(half, results), weights(whole, results));
  EXPECT_EQ(run({&none}, results), std::ssize(spec().roles()));
  const Weights other = weights(none, results);
  EXPECT_FALSE(std::equal(other.begin()->second.data(), other.begin()->second.data() + 10,
                          weights(half, results).begin()->second.data()));
}

TEST_F(MadeWeight, OfAPartIsMadeOfWhatTheEntriesBeforeLeave) {
  // The second entry's weight is the first one's outcome; both look at the untouched model.
  const std::string entries = gaussian("tensor: weight", ", dose: 0.5") + ", " +
                              counted(", dose: 0.5") + ", " +
                              gaussian("tensor: weight", ", keep: output_debiased");
  const ModelTrial chain = trial(entries, nullptr, Propagate::none);
  const ModelTrial twice =
      trial(counted(", dose: 0.5") + ", " + counted(", keep: small"), twin("clipping_part"));
  CalibrationResults results = this->results("all");
  applied = 0;
  run({&chain, &twice}, results);
  EXPECT_GE(applied, 3 * weight_count());  // one for the one, two for the other
  for (const ModelTrial* each : {&chain, &twice}) {
    const Weights all = weights(*each, results);
    EXPECT_EQ(std::ssize(all), weight_count());
  }
}

/// apply() and make() with apply_made() are two ways to the same bits.
TEST_F(MadeWeight, IsTheSameStraightAndFromWhatWasMade) {
  std::vector<std::string> chains;
  for (const std::string& part : kParts) {
    chains.push_back(counted(part));
    chains.push_back(gaussian("tensor: weight", ", dose: 0.5") + ", " + counted(part) + ", " +
                     gaussian("tensor: weight", ", keep: large"));
    chains.push_back(counted(", dose: 0.5") + ", " + counted(part));
  }
  std::vector<const TwinKind*> twins = {nullptr};
  for (const TwinKind& kind : twin_kinds()) twins.push_back(&kind);
  const Matrix x = weight_of(0, Role::k_proj);
  for (const std::string& entries : chains)
    for (const TwinKind* kind : twins) {
      SCOPED_TRACE(entries + " " + (kind == nullptr ? "" : kind->name));
      const ModelTrial trial = this->trial(entries, kind);
      const SiteChain& chain = trial.weight(0, Role::k_proj);
      const SampleInputs inputs(chain, x.cols());
      const std::vector<StepKnowledge> knowledge = inputs.knowledge(nullptr);
      const SiteChain::Use use{.context = {.seed = 3}, .knowledge = knowledge};
      Matrix straight(x.rows(), x.cols()), finished(x.rows(), x.cols());
      const DistortionReport report = chain.apply(x, use, straight);
      if (!chain.goes_on_from_made()) continue;
      const DistortionReport again = chain.apply_made(x, chain.make(x, use), use, finished);
      expect_same(straight, finished, "weights");
      EXPECT_EQ(report.clipped, again.clipped);
      EXPECT_EQ(report.notes, again.notes);
      if (chain.finishes_with_inputs()) continue;
      Matrix without(x.rows(), x.cols());  // all that the evaluation knows
      chain.apply_made(x, chain.make(x, use), {.context = {.seed = 3}}, without);
      expect_same(straight, without, "without statistics");
    }
}

TEST_F(MadeWeight, KeepsMarksAndWhatStoodBefore) {
  CalibrationResults results = this->results("all");
  const Site site{0, Role::up_proj, SiteTensor::weight};
  MadeChange made;
  made.made = weight_of(0, Role::up_proj);
  made.before = weight_of(1, Role::up_proj);
  const auto size = static_cast<std::size_t>(made.made.size());
  made.clipped.assign(size, 0);
  made.clipped_before.assign(size, 0);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, size / 2, size - 1})
    made.clipped[at] = 1;
  made.report = {.clipped = 4, .notes = {{"axis", "in"}}};
  made.report_before = {.clipped = 2, .notes = {{"damping", 0.01}}};
  ChainKey key;
  key.bytes[0] = std::byte{1};
  results.keep_made(site, key, made);
  const MadeChange back = results.read_made(site, key, made.made.rows(), made.made.cols());
  expect_same(back.made, made.made, "made");
  expect_same(back.before, made.before, "before");
  EXPECT_EQ(back.clipped, made.clipped);
  EXPECT_EQ(back.clipped_before, made.clipped_before);
  EXPECT_EQ(back.report.clipped, 4);
  EXPECT_EQ(back.report.notes, made.report.notes);
  EXPECT_EQ(back.report_before.clipped, 2);
  EXPECT_EQ(back.report_before.notes, made.report_before.notes);
  Matrix weight(made.made.rows(), made.made.cols());
  EXPECT_EQ(results.read_weight(site, key, weight).clipped, 4);
  expect_same(weight, made.made, "x̂ alone");
  EXPECT_TRUE(this->results("all").has(site, key));
}

/// Through the evaluation: inputs, states, the embedding and the head as well.
TEST_F(MadeWeight, StageHasDosesAndTwinsOfAllThatItDistorts) {
  const EvalSet set =
      window_set(random_ids(2 * kContext, spec().vocab_size), {.context = kContext});
  const auto everything = [](const std::string& more) {
    std::string entries = counted(more);
    for (const char* sites : {"tensor: weight, roles: [embed_tokens, lm_head]", "tensor: input",
                              "tensor: resid", "tensor: k_cache"})
      entries += ", " + gaussian(sites, more);
    return entries;
  };
  std::vector<ModelTrial> all;
  for (const char* dose : {", dose: 0", "", ", dose: 1", ", dose: 0.5"})
    all.push_back(trial(everything(dose)));
  for (const char* kind : {"gaussian", "permuted", "resigned", "debiased"})
    all.push_back(trial(everything(""), twin(kind)));
  const auto run_all = [&](const std::vector<const ModelTrial*>& trials, const WavePlan& plan,
                           const std::string& name) {
    CalibrationResults results = this->results(name);
    run(trials, results);
    std::vector<Lane> lanes;
    for (const ModelTrial* each : trials) lanes.push_back({.trial = each, .weight_stats = true});
    std::vector<LaneResult> found;
    const StageHooks hooks{.lanes_done = [&](std::size_t, std::vector<LaneResult> more) {
      for (LaneResult& lane : more) found.push_back(std::move(lane));
    }};
    run_stage(decoder_, set, {0, 2}, lanes, plan, StatsMode::all, hooks, &results);
    return found;
  };
  const std::vector<const ModelTrial*> trials = pointers(all);
  const std::vector<LaneResult> found =
      run_all(trials, {.lanes = {std::ssize(trials)}, .distorting_threads = 2}, "all");
  ASSERT_EQ(found.size(), trials.size());
  for (const LaneResult& lane : found) EXPECT_EQ(lane.error, "");
  EXPECT_EQ(total_kl(found[0].items), 0.0);  // a dose of 0 is the untouched model
  EXPECT_GT(total_kl(found[1].items), 0.0);
  EXPECT_EQ(total_kl(found[1].items), total_kl(found[2].items));
  EXPECT_GT(total_kl(found[3].items), 0.0);
  EXPECT_LT(total_kl(found[3].items), total_kl(found[1].items));
  std::set<double> distinct;
  for (std::size_t t = 4; t < found.size(); ++t) {
    distinct.insert(total_kl(found[t].items));
    // Every site that the trial distorts is the twin's too.
    ASSERT_EQ(found[t].sites.size(), found[1].sites.size());
  }
  EXPECT_EQ(distinct.size(), 4u);
  // One by one, in waves of one, on another number of threads.
  const Threads guard(3);
  for (std::size_t t = 0; t < trials.size(); ++t) {
    const std::vector<LaneResult> alone =
        run_all({trials[t]}, {.lanes = {1}}, "alone" + std::to_string(t));
    EXPECT_EQ(total_kl(alone.front().items), total_kl(found[t].items)) << t;
  }
}

}  // namespace
}  // namespace nf
