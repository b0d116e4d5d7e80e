#include "eval/experiment/defaults.h"

#include <gtest/gtest.h>

#include "eval/experiment/experiment.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

/// The folder is made once: no test changes a model.
class DefaultKeys : public testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = std::make_unique<ExperimentFiles>(); }
  static void TearDownTestSuite() { files_.reset(); }

  /// An experiment on one model, from its line 4 on.
  static Experiment load(const std::string& rest, const std::string& model = "llama") {
    return Experiment::load(
        files_
            ->write("e.yaml", "experiment: e\nmodel: " + model +
                                  "\ndata: {text: text.txt, context: 32}\n" + rest)
            .string(),
        {}, Kinds::builtin());
  }
  static std::string message_of(const std::string& rest) {
    return without_folder(config_error_of([&] { load(rest); }), files_->dir());
  }
  static std::vector<std::string> warnings_of(const std::string& rest) {
    std::vector<std::string> warnings = load(rest).warnings;
    for (std::string& warning : warnings) warning = without_folder(warning, files_->dir());
    return warnings;
  }
  /// What is made of trials with defaults and of the same ones written out.
  static void expect_same(const std::string& shortly, const std::string& written_out) {
    EXPECT_EQ(load(shortly).resolved()["trials"], load(written_out).resolved()["trials"])
        << shortly;
    EXPECT_TRUE(load(shortly).warnings.empty()) << shortly;
  }

  static inline std::unique_ptr<ExperimentFiles> files_;
};

TEST_F(DefaultKeys, FillTrialsEntriesAndSites) {
  expect_same(
      "defaults: {repeat: 2, layers: 0, granularity: {group: 16}, symmetric: false}\n"
      "trials:\n"
      "  - {name: a, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4}]}\n"
      "  - {name: b, repeat: 1, quantize: [{sites: {tensor: weight, layers: 1}, grid: uniform, "
      "bits: 4, symmetric: true, granularity: channel}]}\n",
      "trials:\n"
      "  - {name: a, repeat: 2, quantize: [{sites: {tensor: weight, layers: 0}, grid: uniform, "
      "bits: 4, symmetric: false, granularity: {group: 16}}]}\n"
      "  - {name: b, quantize: [{sites: {tensor: weight, layers: 1}, grid: uniform, bits: 4, "
      "granularity: channel}]}\n");
}

TEST_F(DefaultKeys, FillSitesThatAreNotThereAndTheRestOfAShorthands) {
  expect_same(
      "defaults: {sites: {tensor: [weight, input], roles: [q_proj, k_proj]}}\n"
      "trials:\n"
      "  - {name: a, perturb: [{noise: gaussian, strength: {relative_l2: 0.1}}]}\n"
      "  - {name: b, quantize: W4A8}\n",
      "trials:\n"
      "  - {name: a, perturb: [{sites: {tensor: weight, roles: [q_proj, k_proj]}, noise: gaussian, "
      "strength: {relative_l2: 0.1}}, {sites: {tensor: input, roles: [q_proj, k_proj]}, noise: "
      "gaussian, strength: {relative_l2: 0.1}}]}\n"
      "  - {name: b, quantize: [{sites: {tensor: weight, roles: [q_proj, k_proj]}, grid: uniform, "
      "bits: 4, granularity: channel}, {sites: {tensor: input, roles: [q_proj, k_proj]}, grid: "
      "uniform, bits: 8, granularity: token}]}\n");
}

TEST_F(DefaultKeys, NameTheKindWhereOnlyOneCanBeMeant) {
  expect_same(
      "defaults: {tensor: weight, noise: gaussian, grid: uniform, strength: {relative_l2: 0.1}, "
      "granularity: channel}\n"
      "trials:\n  - {name: a, perturb: [{scope: channel}]}\n  - {name: b, quantize: [{bits: 4}]}\n",
      "trials:\n"
      "  - {name: a, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
      "0.1}, scope: channel}]}\n"
      "  - {name: b, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
      "channel}]}\n");
}

TEST_F(DefaultKeys, StayAwayWhereTheyDoNotFit) {
  expect_same(
      "defaults: {symmetric: false, quantile: 0.9, scope: token, roles: q_proj}\n"
      "trials:\n"
      "  - {name: a, quantize: [{sites: {tensor: weight}, grid: power, bits: 4, granularity: "
      "channel}]}\n"
      "  - {name: b, quantize: [{sites: {tensor: k_cache}, grid: uniform, bits: 4, granularity: "
      "token}]}\n"
      "  - {name: c, perturb: [{sites: {tensor: weight}, noise: clip, fraction_of_max: 0.5}]}\n"
      "  - {name: d, perturb: [{sites: {tensor: input}, noise: clip}]}\n",
      "trials:\n"
      "  - {name: a, quantize: [{sites: {tensor: weight, roles: q_proj}, grid: power, bits: 4, "
      "granularity: channel}]}\n"
      "  - {name: b, quantize: [{sites: {tensor: k_cache}, grid: uniform, bits: 4, symmetric: "
      "false, granularity: token}]}\n"
      "  - {name: c, perturb: [{sites: {tensor: weight, roles: q_proj}, noise: clip, "
      "fraction_of_max: 0.5}]}\n"
      "  - {name: d, perturb: [{sites: {tensor: input, roles: q_proj}, noise: clip, quantile: 0.9, "
      "scope: token}]}\n");
}

TEST_F(DefaultKeys, GiveWayToKeysThatExcludeThem) {
  expect_same(
      "defaults: {quantize: W4, each: layer}\n"
      "trials:\n  - {name: a}\n  - {name: b, leave_one_out: layer}\n"
      "  - {name: c, perturb: gaussian l2=0.1}\n",
      "trials:\n  - {name: a, quantize: W4, each: layer}\n"
      "  - {name: b, quantize: W4, leave_one_out: layer}\n"
      "  - {name: c, each: layer, perturb: gaussian l2=0.1}\n");
}

TEST_F(DefaultKeys, HoldVariablesForTrialsThatHaveThem) {
  expect_same(
      "defaults: {sweep: {r: [0.1, 0.2]}, strength: {relative_l2: \"${r}\"}}\n"
      "trials:\n"
      "  - {name: a, perturb: [{sites: {tensor: weight}, noise: gaussian}]}\n"
      "  - {name: b, sweep: {s: [0.3]}, perturb: \"gaussian l2=${s}\"}\n",
      "trials:\n"
      "  - {name: a, sweep: {r: [0.1, 0.2]}, perturb: \"gaussian l2=${r}\"}\n"
      "  - {name: b, sweep: {s: [0.3]}, perturb: \"gaussian l2=${s}\"}\n");
}

TEST_F(DefaultKeys, AreToldWhereNothingTakesThem) {
  EXPECT_EQ(
      warnings_of("defaults: {symmetric: false, repeat: 2, quantile: 0.9}\n"
                  "trials:\n  - {name: a, repeat: 1, quantize: W4}\n"),
      (std::vector<std::string>{
          "e.yaml:4:38: defaults.repeat: no trial takes it: each says it itself, or a key that "
          "excludes it",
          "e.yaml:4:23: defaults.symmetric: no entry takes it: each says it itself, as a "
          "shorthand says all that it can, or cannot have it",
          "e.yaml:4:51: defaults.quantile: no entry takes it: each says it itself, as a "
          "shorthand says all that it can, or cannot have it"}));
  EXPECT_EQ(warnings_of("defaults: {sweep: {r: [0.1]}, zip: {s: [1], t: [2]}}\n"
                        "trials:\n  - {name: a, quantize: W4}\n"),
            (std::vector<std::string>{
                "e.yaml:4:19: defaults.sweep: no trial takes it: each says it itself, or has no "
                "\"${r}\" where its value would go",
                "e.yaml:4:36: defaults.zip: no trial takes it: each says it itself, or has no "
                "\"${s}\" or \"${t}\" where its value would go"}));
  EXPECT_TRUE(warnings_of("defaults: {symmetric: false}\ntrials: []\n").empty());
}

TEST_F(DefaultKeys, AreMistakesWhereTheyAreWrong) {
  const std::string trial =
      "trials:\n  - {name: a, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, "
      "granularity: channel}]}\n";
  EXPECT_EQ(message_of("defaults: {symetric: false}\n" + trial),
            "e.yaml:4:12: defaults: unknown key 'symetric'; did you mean 'symmetric'?");
  EXPECT_EQ(message_of("defaults: {symmetric: maybe}\n" + trial),
            "e.yaml:4:23: defaults.symmetric: fits no entry: cannot read 'maybe' as true or false");
  EXPECT_EQ(message_of("defaults: {repeat: many}\n" + trial),
            "e.yaml:4:20: defaults.repeat (as trials[0].repeat): cannot read 'many' as an integer");
  EXPECT_EQ(message_of("defaults: {factorial: {off: layer}}\n" + trial),
            "e.yaml:4:24: defaults.factorial (as trials[0].factorial): unknown key 'off'; did you "
            "mean 'of'?");
  EXPECT_EQ(message_of("defaults: {layers: 0, sites: {layers: 1}}\n" + trial),
            "e.yaml:4:39: defaults.sites.layers: 'layers' stands in defaults itself, too");
  const std::string message = message_of(
      "defaults: {granularity: channel}\ntrials:\n  - {name: a, quantize: [{sites: {tensor: "
      "input}, grid: uniform, bits: 4}]}\n");
  EXPECT_TRUE(message.starts_with(
      "e.yaml:4:25: defaults.granularity (as trials[0].quantize[0].granularity): "))
      << message;
}

TEST_F(DefaultKeys, AreMistakesWhereTheyBelongElsewhere) {
  const auto of = [](const std::string& key) {
    return message_of("defaults: {" + key + "}\ntrials:\n  - {name: a, quantize: W4}\n");
  };
  EXPECT_EQ(of("name: x"),
            "e.yaml:4:12: defaults: unknown key 'name'; write it in each trial, which has a name "
            "of its own");
  for (const std::string key : {"experiment", "data", "trials", "model", "memory"})
    EXPECT_EQ(of(key + ": x"), "e.yaml:4:12: defaults: unknown key '" + key +
                                   "'; write it at the top level, beside 'defaults'");
  EXPECT_EQ(of("group_size: 64"),
            "e.yaml:4:12: defaults: unknown key 'group_size'; write granularity: {group: 64}");
  EXPECT_EQ(of("relative_l2: 0.1"),
            "e.yaml:4:12: defaults: unknown key 'relative_l2'; write strength: {relative_l2: 0.1}, "
            "or sigma_abs for an absolute size");
}

TEST_F(DefaultKeys, OfRolesThatAModelLacksAreSkippedThereWithOneLine) {
  const auto warnings = [](const std::string& rest) {
    std::vector<std::string> lines = load(rest, "[opt, llama]").warnings;
    for (std::string& line : lines) line = without_folder(line, files_->dir());
    return lines;
  };
  EXPECT_EQ(warnings("defaults: {roles: [gate_proj, up_proj]}\n"
                     "trials:\n  - {name: a, quantize: W4}\n  - {name: b, quantize: W8}\n"),
            (std::vector<std::string>{"e.yaml:4:19: defaults.roles (as "
                                      "trials[0].quantize.sites.roles): opt has no "
                                      "'gate_proj', which is skipped there"}));
}

}  // namespace
}  // namespace nf
