#include "eval/experiment/calibration_use.h"

#include <gtest/gtest.h>

#include "eval/experiment/experiment.h"
#include "eval/experiment/repeat_warnings.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"
#include "tests/support/trial_support.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

const std::string kSets =
    "calibration:\n"
    "  ref: {text: text.txt, context: 16, windows: 4}\n"
    "  junk: {nonsense: tokens, context: 16, windows: 4, seed: trial}\n";
const std::string kOneSet = "calibration: {ref: {text: text.txt, context: 16, windows: 4}}\n";

std::string needy(const std::string& more = "", const std::string& sites = "tensor: weight") {
  return "{sites: {" + sites + "}, noise: needy, factor: 0.5" + more + "}";
}
std::string rounded(const std::string& more = "") {
  return "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel" + more + "}";
}

class CalibratedExperiment : public testing::Test {
 protected:
  Experiment load(const std::string& sets, const std::string& trials) const {
    const auto file =
        files_.write("e.yaml", "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32}\n" +
                                   sets + "trials:\n" + trials);
    return Experiment::load(file.string(), {}, kinds_with_needy());
  }
  std::vector<Trial> trials(const std::string& sets, const std::string& trials) const {
    return load(sets, trials).models.front().trials;
  }
  static std::string trial(const std::string& entries, const std::string& more = "") {
    return "  - {name: t, distort: [" + entries + "]" + more + "}\n";
  }
  std::string message_of(const std::string& sets, const std::string& trials) const {
    return without_folder(config_error_of([&] { load(sets, trials); }), files_.dir());
  }

  ExperimentFiles files_;
};

TEST_F(CalibratedExperiment, FillsInTheSetAndThePathInEffect) {
  const Trial named = trials(kSets, trial(needy(", calibration: ref, propagate: sites"))).front();
  EXPECT_EQ(named.entries.front().calibration, "ref");
  EXPECT_EQ(named.entries.front().config()["propagate"], "sites");
  const Trial only = trials(kOneSet, trial(needy())).front();
  EXPECT_EQ(only.entries.front().calibration, "ref");
  EXPECT_EQ(only.entries.front().config()["propagate"], "none");
}

TEST_F(CalibratedExperiment, SweepsSetsByName) {
  const std::vector<Trial> swept =
      trials(kSets, trial(needy(", calibration: \"${set}\""), ", sweep: {set: [ref, junk]}"));
  ASSERT_EQ(swept.size(), 2u);
  EXPECT_EQ(swept[0].entries.front().calibration, "ref");
  EXPECT_EQ(swept[1].entries.front().calibration, "junk");
  EXPECT_FALSE(swept[0].draws());
  EXPECT_TRUE(swept[1].draws());
}

TEST_F(CalibratedExperiment, LetsWhatNeedsNoneIgnoreTheSet) {
  const std::vector<Trial> swept =
      trials(kSets, trial(rounded(", calibration: \"${set}\", propagate: blocks"),
                          ", sweep: {set: [ref, junk]}"));
  ASSERT_EQ(swept.size(), 2u);
  for (const Trial& each : swept) {
    EXPECT_FALSE(each.entries.front().calibration.has_value());
    EXPECT_FALSE(each.entries.front().config().contains("propagate"));
    EXPECT_FALSE(each.draws());
  }
  EXPECT_EQ(swept[0].entries.front().config(), swept[1].entries.front().config());
}

TEST_F(CalibratedExperiment, WithoutASetWhatCanDoWithoutActsWithout) {
  const std::string kmeans = "grid: kmeans, bits: 2, granularity: channel";
  const std::string at = "{sites: {tensor: weight}, ";
  const std::string match = "strength: {match: {" + kmeans + "}}";
  for (const std::string& entry :
       {at + kmeans + "}", at + "grid: kmeans, bits: 2, granularity: {auto: {}}}",
        at + "noise: gaussian, " + match + "}", at + "noise: permuted, " + match + "}",
        at + "noise: gaussian, relation: step, strength: {relative_l2: 0.1}, reference: {" +
            kmeans + "}}"}) {
    const Entry plain = trials("", trial(entry)).front().entries.front();
    EXPECT_FALSE(plain.has_needs()) << entry;
    EXPECT_FALSE(plain.config().contains("calibration")) << entry;
    EXPECT_NE(plain.config().dump().find(R"("weighted":false)"), std::string::npos) << entry;
    const Entry weighted = trials(kOneSet, trial(entry)).front().entries.front();
    EXPECT_TRUE(weighted.has_needs()) << entry;
    EXPECT_EQ(weighted.config()["calibration"], "ref") << entry;
    EXPECT_NE(weighted.config().dump().find(R"("weighted":true)"), std::string::npos) << entry;
  }
  EXPECT_EQ(trials("", trial(at + kmeans + "}")).front().entries.front().config(),
            trials("", trial(at + kmeans + ", weighted: false}")).front().entries.front().config());
  EXPECT_NE(message_of("", trial(at + kmeans + ", weighted: true}")).find("and there is none"),
            std::string::npos);
}

TEST_F(CalibratedExperiment, WithoutASetASearchActsWithoutAtEachValue) {
  const Trial searched =
      trials("", trial("{sites: {tensor: weight}, noise: gaussian, relation: step, reference: "
                       "{grid: kmeans, bits: 2, granularity: channel}, strength: {relative_l2: "
                       "\"${bisect}\"}}",
                       ", bisect: {range: [0.01, 1], target: {kl: 0.05}}"))
          .front();
  EXPECT_EQ(searched.entries.front().config()["reference"]["weighted"], false);
  EXPECT_EQ(searched.entries.front().config()["strength"]["relative_l2"], "${bisect}");
  const Entry at = searched.at(0.25).entries.front();
  EXPECT_FALSE(at.has_needs());
  EXPECT_EQ(at.config()["reference"]["weighted"], false);
  EXPECT_EQ(at.config()["strength"]["relative_l2"], 0.25);
}

TEST_F(CalibratedExperiment, TakesSetsFromDefaultsToo) {
  const std::vector<Trial> made =
      trials(kSets + "defaults: {calibration: ref, propagate: blocks}\n",
             trial(needy()) + "  - {name: u, quantize: W4}\n");
  EXPECT_EQ(made[0].entries.front().calibration, "ref");
  EXPECT_EQ(made[0].entries.front().path(), Propagate::blocks);
  EXPECT_FALSE(made[1].entries.front().calibration.has_value());
}

TEST_F(CalibratedExperiment, TakesWhatAReferenceSays) {
  const std::string noise =
      "{sites: {tensor: weight}, noise: gaussian, strength: {match: {grid: uniform, bits: 4";
  EXPECT_EQ(message_of(kSets, trial(noise + ", calibration: ref, propagate: blocks}}}")),
            "no error");
  EXPECT_EQ(
      message_of(kSets, trial(noise + ", calibration: rfe}}}")),
      "e.yaml:8:124: trials[0].distort[0].calibration: unknown calibration set 'rfe'; did you "
      "mean 'ref'?");
  EXPECT_EQ(
      message_of(kSets, trial(noise + ", calibration: ref}}, calibration: junk}")),
      "e.yaml:8:124: trials[0].distort[0].strength.match.calibration: is 'ref' here and 'junk' at "
      "e.yaml:8:144: what an entry refers to is made from one set, as the entry is");
}

TEST_F(CalibratedExperiment, NamesEachMistakeAndItsPlace) {
  const std::vector<std::array<std::string, 3>> mistakes = {
      {"", trial(needy()),
       "e.yaml:5:25: trials[0].distort[0]: is made from the inputs of a calibration set, and there "
       "is none; write 'calibration: {ref: {text: FILE, context: 512, windows: 64}}' at the top "
       "level"},
      {"", trial(rounded(", calibration: abc")),
       "e.yaml:5:110: trials[0].distort[0].calibration: there is no calibration set 'abc'; write "
       "'calibration: {abc: {text: FILE, context: 512, windows: 64}}' at the top level"},
      {kSets, trial(needy()),
       "e.yaml:8:25: trials[0].distort[0]: is made from the inputs of a calibration set: needs "
       "'calibration', one of ref, junk"},
      {kSets, trial(needy(", calibration: Ref")),
       "e.yaml:8:91: trials[0].distort[0].calibration: unknown calibration set 'Ref'; did you mean "
       "'ref'?"},
      {kSets, trial(rounded(", calibration: other")),
       "e.yaml:8:110: trials[0].distort[0].calibration: unknown calibration set 'other'; known: "
       "ref, junk"},
      {kOneSet, trial(needy("", "tensor: weight, roles: lm_head")),
       "e.yaml:6:33: trials[0].distort[0].sites: calibration sees the inputs of the blocks' "
       "linears "
       "alone, not of lm_head; give that an entry of its own without calibration"},
      {kOneSet, trial(needy("", "tensor: resid")),
       "e.yaml:6:33: trials[0].distort[0].sites: 'resid' is the input of no linear, and "
       "calibration "
       "knows inputs of linears alone"},
      {"calibration: {ref: {text: text.txt, context: 1024}}\n", trial(needy()),
       "e.yaml:4:46: calibration.ref.context: 1024 tokens are more than the 512 positions of opt"},
      // A set that cannot be read makes no second mistake of who names it.
      {"calibration: {ref: {text: text.txt}}\n", trial(needy(", calibration: ref")),
       "e.yaml:4:20: calibration.ref: needs 'context': the length of a window, in tokens"},
      {"calibration: text.txt\n", trial(needy(", calibration: ref")),
       "e.yaml:4:14: calibration: cannot read 'text.txt' as a mapping; write {NAME: {text: FILE, "
       "context: 512, windows: 64}}"},
  };
  for (const auto& [sets, trials, expected] : mistakes)
    EXPECT_EQ(message_of(sets, trials), expected) << sets << trials;
}

TEST_F(CalibratedExperiment, TellsWhichSetsNothingIsMadeFrom) {
  const Experiment experiment =
      load(kSets, trial(needy(", calibration: ref") + ", " + rounded(", calibration: junk")));
  ASSERT_EQ(experiment.warnings.size(), 1u);
  EXPECT_TRUE(experiment.warnings.front().ends_with(
      "e.yaml:6:9: calibration.junk: no entry is made from it"))
      << experiment.warnings.front();
}

TEST_F(CalibratedExperiment, CountsRepeatsOfSetsThatEachTrialDraws) {
  EXPECT_TRUE(
      repeat_warnings(load(kSets, trial(needy(", calibration: junk"), ", repeat: 3"))).empty());
  EXPECT_EQ(repeat_warnings(load(kSets, trial(needy(", calibration: ref"), ", repeat: 3"))).size(),
            1u);
}

TEST_F(CalibratedExperiment, StandsInTheResolvedExperiment) {
  const Json resolved = load(kSets, trial(needy(", calibration: ref"))).resolved();
  EXPECT_EQ(resolved["calibration"]["junk"]["seed"], "trial");
  EXPECT_EQ(resolved["calibration"]["ref"]["windows"], 4);
  EXPECT_EQ(resolved["trials"][0]["distort"][0]["calibration"], "ref");
  EXPECT_FALSE(load("", trial(rounded())).resolved().contains("calibration"));
}

TEST_F(CalibratedExperiment, SmoothQuantsScaleIsOfTheUntouchedModel) {
  const std::string smooth = "grid: uniform, bits: 8, channel_scale: {smoothquant: {}}, ";
  const std::string weight = "{sites: {tensor: weight}, granularity: channel, " + smooth;
  const std::string input = "{sites: {tensor: input}, granularity: tensor, " + smooth;
  const auto path = [&](const std::string& entry) {
    return trials(kOneSet, trial(entry)).front().entries.front().config()["propagate"];
  };
  EXPECT_EQ(path(weight + "method: rtn}"), "none");
  EXPECT_EQ(path(weight + "method: gptq}"), "none");
  EXPECT_EQ(path(weight + "method: gptq, propagate: none}"), "none");
  EXPECT_EQ(path(weight + "method: rtn, propagate: blocks}"), "none");  // the same result
  EXPECT_EQ(path(input + "propagate: sites}"), "none");
  for (const std::string& entry :
       {weight + "method: gptq, propagate: blocks}", weight + "range: awq, propagate: sites}",
        input + "static: true, propagate: blocks}",
        "{sites: {tensor: weight}, noise: gaussian, propagate: blocks, strength: {match: {" +
            smooth + "granularity: channel, method: gptq}}}"})
    EXPECT_NE(message_of(kOneSet, trial(entry)).find("propagate: SmoothQuant's scale is of"),
              std::string::npos)
        << message_of(kOneSet, trial(entry));
}

/// A quantizer as SmoothQuant makes one, in the eyes of whoever reads its config.
class Smoothed final : public Distortion {
 public:
  explicit Smoothed(std::optional<double> alpha) : alpha_(alpha) {}
  DistortionReport apply(ConstMatrixView, const DistortionContext&, MatrixView) const override {
    return {};
  }
  Json config() const override {
    if (!alpha_) return {{"channel_scale", "none"}};
    return {{"channel_scale", {{"smoothquant", {{"alpha", *alpha_}}}}}};
  }

 private:
  std::optional<double> alpha_;
};

struct SmoothedEntry {
  std::string sites;
  std::optional<double> alpha{};
  std::string calibration = "ref";
};

std::string smoothquant_message(const std::vector<SmoothedEntry>& entries) {
  Trial trial{.name = "t", .entries = {}};
  std::string text;
  for (const SmoothedEntry& each : entries)
    text += "- {grid: uniform, sites: {" + each.sites + "}}\n";
  const std::vector<ConfigNode> nodes = parse_good(text).items();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ConfigErrors none;
    trial.entries.push_back({.sites = fields_of<SiteSelector>().read(*nodes[i].find("sites"), none),
                             .distortion = std::make_shared<Smoothed>(entries[i].alpha),
                             .node = nodes[i],
                             .calibration = entries[i].calibration});
  }
  const TempDir dir;
  tiny_llama().write(dir.path());
  ConfigErrors errors;
  check_smoothquant(trial, open_decoder(dir.path()).spec(), errors);
  return errors.message();
}

TEST(SmoothQuantOfASite, IsTheSameOnWeightsAndInputsOrOnNeither) {
  const std::string w = "tensor: weight, roles: q_proj", x = "tensor: input, roles: q_proj";
  EXPECT_EQ(smoothquant_message({{w, 0.5}, {x, 0.5}}), "");
  EXPECT_EQ(smoothquant_message({{w}, {x}}), "");
  EXPECT_EQ(smoothquant_message({{w, 0.5}}), "");
  EXPECT_EQ(smoothquant_message({{x, 0.5}}), "");
  EXPECT_EQ(smoothquant_message({{w, 0.5}, {"tensor: input, roles: o_proj"}}), "");
  EXPECT_EQ(smoothquant_message({{w, 0.5}, {x, 0.8}}),
            "f.yaml:2:3: [1]: the scale of layers.0.q_proj.input is {alpha:0.8} from 'ref' on its "
            "input and {alpha:0.5} from 'ref' on its weight at f.yaml:1:3: SmoothQuant's must be "
            "the same on both, or on neither");
  EXPECT_EQ(smoothquant_message({{w, 0.5}, {x}}),
            "f.yaml:2:3: [1]: the scale of layers.0.q_proj.input is none on its input and "
            "{alpha:0.5} from 'ref' on its weight at f.yaml:1:3: SmoothQuant's must be the same on "
            "both, or on neither");
  EXPECT_NE(smoothquant_message({{w, 0.5}, {x, 0.5, "junk"}}), "");
  EXPECT_NE(smoothquant_message({{w}, {x, 0.5}}), "");
}

}  // namespace
}  // namespace nf
