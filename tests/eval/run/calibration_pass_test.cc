/// Calibration passes against the obvious form: each window by itself through one block after the
/// other, with weights made by hand.

#include "eval/run/calibration_pass.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "eval/run/block_replay.h"
#include "eval/run/input_knowledge.h"
#include "eval/run/lane_activations.h"
#include "eval/run/made_weight.h"
#include "tests/support/gather_statistics.h"
#include "tests/support/held_rows.h"
#include "tests/support/random_matrix.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"
#include "tests/support/tiny_model.h"
#include "tests/support/trial_support.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 150;  // three windows fit a batch
constexpr Index kWindows = 5;
constexpr Index kLayers = 3;

Matrix copy_rows(ConstMatrixView x) {
  Matrix copy(x.rows(), x.cols());
  for (Index r = 0; r < x.rows(); ++r) std::copy_n(x.row(r), x.cols(), copy.view().row(r));
  return copy;
}

/// Keeps every input, by its first reader.
class Keeper final : public InputProbe {
 public:
  bool wants(Role) const override { return true; }
  void see(Role role, ConstMatrixView x) override { seen[role].push_back(copy_rows(x)); }

  std::map<Role, std::vector<Matrix>> seen;
};

using Weights = std::map<std::string, Matrix>;  // by site

class CalibrationPassTest : public testing::TestWithParam<const char*> {
 protected:
  CalibrationPassTest() : decoder_(open(GetParam())) {
    for (const char* name : {"one", "two"}) {
      CalibrationSet set{.name = name, .items = {}, .hash = name};
      for (Index w = 0; w < kWindows; ++w)
        set.items.push_back({.ids = random_ids(kContext, decoder_.spec().vocab_size, seed_++),
                             .layout = Layout::window(kContext),
                             .targets = {},
                             .first_row = w * kContext});
      sets_[name] = std::make_shared<const CalibrationSet>(std::move(set));
    }
    decoder_.prepare(kContext);
  }
  static Decoder open(const std::string& family,
                      const std::function<void(TinyModel&)>& change = {}) {
    const TempDir dir;  // mapped files outlive their names
    TinyModel model =
        family == "opt" ? tiny_opt({.layers = kLayers}) : tiny_llama({.layers = kLayers});
    if (change) change(model);
    model.write(dir.path());
    return open_decoder(dir.path());
  }
  /// The model with a change instead.
  void reopen(const std::function<void(TinyModel&)>& change) {
    decoder_ = open(GetParam(), change);
    decoder_.prepare(kContext);
  }
  /// The reason why a weight was not made; none: it was.
  std::optional<std::string> failure(const ModelTrial& trial, const CalibrationResults& results,
                                     std::size_t layer, Role role) const {
    return results.failure(
        PathNumbers().path(trial, spec()).calibrated->made[layer][static_cast<std::size_t>(role)]);
  }
  const DecoderSpec& spec() const { return decoder_.spec(); }

  ModelTrial trial(const std::string& entries, Propagate propagate, const std::string& set = "one",
                   std::uint64_t seed = 0) const {
    return make_needy_trial(
        entries, spec(), seed, set, propagate,
        [this](const std::string& name, std::uint64_t) { return sets_.at(name); });
  }
  /// Runs what is missing of some trials in one pass; returns how many outcomes that were.
  Index run(const std::vector<const ModelTrial*>& trials, CalibrationResults& results,
            const StageHooks& hooks = {}) const {
    std::vector<TrialPath> paths;
    std::vector<CalibratedTrial> calibrated;
    PathNumbers numbers;
    for (const ModelTrial* each : trials) paths.push_back(numbers.path(*each, spec()));
    for (std::size_t t = 0; t < trials.size(); ++t) calibrated.push_back({trials[t], &paths[t]});
    const CalibrationPlan plan(spec(), calibrated, [&](const Site& site, const ChainKey& key) {
      return results.has(site, key);
    });
    run_calibration(decoder_, plan, results, 2, hooks);
    return std::ssize(plan.missing());
  }
  CalibrationResults results(const std::string& name = "calibration") const {
    return CalibrationResults(dir_ / name, "model", [](const std::string&) {});
  }
  /// Everything kept of a trial's weights.
  Weights kept(const ModelTrial& trial, const CalibrationResults& results) const {
    Weights weights;
    const TrialPath path = PathNumbers().path(trial, spec());
    for (Index layer = 0; layer < spec().num_hidden_layers; ++layer)
      for (const LinearTensors& linear : spec().block(layer).linears) {
        const SiteChain& chain = trial.weight(layer, linear.role);
        if (chain.input_needs().empty()) continue;
        Matrix weight(linear.out, linear.in);
        read_made_weight(results, chain, trial.seed(),
                         WeightKeys::of(*path.calibrated, layer, linear.role),
                         weight_of(layer, linear.role), weight);
        weights[chain.site.name()] = std::move(weight);
      }
    return weights;
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

  TempDir dir_;
  Decoder decoder_;
  std::uint64_t seed_ = 1;
  std::map<std::string, CalibrationSetPtr> sets_;
};

void expect_same(const Weights& a, const Weights& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [site, weight] : a) {
    ASSERT_TRUE(b.contains(site)) << site;
    EXPECT_TRUE(std::equal(weight.data(), weight.data() + weight.size(), b.at(site).data()))
        << site;
  }
}

/// One trial by hand: every window alone, all chains made in the order of the roles.
class ByHand {
 public:
  ByHand(const Decoder& decoder, const ModelTrial& trial, const CalibrationSet& set,
         Propagate propagate)
      : decoder_(decoder), trial_(trial), set_(set), propagate_(propagate) {}

  Weights make() {
    std::vector<Matrix> hidden = embed();
    for (Index layer = 0; layer < decoder_.spec().num_hidden_layers; ++layer) {
      const BlockWeights weights = decoder_.load_block(layer);
      PackedLinears packed = weights.packed;
      std::map<Role, InputStatisticsPtr> statistics;
      for (const Role role : decoder_.spec().roles()) {
        if (propagate_ == Propagate::sites || statistics.empty())
          statistics =
              gather(weights, propagate_ == Propagate::sites ? packed : weights.packed, hidden);
        if (!trial_.weight(layer, role).empty()) packed[role] = made(layer, role, statistics);
      }
      pass(weights, packed, hidden, statistics);
    }
    return std::move(made_);
  }

 private:
  std::vector<Matrix> embed() const {
    std::vector<Matrix> hidden;
    for (const EvalItem& item : set_.items) {
      hidden.emplace_back(item.layout.rows(), decoder_.spec().hidden_size);
      decoder_.embed(item.ids, item.layout, hidden.back());
    }
    return hidden;
  }
  std::map<Role, InputStatisticsPtr> gather(const BlockWeights& weights,
                                            const PackedLinears& packed,
                                            const std::vector<Matrix>& hidden) const {
    Keeper keeper;
    for (std::size_t w = 0; w < hidden.size(); ++w) {
      Matrix copy = copy_rows(hidden[w]);
      decoder_.run(weights, packed, set_.items[w].layout, nullptr, copy, &keeper);
    }
    std::map<Role, InputStatisticsPtr> statistics;
    const InputNeeds all{.ranges = true, .second_moment = true, .weight_ranges = true};
    for (const auto& [role, windows] : keeper.seen) {
      std::vector<Matrix> readers;
      for (const LinearTensors& linear : weights.spec.linears)
        if (decoder_.spec().input_owner(linear.role) == role) {
          readers.emplace_back(linear.out, linear.in);
          decoder_.read_weight(weights.layer, linear.role, readers.back());
        }
      statistics[role] = gather_statistics(all, windows, readers);
    }
    return statistics;
  }
  PackedWeight made(Index layer, Role role, std::map<Role, InputStatisticsPtr>& statistics) {
    const SiteChain& chain = trial_.weight(layer, role);
    const InputStatistics* inputs = statistics.at(decoder_.spec().input_owner(role)).get();
    Matrix weight;
    for (const LinearTensors& linear : decoder_.spec().block(layer).linears)
      if (linear.role == role) weight.resize(linear.out, linear.in);
    decoder_.read_weight(layer, role, weight);
    Matrix distorted(weight.rows(), weight.cols());
    const std::vector<StepKnowledge> knowledge(chain.steps.size(), {.inputs = inputs});
    chain.apply(weight, {.context = {.seed = trial_.seed()}, .knowledge = knowledge}, distorted);
    PackedWeight packed = pack_weight(distorted);
    if (!chain.input_needs().empty()) made_[chain.site.name()] = std::move(distorted);
    return packed;
  }
  void pass(const BlockWeights& weights, const PackedLinears& packed, std::vector<Matrix>& hidden,
            const std::map<Role, InputStatisticsPtr>& statistics) const {
    for (std::size_t w = 0; w < hidden.size(); ++w) {
      const EvalItem& item = set_.items[w];
      if (propagate_ == Propagate::none) {
        decoder_.run(weights, weights.packed, item.layout, nullptr, hidden[w]);
        continue;
      }
      Filter filter(trial_, weights.layer, item, statistics, decoder_.spec());
      decoder_.run(weights, packed, item.layout, &filter, hidden[w]);
    }
  }
  /// The inputs and states of one window, each chain applied by itself.
  class Filter final : public InputFilter {
   public:
    Filter(const ModelTrial& trial, Index layer, const EvalItem& item,
           const std::map<Role, InputStatisticsPtr>& statistics, const DecoderSpec& spec)
        : trial_(trial), layer_(layer), item_(item), statistics_(statistics), spec_(spec) {}
    int variant(Role role) const override { return trial_.input(layer_, role).variant; }
    void apply(Role role, ConstMatrixView x, MatrixView distorted) override {
      distort(trial_.input(layer_, role), statistics_.at(spec_.input_owner(role)).get(), x,
              distorted);
    }
    bool distorts(SiteTensor state) const override { return !trial_.state(layer_, state).empty(); }
    void apply_state(SiteTensor state, ConstMatrixView x, MatrixView distorted) override {
      distort(trial_.state(layer_, state), nullptr, x, distorted);
    }

   private:
    void distort(const SiteChain& chain, const InputStatistics* inputs, ConstMatrixView x,
                 MatrixView distorted) const {
      const std::vector<StepKnowledge> knowledge(chain.steps.size(), {.inputs = inputs});
      chain.apply(
          x,
          {.context = {.seed = trial_.seed(),
                       .first_element = static_cast<std::uint64_t>(item_.first_row * x.cols())},
           .knowledge = knowledge,
           .on_calibration_set = true},
          distorted);
    }
    const ModelTrial& trial_;
    Index layer_;
    const EvalItem& item_;
    const std::map<Role, InputStatisticsPtr>& statistics_;
    const DecoderSpec& spec_;
  };

  const Decoder& decoder_;
  const ModelTrial& trial_;
  const CalibrationSet& set_;
  Propagate propagate_;
  Weights made_;
};

std::string needy(const std::string& sites, const std::string& more = "") {
  return "{sites: {" + sites + "}, noise: needy, factor: 0.5" + more + "}";
}
std::string noise(const std::string& sites) {
  return "{sites: {" + sites + "}, noise: gaussian, strength: {relative_l2: 0.1}}";
}

/// Weights, inputs and states of all kinds, plain and with needs.
const std::string kMixed =
    noise("tensor: weight, layers: 0, roles: [q_proj, down_proj]") + ", " +
    needy("tensor: weight, layers: 0-1") + ", " + noise("tensor: input, layers: 1, roles: o_proj") +
    ", " + needy("tensor: input, layers: 1, roles: [q_proj, k_proj]", ", look: ranges") + ", " +
    noise("tensor: v_cache, layers: 0") + ", " + noise("tensor: resid, layers: 1") + ", " +
    needy("tensor: weight, layers: 2", ", look: ranges");

TEST_P(CalibrationPassTest, MakesWhatTheObviousFormMakes) {
  for (const Propagate propagate : {Propagate::none, Propagate::blocks, Propagate::sites}) {
    SCOPED_TRACE(enum_name(propagate));
    const ModelTrial mixed = trial(kMixed, propagate, "one", 7);
    CalibrationResults results = this->results(std::string(enum_name(propagate)));
    EXPECT_GT(run({&mixed}, results), 0);
    const Weights expected = ByHand(decoder_, mixed, *sets_.at("one"), propagate).make();
    EXPECT_EQ(expected.size(), spec().roles().size() * 3);
    expect_same(kept(mixed, results), expected);
    EXPECT_EQ(run({&mixed}, results), 0);  // nothing is left
  }
}

TEST_P(CalibrationPassTest, ChoosesOnceForTheLinearsThatAnEntryHasOfATensor) {
  const ModelTrial chosen = trial(
      noise("tensor: weight, layers: 0, roles: q_proj") + ", " +
          needy("tensor: weight, layers: 0, roles: [q_proj, k_proj, o_proj]", ", look: choice"),
      Propagate::none);
  CalibrationResults results = this->results();
  EXPECT_EQ(run({&chosen}, results), 3);
  const Weights made = kept(chosen, results);
  // q_proj as the noise before has left it, and not v_proj.
  std::map<Role, Matrix> before;
  for (const Role role : {Role::q_proj, Role::k_proj, Role::o_proj})
    before[role] = weight_of(0, role);
  const SiteChain& chain = chosen.weight(0, Role::q_proj);
  chain.apply_first(1, weight_of(0, Role::q_proj), {.context = {.seed = 0}}, before[Role::q_proj]);
  const auto mean_of = [&](const std::vector<Role>& roles) {
    double sum = 0.0, count = 0.0;
    for (const Role role : roles)
      for (Index i = 0; i < before.at(role).size(); ++i, count += 1.0)
        sum += std::abs(static_cast<double>(before.at(role).data()[i]));
    return sum / count;
  };
  for (const auto& [role, readers] :
       {std::pair{Role::q_proj, std::vector{Role::q_proj, Role::k_proj}},
        std::pair{Role::k_proj, std::vector{Role::q_proj, Role::k_proj}},
        std::pair{Role::o_proj, std::vector{Role::o_proj}}}) {
    const double factor = 1.0 + 0.5 * mean_of(readers);
    const Matrix& weight = made.at(Site{0, role, SiteTensor::weight}.name());
    for (Index i = 0; i < weight.size(); ++i)
      ASSERT_EQ(weight.data()[i],
                static_cast<float>(static_cast<double>(before.at(role).data()[i]) * factor))
          << role_name(role);
  }
}

TEST_P(CalibrationPassTest, ReplaysASublayerWithTheWeightsBeforeAsMade) {
  const ModelTrial replayed =
      trial(noise("tensor: weight, layers: 0, roles: k_proj") + ", " +
                needy("tensor: weight, layers: 0, roles: o_proj", ", look: replay"),
            Propagate::none);
  CalibrationResults results = this->results();
  EXPECT_EQ(run({&replayed}, results), 1);
  const CalibrationSet& set = *sets_.at("one");
  const BlockWeights weights = decoder_.load_block(0);
  Keeper keeper;
  for (const EvalItem& item : set.items) {
    Matrix hidden(item.layout.rows(), spec().hidden_size);
    decoder_.embed(item.ids, item.layout, hidden);
    decoder_.run(weights, weights.packed, item.layout, nullptr, hidden, &keeper);
  }
  std::vector<BlockReplay::Batch> batches;
  for (std::size_t w = 0; w < set.items.size(); ++w)
    batches.push_back(
        {.layout = set.items[w].layout, .attention = keeper.seen.at(Role::q_proj)[w], .mlp = {}});
  PackedLinears made = weights.packed;
  const Matrix k = weight_of(0, Role::k_proj);
  Matrix noised(k.rows(), k.cols());
  replayed.weight(0, Role::k_proj).apply(k, {.context = {.seed = 0}}, noised);
  made[Role::k_proj] = pack_weight(noised);
  const BlockReplay replay(decoder_, weights, made, std::move(batches), 0.0);
  const Matrix o = weight_of(0, Role::o_proj);
  Matrix half = copy_rows(o);
  for (Index i = 0; i < half.size(); ++i) half.data()[i] *= 0.5f;
  const SublayerReplay::Candidate candidate{Role::o_proj, half};
  const double error = replay.error(SublayerReplay::Around::made, std::span(&candidate, 1));
  EXPECT_NE(error, replay.error(SublayerReplay::Around::untouched, std::span(&candidate, 1)));
  const double factor = 1.0 + 0.5 * (error / (1.0 + error));
  const Weights all = kept(replayed, results);
  const Matrix& weight = all.at("layers.0.o_proj.weight");
  for (Index i = 0; i < weight.size(); ++i)
    ASSERT_EQ(weight.data()[i], static_cast<float>(static_cast<double>(o.data()[i]) * factor));
}

TEST_P(CalibrationPassTest, HasTheSameBitsInAnyCompanyAndForAnyThreads) {
  const std::string weights = needy("tensor: weight");
  const std::vector<ModelTrial> trials = [&] {
    std::vector<ModelTrial> all;
    all.push_back(trial(kMixed, Propagate::blocks, "one", 7));
    all.push_back(trial(kMixed, Propagate::sites, "one", 7));
    all.push_back(trial(kMixed, Propagate::none, "one", 7));
    all.push_back(trial(kMixed, Propagate::blocks, "one", 8));
    all.push_back(trial(weights, Propagate::blocks, "two"));
    all.push_back(trial(weights, Propagate::blocks, "one"));
    all.push_back(trial(noise("tensor: weight, layers: 0") + ", " + weights, Propagate::none));
    all.push_back(trial(needy("tensor: weight", ", look: choice"), Propagate::blocks));
    all.push_back(trial(needy("tensor: weight", ", look: replay"), Propagate::blocks));
    all.push_back(trial(needy("tensor: weight", ", look: replay"), Propagate::sites));
    return all;
  }();
  std::vector<Weights> alone;
  for (const ModelTrial& each : trials) {
    CalibrationResults results = this->results("alone" + std::to_string(alone.size()));
    run({&each}, results);
    alone.push_back(kept(each, results));
  }
  std::vector<const ModelTrial*> all;
  for (const ModelTrial& each : trials) all.push_back(&each);
  for (const Index threads : {1, 3}) {
    const Threads guard(threads);
    CalibrationResults results = this->results("together" + std::to_string(threads));
    run(all, results);
    for (std::size_t t = 0; t < trials.size(); ++t) {
      SCOPED_TRACE(t);
      expect_same(kept(trials[t], results), alone[t]);
    }
  }
}

TEST_P(CalibrationPassTest, GoesOnWhereItWasInterrupted) {
  const ModelTrial mixed = trial(kMixed, Propagate::blocks, "one", 7);
  CalibrationResults whole = results("whole");
  const Index all = run({&mixed}, whole);
  Index asked = 0, left = all, runs = 0;
  do {
    CalibrationResults results = this->results("cut");
    asked = 0;
    const Index stop = 7 + 3 * runs++;
    try {
      left = run({&mixed}, results, {.should_stop = [&] { return ++asked > stop; }});
      break;
    } catch (const Interrupted&) {
    }
  } while (true);
  EXPECT_GT(runs, 2);
  EXPECT_LT(left, all);
  expect_same(kept(mixed, results("cut")), kept(mixed, whole));
}

TEST_P(CalibrationPassTest, GoesOnBetweenLinearsThatHaveAChoiceInCommonAndReplay) {
  const ModelTrial both =
      trial(needy("tensor: weight, layers: 0, roles: [q_proj, k_proj, v_proj]", ", look: both"),
            Propagate::none);
  CalibrationResults whole = results("whole");
  EXPECT_EQ(run({&both}, whole), 3);
  fs::copy(dir_ / "whole", dir_ / "cut");
  for (const auto& file : fs::directory_iterator(dir_ / "whole"))
    if (!file.path().filename().string().starts_with("layers.0.q_proj"))
      fs::remove(dir_ / "cut" / file.path().filename());
  CalibrationResults cut = results("cut");
  EXPECT_EQ(run({&both}, cut), 2);
  expect_same(kept(both, cut), kept(both, whole));
}

TEST_P(CalibrationPassTest, FailsTheTrialAloneThatCannotBeMade) {
  const ModelTrial broken =
      trial(needy("tensor: weight, layers: 1, roles: o_proj", ", look: nothing") + ", " +
                needy("tensor: weight, layers: 2"),
            Propagate::blocks);
  const ModelTrial good = trial(needy("tensor: weight"), Propagate::blocks);
  CalibrationResults results = this->results();
  run({&broken, &good}, results);
  EXPECT_EQ(kept(good, results).size(), spec().roles().size() * 3);
  for (const auto& [layer, role] : {std::pair{1u, Role::o_proj}, std::pair{2u, Role::q_proj}})
    EXPECT_EQ(failure(broken, results, layer, role), "layers.1.o_proj.weight: nothing to look at");
  EXPECT_EQ(run({&broken}, results), 0);  // known
}

TEST_P(CalibrationPassTest, FailsWhatNeedsASetOnWhichTheUntouchedModelFails) {
  const auto last = static_cast<std::int32_t>(spec().vocab_size - 1);
  reopen([](TinyModel& model) {  // the squares of the last token are beyond f32
    model
        .tensor(model.config.at("model_type") == "opt" ? "model.decoder.embed_tokens.weight"
                                                       : "model.embed_tokens.weight")
        .values.back() = 1e25f;
  });
  for (const char* name : {"one", "two"}) {
    CalibrationSet set = *sets_.at(name);
    for (EvalItem& item : set.items)
      for (std::int32_t& id : item.ids) id = std::min(id, last - 1);
    if (set.name == "two") set.items[2].ids[5] = last;
    sets_[name] = std::make_shared<const CalibrationSet>(std::move(set));
  }
  const ModelTrial good = trial(needy("tensor: weight"), Propagate::none);
  const ModelTrial bad = trial(needy("tensor: weight"), Propagate::none, "two");
  const ModelTrial along = trial(needy("tensor: weight, layers: 2"), Propagate::blocks, "two");
  CalibrationResults results = this->results();
  run({&good, &bad, &along}, results);
  EXPECT_EQ(kept(good, results).size(), spec().roles().size() * kLayers);
  EXPECT_TRUE(failure(bad, results, 0, Role::q_proj)
                  .value_or("")
                  .starts_with("calibration set 'two': layers.0: input of q_proj is not finite in "
                               "window 2, at position 5, "));
  const std::string problem =
      "calibration set 'two': window 2: layers.0: hidden state at position ";
  EXPECT_TRUE(failure(bad, results, 1, Role::q_proj)
                  .value_or("")
                  .starts_with("the untouched model fails: " + problem));
  EXPECT_TRUE(failure(along, results, 2, Role::q_proj).value_or("").starts_with(problem));
}

TEST_P(CalibrationPassTest, TellsTheSameFailureInAnyCompany) {
  reopen([](TinyModel& model) {
    const bool opt = model.config.at("model_type") == "opt";
    const std::string block = opt ? "model.decoder.layers.1." : "model.layers.1.";
    for (const char* name :
         {opt ? "fc1.weight" : "mlp.up_proj.weight", opt ? "fc2.weight" : "mlp.down_proj.weight"})
      for (float& w : model.tensor(block + name).values) w *= 1e25f;
  });
  const std::string resid = noise("tensor: resid, layers: 0") + ", ";
  // The one is gathered in the block that fails, and passes it as the other has it, too.
  const ModelTrial before =
      trial(resid + needy("tensor: weight, layers: 1, roles: q_proj"), Propagate::blocks);
  const ModelTrial behind =
      trial(resid + needy("tensor: weight, layers: 2, roles: q_proj"), Propagate::blocks);
  CalibrationResults alone = results("alone"), together = results("together");
  run({&behind}, alone);
  run({&before, &behind}, together);
  const std::optional<std::string> problem = failure(behind, alone, 2, Role::q_proj);
  EXPECT_TRUE(problem.value_or("").starts_with(
      "calibration set 'one': window 0: layers.1: hidden state at position "));
  EXPECT_EQ(failure(behind, together, 2, Role::q_proj), problem);
  EXPECT_EQ(kept(before, together).size(), 1u);
}

TEST_P(CalibrationPassTest, MakesDamagedFilesAgain) {
  const ModelTrial weights = trial(needy("tensor: weight"), Propagate::none);
  CalibrationResults first = results();
  const Index all = run({&weights}, first);
  const Weights whole = kept(weights, first);
  Index damaged = 0;
  for (const auto& file : fs::directory_iterator(dir_ / "calibration"))
    if (file.path().filename().string().starts_with("layers.1.")) {
      fs::resize_file(file.path(), fs::file_size(file.path()) - 1);
      ++damaged;
    }
  Index told = 0;
  CalibrationResults again(dir_ / "calibration", "model", [&](const std::string&) { ++told; });
  EXPECT_EQ(run({&weights}, again), damaged);
  EXPECT_EQ(told, damaged);
  EXPECT_LT(damaged, all);
  expect_same(kept(weights, again), whole);
  CalibrationResults other(dir_ / "calibration", "another model", [](const std::string&) {});
  EXPECT_EQ(run({&weights}, other), all);
}

INSTANTIATE_TEST_SUITE_P(Families, CalibrationPassTest, testing::Values("opt", "llama"),
                         [](const auto& family) { return std::string(family.param); });

}  // namespace
}  // namespace nf
