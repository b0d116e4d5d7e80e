#include "eval/experiment/twin_use.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "eval/experiment/experiment.h"
#include "eval/experiment/experiment_summary.h"
#include "eval/experiment/repeat_warnings.h"
#include "eval/experiment/trial_count.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

const std::string kSet = "calibration: {ref: {text: text.txt, context: 16, windows: 4}}\n";
const std::string kTwoSets =
    "calibration:\n"
    "  ref: {text: text.txt, context: 16, windows: 4}\n"
    "  junk: {nonsense: tokens, context: 16, windows: 4, seed: trial}\n";
const std::string kNoise =
    "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]";

/// The folder is made once: no test changes a model.
class TrialTwins : public testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = std::make_unique<ExperimentFiles>(); }
  static void TearDownTestSuite() { files_.reset(); }

  /// An experiment on one model with the keys of its only trial, a line each.
  static Experiment load(const std::string& trial, const std::string& sets = "") {
    const std::string text = "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32}\n" +
                             sets + "trials:\n  - name: t\n    " + trial + "\n";
    return Experiment::load(files_->write("e.yaml", text).string(), {}, Kinds::builtin());
  }
  static std::vector<Trial> trials_of(const std::string& trial, const std::string& sets = "") {
    return load(trial, sets).models.front().trials;
  }
  /// The message behind the place of the mistake.
  static std::string message_of(const std::string& trial, const std::string& sets = "") {
    const std::string message =
        without_folder(config_error_of([&] { load(trial, sets); }), files_->dir());
    const std::size_t at = message.find(".twins: ");
    return at == std::string::npos ? message : message.substr(at + 8);
  }
  /// "seed vars" of each trial.
  static std::vector<std::string> conditions(const std::string& trial) {
    std::vector<std::string> result;
    for (const Trial& one : trials_of(trial))
      result.push_back(fmt::format("{} {}", one.seed, one.vars.dump()));
    return result;
  }

  static inline std::unique_ptr<ExperimentFiles> files_;
};

using Lines = std::vector<std::string>;

TEST_F(TrialTwins, StandBehindTheirTrialWithTheirKind) {
  EXPECT_EQ(conditions("twins: [permuted, step]\n    sweep: {b: [3, 4]}\n    quantize: W${b}"),
            (Lines{R"(0 {"b":3,"twin":""})", R"(0 {"b":3,"twin":"permuted"})",
                   R"(0 {"b":3,"twin":"step"})", R"(0 {"b":4,"twin":""})",
                   R"(0 {"b":4,"twin":"permuted"})", R"(0 {"b":4,"twin":"step"})"}));
  EXPECT_EQ(conditions("twins: [resigned]\n    repeat: 2\n    each: layer\n    quantize: W4"),
            (Lines{R"(0 {"layer":0,"twin":""})", R"(1 {"layer":0,"twin":""})",
                   R"(0 {"layer":0,"twin":"resigned"})", R"(1 {"layer":0,"twin":"resigned"})",
                   R"(0 {"layer":1,"twin":""})", R"(1 {"layer":1,"twin":""})",
                   R"(0 {"layer":1,"twin":"resigned"})", R"(1 {"layer":1,"twin":"resigned"})"}));
}

TEST_F(TrialTwins, HaveTheKindAndTheSites) {
  const auto trials = trials_of("twins: {kinds: [permuted], of: input}\n    quantize: W4A8");
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(trials[0].twin.kind, nullptr);
  EXPECT_EQ(trials[1].twin.kind->name, "permuted");
  EXPECT_EQ(trials[1].twin.of, SiteTensor::input);
  EXPECT_EQ(trials[1].entries.size(), trials[0].entries.size());
}

TEST_F(TrialTwins, DrawWhereTheirKindDoes) {
  const auto trials = trials_of("twins: [permuted, debiased]\n    quantize: W4");
  EXPECT_FALSE(trials[0].draws());
  EXPECT_TRUE(trials[1].draws());
  EXPECT_FALSE(trials[2].draws());
  EXPECT_TRUE(repeat_warnings(load("twins: [permuted]\n    repeat: 3\n    quantize: W4")).empty());
}

TEST_F(TrialTwins, AreRefusedBesideWhatIsReadTogether) {
  EXPECT_EQ(message_of("twins: [permuted]\n    pairs: role\n    quantize: W4"),
            "has 'pairs' beside it, whose trials are read together; a twin is read against its "
            "trial alone, and goes with sweep, zip, repeat, each and leave_one_out");
  for (const char* key :
       {"factorial: layer", "cumulative: layer", "bisect: {range: [0.1, 1], target: {kl: 0.1}}"})
    EXPECT_NE(message_of(fmt::format("twins: [permuted]\n    {}\n    {}", key, kNoise))
                  .find(" beside it, wh"),
              std::string::npos)
        << key;
}

TEST_F(TrialTwins, OfAKindThatTheChainCannotHaveAreRefused) {
  EXPECT_EQ(message_of("twins: [step]\n    " + kNoise),
            "'step' follows the grid of a quantizer, and there is none at layers.0.q_proj.weight");
  EXPECT_NE(message_of("twins: [gaussian_group]\n    " + kNoise).find("'gaussian_group' follows"),
            std::string::npos);
  for (const char* kind : {"clipping_part", "rounding_part"})
    EXPECT_EQ(message_of(fmt::format("twins: [{}]\n    {}", kind, kNoise)),
              fmt::format("'{}' tells what a quantizer clips from what it rounds, and there is "
                          "none at layers.0.q_proj.weight",
                          kind));
  EXPECT_EQ(message_of("twins: [step]\n    distort: [W4, input gaussian l2=0.1]"),
            "'step' follows the grid of a quantizer, and there is none at "
            "layers.0.q_proj.input; {kinds: [step], of: weight} makes twins of the weights alone");
  EXPECT_EQ(message_of("twins: {kinds: [step], of: weight}\n    "
                       "distort: [W4, input gaussian l2=0.1]"),
            "no error");
  EXPECT_EQ(message_of("twins: [gaussian_output]\n    quantize: W16A8", kSet),
            "'gaussian_output' acts on weights alone, and the trial distorts none");
  EXPECT_EQ(message_of("twins: {kinds: [permuted], of: input}\n    quantize: W4"),
            "'permuted' would replace nothing: it is made of inputs, and the trial distorts none");
}

TEST_F(TrialTwins, OfAKindWithNeedsHaveACalibrationSet) {
  const std::string trial = "twins: [gaussian_output, permuted]\n    quantize: W4";
  const auto trials = trials_of(trial, kSet);
  EXPECT_EQ(trials[0].twin.calibration, std::nullopt);
  EXPECT_EQ(trials[1].twin.calibration, "ref");
  EXPECT_EQ(trials[2].twin.calibration, std::nullopt) << "it needs none";
  EXPECT_TRUE(load(trial, kSet).warnings.empty()) << "the set is used";
  EXPECT_EQ(message_of(trial),
            "'gaussian_output' needs the inputs of a calibration set, and there is none; write "
            "'calibration: {ref: {text: FILE, context: 512, windows: 64}}' at the top level");
  EXPECT_EQ(message_of(trial, kTwoSets),
            "'gaussian_output' needs the inputs of a calibration set; write {kinds: "
            "[gaussian_output], calibration: NAME} with one of ref, junk");
  const std::string named = "twins: {kinds: [output_debiased], calibration: junk}\n    quantize: ";
  EXPECT_EQ(trials_of(named + "W4", kTwoSets)[1].twin.calibration, "junk");
  EXPECT_TRUE(trials_of(named + "W4", kTwoSets)[1].draws()) << "the set is drawn by the seed";
  EXPECT_EQ(trials_of("twins: [off_top_directions]\n    quantize: [{sites: {tensor: weight}, grid: "
                      "uniform, bits: 4, granularity: channel, method: gptq, calibration: ref}]",
                      kTwoSets)[1]
                .twin.calibration,
            "ref")
      << "the trial's own";
  EXPECT_EQ(
      message_of("twins: {kinds: [output_debiased], calibration: reff}\n    quantize: W4", kSet),
      "unknown calibration set 'reff'; did you mean 'ref'?");
  EXPECT_EQ(message_of("twins: [output_debiased]\n    quantize: [{sites: {tensor: weight, roles: "
                       "lm_head}, grid: uniform, bits: 4, granularity: channel}]",
                       kSet),
            "'output_debiased' needs the inputs of a calibration set, which sees those of the "
            "blocks' linears alone, not of lm_head");
}

TEST_F(TrialTwins, AreCountedAndSummedUp) {
  EXPECT_EQ(
      count_trials(parse_good("{sweep: {a: [1, 2]}, repeat: 3, twins: [step, permuted]}")).str(),
      "18");
  EXPECT_EQ(count_trials(parse_good("{twins: {kinds: [step, permuted]}}")).str(), "3");
  EXPECT_EQ(count_trials(parse_good("{twins: step}")).str(), "2");
  const Experiment experiment =
      load("twins: {kinds: [permuted, step], of: weight}\n    quantize: W4");
  EXPECT_NE(experiment_summary(experiment, 0).find("; twins permuted, step"), std::string::npos);
  const Json trials = experiment.resolved()["trials"];
  EXPECT_FALSE(trials[0].contains("twin"));
  EXPECT_EQ(trials[1]["twin"], Json({{"kind", "permuted"}, {"of", "weight"}}));
  EXPECT_EQ(trials[1]["vars"], Json({{"twin", "permuted"}}));
}

TEST_F(TrialTwins, ReserveTheirColumn) {
  EXPECT_NE(message_of("sweep: {twin: [3, 4]}\n    quantize: W${twin}")
                .find("a variable cannot be called 'twin'"),
            std::string::npos);
}

TEST_F(TrialTwins, OfDefaultsFitWhereTheyMay) {
  const std::string text =
      "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32}\n"
      "defaults: {twins: [permuted]}\ntrials:\n"
      "  - {name: a, quantize: W4}\n  - {name: b, quantize: W4, pairs: layer}\n"
      "  - {name: c, quantize: W4, twins: [resigned]}\n";
  const Experiment experiment =
      Experiment::load(files_->write("d.yaml", text).string(), {}, Kinds::builtin());
  Lines twins;
  for (const Trial& trial : experiment.models.front().trials)
    if (trial.twin.kind != nullptr) twins.push_back(trial.name + " " + trial.twin.kind->name);
  EXPECT_EQ(twins, (Lines{"a permuted", "c resigned"}));
}

}  // namespace
}  // namespace nf
