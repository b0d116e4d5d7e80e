#include <fmt/format.h>
#include <gtest/gtest.h>

#include "eval/design/bisection.h"
#include "eval/plan/model_trial.h"
#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_model.h"

namespace nf {
namespace {

const DecoderSpec& spec() {
  static const TempDir dir;
  static const DecoderSpec of_opt = [] {
    tiny_opt({.layers = 3, .hidden_size = 8, .heads = 2}).write(dir / "opt");
    return open_decoder(dir / "opt").spec();
  }();
  return of_opt;
}

std::vector<Trial> read_trials(const ConfigNode& node, ConfigErrors& errors) {
  const std::vector<Trial> trials = expand_trial(node, 5, Kinds::builtin(), errors);
  if (!errors.empty()) return {};
  return trials_on_model(trials, node, "opt", spec(), errors);
}

std::vector<Trial> read(const std::string& yaml) {
  ConfigErrors errors;
  std::vector<Trial> trials = read_trials(parse_good(yaml), errors);
  errors.throw_if_any();
  return trials;
}

std::string message_of(const std::string& yaml) {
  return config_message(
      yaml, [](const ConfigNode& node, ConfigErrors& errors) { read_trials(node, errors); });
}

/// "seed vars" of each trial.
std::vector<std::string> conditions(const std::string& yaml) {
  std::vector<std::string> result;
  for (const Trial& trial : read(yaml))
    result.push_back(fmt::format("{} {}", trial.seed, trial.vars.dump()));
  return result;
}

/// The part of a trial's id beside model and data.
std::string identity(const Trial& trial) { return ModelTrial(trial, spec()).identity().dump(); }
std::string identity(const std::string& yaml) { return identity(read(yaml).at(0)); }

std::string noise(const std::string& sites, const std::string& strength = "0.1") {
  return fmt::format(
      "{{sites: {{tensor: weight{}}}, noise: gaussian, strength: {{relative_l2: {}}}}}", sites,
      strength);
}
std::string trial(const std::string& design, const std::string& entries = noise("")) {
  return "name: d\n" + design + "\ndistort: [" + entries + "]\n";
}
std::string by_hand(const std::string& entries) { return trial("repeat: 1", entries); }

using Lines = std::vector<std::string>;

TEST(TrialDesign, PutsTheLevelBehindTheSweepAndRepeatsInside) {
  EXPECT_EQ(
      conditions(trial("each: layer\nrepeat: 2\nsweep: {r: [0.1, 0.2]}",
                       noise(", layers: 0-1", "\"${r}\""))),
      (Lines{R"(5 {"r":0.1,"layer":0})", R"(6 {"r":0.1,"layer":0})", R"(5 {"r":0.1,"layer":1})",
             R"(6 {"r":0.1,"layer":1})", R"(5 {"r":0.2,"layer":0})", R"(6 {"r":0.2,"layer":0})",
             R"(5 {"r":0.2,"layer":1})", R"(6 {"r":0.2,"layer":1})"}));
}

TEST(TrialDesign, NamesItsColumns) {
  const std::string qk = noise(", roles: [q_proj, k_proj], layers: 0");
  EXPECT_EQ(conditions(trial("leave_one_out: role", qk)),
            (Lines{R"(5 {"role":"q_proj"})", R"(5 {"role":"k_proj"})"}));
  EXPECT_EQ(conditions(trial("each: site", qk)),
            (Lines{R"(5 {"site":"layers.0.q_proj"})", R"(5 {"site":"layers.0.k_proj"})"}));
  EXPECT_EQ(conditions(trial("cumulative: layer")),
            (Lines{R"(5 {"k":1})", R"(5 {"k":2})", R"(5 {"k":3})"}));
  EXPECT_EQ(conditions(trial("pairs: role", qk)),
            (Lines{R"(5 {"role":"q_proj"})", R"(5 {"role":"k_proj"})", R"(5 {"role":"all"})"}));
  EXPECT_EQ(conditions(trial("factorial: role", qk)),
            (Lines{R"(5 {"role":"q_proj"})", R"(5 {"role":"k_proj"})", R"(5 {"role":"all"})"}));
  const std::vector<Trial> trials = read(trial("cumulative: layer"));
  EXPECT_EQ(trials[0].design.kind, "cumulative");
  EXPECT_EQ(trials[0].design.factor, "layer");
  EXPECT_EQ(read(by_hand(noise("")))[0].design.kind, "");
}

TEST(TrialDesign, CountsItsTrials) {
  // 3 layers of 6 linears.
  EXPECT_EQ(read(trial("each: site")).size(), 18u);
  EXPECT_EQ(read(trial("pairs: role")).size(), 6u + 15u + 1u);
  EXPECT_EQ(read(trial("pairs: layer\nrepeat: 2")).size(), 2 * (3u + 3u + 1u));
  EXPECT_EQ(read(trial("factorial: role")).size(), 31u);
  EXPECT_EQ(read(trial("factorial: {of: role, resolution: 4}")).size(), 15u);
  EXPECT_EQ(read(trial("factorial: {of: layer}\nrepeat: 2")).size(), 2 * 7u);
}

TEST(TrialDesign, KnowsTheResolution) {
  for (const auto& [yaml, resolution] :
       std::vector<std::pair<std::string, Index>>{{"factorial: role", 5},
                                                  {"factorial: {of: role}", 5},
                                                  {"factorial: {of: role, resolution: 4}", 4},
                                                  {"pairs: role", 0}}) {
    const Design design = read(trial(yaml))[0].design;
    EXPECT_EQ(design.resolution, resolution) << yaml;
    EXPECT_EQ(design.factor, "role");
  }
}

TEST(TrialDesign, IsTheSameConditionAsOneWrittenByHand) {
  const std::string input = "{sites: {tensor: input}, grid: uniform, bits: 8, granularity: token}";
  const std::string both = noise("") + ", " + input;
  const auto input_at = [](const std::string& where) {
    return "{sites: {tensor: input, " + where + "}, grid: uniform, bits: 8, granularity: token}";
  };
  EXPECT_EQ(identity(read(trial("each: layer", both))[1]),
            identity(by_hand(noise(", layers: 1") + ", " + input_at("layers: 1"))));
  EXPECT_EQ(identity(read(trial("each: role", both))[4]),
            identity(by_hand(noise(", roles: fc1") + ", " + input_at("roles: fc1"))));
  EXPECT_EQ(identity(read(trial("each: site", both))[17]),
            identity(by_hand(noise(", roles: fc2, layers: last") + ", " +
                             input_at("roles: fc2, layers: last"))));
  EXPECT_EQ(identity(read(trial("leave_one_out: layer"))[0]),
            identity(by_hand(noise(", layers: 1-2"))));
  EXPECT_EQ(identity(read(trial("leave_one_out: role"))[5]),
            identity(by_hand(noise(", roles: [q_proj, k_proj, v_proj, o_proj, up_proj]"))));
  EXPECT_EQ(identity(read(trial("leave_one_out: site"))[0]),
            identity(by_hand(noise(", except: {layers: 0, roles: q_proj}"))));
  EXPECT_EQ(identity(read(trial("cumulative: layer"))[1]),
            identity(by_hand(noise(", layers: 0-1"))));
  EXPECT_EQ(identity(read(trial("cumulative: layer"))[2]), identity(by_hand(noise(""))));
  EXPECT_EQ(identity(read(trial("pairs: layer"))[4]), identity(by_hand(noise(", layers: [0, 2]"))));
  EXPECT_EQ(identity(read(trial("pairs: layer"))[6]), identity(by_hand(noise(""))));
  EXPECT_EQ(identity(read(trial("factorial: layer"))[4]), identity(read(trial("pairs: layer"))[4]));
  EXPECT_EQ(identity(read(trial("factorial: layer"))[6]), identity(by_hand(noise(""))));
  // An entry that has nothing of a level is no part of it.
  EXPECT_EQ(identity(read(trial("each: layer", noise("") + ", " + input_at("layers: 2")))[0]),
            identity(by_hand(noise(", layers: 0"))));
}

TEST(TrialDesign, NamesEachMistake) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {trial("each: [layer]"), "f.yaml:2:7: each: cannot read a list as layer | role | site"},
      {trial("each: layers"), "f.yaml:2:7: each: unknown value 'layers'; did you mean 'layer'?"},
      {trial("cumulative: role"),
       "f.yaml:2:13: cumulative: unknown value 'role'; known: layer (the first k "
       "decoder blocks)"},
      {trial("each: layer\npairs: role"),
       "f.yaml:3:8: pairs: has 'each' beside it; a trial has at most one of each, leave_one_out, "
       "cumulative, pairs, factorial"},
      {trial("factorial: layers"),
       "f.yaml:2:12: factorial: unknown value 'layers'; did you mean 'layer'?"},
      {trial("factorial: [layer]"),
       "f.yaml:2:12: factorial: cannot read a list as layer | role | site"},
      {trial("factorial: {of: layer, resolution: 3}"),
       "f.yaml:2:36: factorial.resolution: must be between 4 and 5, is 3"},
      {trial("factorial: {resolution: 4}"), "f.yaml:2:12: factorial: required key 'of' is missing"},
      {trial("factorial: {of: layer, resolutoin: 4}"),
       "f.yaml:2:24: factorial: unknown key 'resolutoin'; did you mean 'resolution'?"},
      {trial("factorial: layer\nresolution: 4"),
       "f.yaml:3:1: unknown key 'resolution'; known: name, perturb, quantize, distort, sweep, zip, "
       "repeat, seed, each, leave_one_out, cumulative, pairs, factorial, bisect, twins, stop, "
       "reshape, execute"},
      {trial("pairs: layer\nfactorial: {of: role}"),
       "f.yaml:3:12: factorial: has 'pairs' beside it; a trial has at most one of each, "
       "leave_one_out, cumulative, pairs, factorial"},
      {trial("factorial: layer", noise(", layers: 1")),
       "f.yaml:2:12: factorial: needs at least two layers, and the sites of this trial have not so "
       "many in opt"},
      {trial("factorial: layer\nbisect: {range: [0.1, 1], target: {kl: 1}}",
             noise("", "\"${bisect}\"")),
       "f.yaml:3:9: bisect: has 'factorial' beside it, whose effects are differences between "
       "trials "
       "of one strength; search with 'each' or 'pairs'"},
      {trial("factorial: role\nsweep: {role: [q_proj]}", noise(", roles: \"${role}\"")),
       "f.yaml:3:9: sweep.role: a variable cannot be called 'role', which is the column of "
       "'factorial'"},
      {trial("each: layer", noise(", layers: 1")),
       "f.yaml:2:7: each: needs at least two layers, and the sites of this trial have not so many "
       "in opt"},
      {trial("each: layer\nsweep: {layer: [1]}", noise(", layers: \"${layer}\"")),
       "f.yaml:3:9: sweep.layer: a variable cannot be called 'layer', which is the column of "
       "'each'"},
      {trial("cumulative: layer\nzip: {k: [1]}", noise("", "\"${k}\"")),
       "f.yaml:3:7: zip.k: a variable cannot be called 'k', which is the column of 'cumulative'"},
      {trial("each: role", noise(", roles: \"${role}\"")),
       "f.yaml:3:43: distort[0].sites.roles: 'role' is the column of 'each' and no variable: the "
       "sites are narrowed by themselves"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
  // Other trials' columns are free.
  EXPECT_EQ(
      message_of(trial("each: role\nsweep: {layer: [0, 1]}", noise(", layers: \"${layer}\""))),
      "no error");
}

const std::string kBisect = "bisect: {range: [0.001, 1], target: {kl: 0.05}}";

TEST(TrialBisect, MakesTheTrialOfEachValue) {
  const Trial searched = read(trial(kBisect + "\nsweep: {n: [gaussian]}",
                                    "{sites: {tensor: weight}, noise: \"${n}\", strength: "
                                    "{relative_l2: \"${bisect}\"}}"))
                             .at(0);
  ASSERT_TRUE(searched.bisect.has_value());
  EXPECT_EQ(searched.vars.dump(), R"({"n":"gaussian"})");
  const Trial at = searched.at(0.03);
  EXPECT_FALSE(at.bisect.has_value());
  EXPECT_EQ(at.vars.dump(), R"({"n":"gaussian","bisect":0.03})");
  EXPECT_EQ(identity(at), identity(by_hand(noise("", "0.03"))));
  EXPECT_EQ(identity(searched.at(1.0)), identity(by_hand(noise("", "1"))));
  EXPECT_EQ(identity(searched.at(0.001)), identity(by_hand(noise("", "1e-3"))));
  EXPECT_EQ(at.entries[0].config(), read(by_hand(noise("", "0.03")))[0].entries[0].config());
  // Until then it stands at the first value that will be tried.
  EXPECT_EQ(identity(searched), identity(searched.at(*Bisection(*searched.bisect).next())));
  EXPECT_TRUE(searched.draws());
}

TEST(TrialBisect, WaitsForThePrecisionThatItNeeds) {
  const std::string entry =
      "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: \"${bisect}\"}}";
  const auto stop_of = [&](const std::string& bisect, const std::string& stop) {
    return read(trial(bisect + "\nstop: {kl_halfwidth: " + stop + "}", entry)).at(0).at(0.1).stop;
  };
  // rel_tolerance 0.05 of 0.05
  EXPECT_DOUBLE_EQ(stop_of(kBisect, "0.01")->kl_halfwidth, 0.0025);
  EXPECT_DOUBLE_EQ(stop_of(kBisect, "0.001")->kl_halfwidth, 0.001);
  EXPECT_FALSE(stop_of("bisect: {range: [0.001, 1], target: {delta_nll: 0.05}}", "0.01"));
}

TEST(TrialBisect, ReadsANumberOfAnySize) {
  const Trial searched =
      read(trial("bisect: {range: [1e-12, 1e9], target: {kl: 0.05}}", noise("", "\"${bisect}\"")))
          .at(0);
  for (const double value : {1e-12, 3.3e-7, 1.0 / 3.0, 12.0, 123456789.0, 1e9})
    EXPECT_EQ(searched.at(value).entries[0].distortion->config()["strength"]["relative_l2"], value);
}

TEST(TrialBisect, LivesLongerThanTheKindsItWasReadWith) {
  std::vector<Trial> trials;
  {
    const KindsPtr kinds = Kinds::builtin();
    ConfigErrors errors;
    trials = expand_trial(parse_good(trial(kBisect, noise("", "\"${bisect}\""))), 0, kinds, errors);
  }
  EXPECT_EQ(trials.at(0).at(0.5).entries[0].distortion->config()["strength"]["relative_l2"], 0.5);
}

TEST(TrialBisect, CombinesWithADesignAndRepeats) {
  const std::vector<Trial> trials =
      read(trial("each: layer\nrepeat: 2\n" + kBisect,
                 noise("", "\"${bisect}\"") + ", " + noise(", layers: 2")));
  ASSERT_EQ(trials.size(), 6u);
  ASSERT_EQ(trials[5].entries.size(), 2u);
  EXPECT_EQ(trials[5].at(0.2).vars.dump(), R"({"layer":2,"bisect":0.2})");
  EXPECT_EQ(trials[5].at(0.2).seed, 6u);
  EXPECT_EQ(identity(trials[5].at(0.2)),
            identity(by_hand(noise(", layers: 2", "0.2") + ", " + noise(", layers: 2"))));
  ASSERT_EQ(trials[0].entries.size(), 1u);
  EXPECT_EQ(identity(trials[0].at(0.2)), identity(by_hand(noise(", layers: 0", "0.2"))));
}

TEST(TrialBisect, PrintsTheVariableWhereTheValueGoes) {
  const Trial searched = read(trial(kBisect, noise("", "\"${bisect}\""))).at(0);
  EXPECT_EQ(searched.entries[0].config().dump(),
            R"({"sites":{"tensor":"weight","roles":"*"},"noise":"gaussian",)"
            R"("relation":"independent","strength":{"relative_l2":"${bisect}"},"scope":"tensor"})");
}

TEST(TrialBisect, NamesEachMistake) {
  const std::string used = noise("", "\"${bisect}\"");
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {trial(kBisect),
       "f.yaml:2:9: bisect: is never used; write \"${bisect}\" where the value "
       "goes that is searched for"},
      {by_hand(used),
       "f.yaml:3:78: distort[0].strength.relative_l2: \"${bisect}\" needs 'bisect' "
       "in the trial: {range: [lowest, highest], target: {kl: x}}"},
      {trial("bisect: {range: [0.1, 1e12], target: {kl: 1}}", used),
       "f.yaml:3:78: distort[0].strength.relative_l2: must be between 0 and 1000000000, is "
       "1000000000000"},
      {trial("bisect: {range: [1, 0.1], target: {kl: 1}}", used),
       "f.yaml:2:17: bisect.range: is reversed; write [0.1, 1]"},
      {trial("bisect: {range: [2, 8], target: {kl: 1}}",
             "{sites: {tensor: weight}, grid: uniform, bits: \"${bisect}\", granularity: channel}"),
       "f.yaml:3:58: distort[0].bits: the search needs every number between 2 and 8 to do here"},
      {trial(kBisect, noise(", roles: \"${bisect}\"")),
       "f.yaml:3:43: distort[0].sites.roles: the sites cannot depend on the value that is searched "
       "for"},
      {trial(kBisect + "\nsweep: {bisect: [1]}", used),
       "f.yaml:3:9: sweep.bisect: a variable cannot be called 'bisect', which is the column of "
       "'bisect'"},
      {trial(kBisect,
             "{sites: {tensor: weight}, noise: gausian, strength: {relative_l2: "
             "\"${bisect}\"}}"),
       "f.yaml:3:44: distort[0].noise: unknown noise 'gausian'; did you mean 'gaussian'?"},
  };
  for (const auto& [yaml, message] : mistakes) EXPECT_EQ(message_of(yaml), message) << yaml;
}

TEST(TrialStop, IsTheTrialsOwnOrTheExperiments) {
  const auto stop_of = [](const std::string& own) {
    ConfigErrors errors;
    const std::vector<Trial> trials = expand_trial(parse_good(trial(own)), 0, Kinds::builtin(),
                                                   errors, StopConfig{.kl_halfwidth = 0.5});
    errors.throw_if_any();
    return trials.at(0).stop ? trials[0].stop->kl_halfwidth : 0.0;
  };
  EXPECT_EQ(stop_of("repeat: 1"), 0.5);
  EXPECT_EQ(stop_of("stop: {kl_halfwidth: 0.1}"), 0.1);
  EXPECT_EQ(stop_of("stop: none"), 0.0);
  EXPECT_FALSE(read(trial("repeat: 1"))[0].stop.has_value());
}

}  // namespace
}  // namespace nf
