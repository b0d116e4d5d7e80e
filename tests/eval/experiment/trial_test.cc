#include "eval/experiment/trial.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/config_support.h"

namespace nf {
namespace {

constexpr std::uint64_t kExperimentSeed = 5;

std::vector<Trial> expand(const std::string& yaml) {
  ConfigErrors errors;
  std::vector<Trial> trials =
      expand_trial(parse_good(yaml), kExperimentSeed, Kinds::builtin(), errors);
  errors.throw_if_any();
  return trials;
}

std::string message_of(const std::string& yaml) {
  return config_message(yaml, [](const ConfigNode& node, ConfigErrors& errors) {
    expand_trial(node, kExperimentSeed, Kinds::builtin(), errors);
  });
}

/// "name seed vars" of each trial.
std::vector<std::string> conditions(const std::string& yaml) {
  std::vector<std::string> result;
  for (const Trial& trial : expand(yaml))
    result.push_back(fmt::format("{} {} {}", trial.name, trial.seed, trial.vars.dump()));
  return result;
}

const std::string kNoise =
    "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}";
const std::string kQuantizer =
    "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}";

TEST(Trial, IsOneConditionWithoutASweep) {
  const std::vector<Trial> trials = expand("name: plain noise\nperturb: [" + kNoise + "]\n");
  ASSERT_EQ(trials.size(), 1u);
  EXPECT_EQ(trials[0].name, "plain noise");
  EXPECT_EQ(trials[0].seed, kExperimentSeed);
  EXPECT_TRUE(trials[0].vars.empty());
  ASSERT_EQ(trials[0].entries.size(), 1u);
  EXPECT_EQ(trials[0].entries[0].config().dump(),
            R"({"sites":{"tensor":"weight","roles":"*"},"noise":"gaussian",)"
            R"("relation":"independent","strength":{"relative_l2":0.1},"scope":"tensor"})");
}

TEST(Trial, SweepsEveryCombinationTheLastVariableFastest) {
  EXPECT_EQ(conditions("name: s\nsweep: {r: [0.1, 0.2], kind: [gaussian, uniform]}\n"
                       "perturb: [{sites: {tensor: weight}, noise: \"${kind}\", "
                       "strength: {relative_l2: \"${r}\"}}]\n"),
            (std::vector<std::string>{
                R"(s 5 {"r":0.1,"kind":"gaussian"})", R"(s 5 {"r":0.1,"kind":"uniform"})",
                R"(s 5 {"r":0.2,"kind":"gaussian"})", R"(s 5 {"r":0.2,"kind":"uniform"})"}));
}

TEST(Trial, PutsTheVariablesIntoItsEntries) {
  const std::vector<Trial> trials = expand(
      "name: s\nzip: {b: [4, 8], p: [q, k]}\ndistort: [{sites: {tensor: weight}, grid: uniform, "
      "bits: \"${b}\", granularity: channel}, {sites: {tensor: weight, roles: "
      "\"${p}_proj\"}, noise: clip, quantile: 0.5}]\n");
  ASSERT_EQ(trials.size(), 2u);
  EXPECT_EQ(trials[0].entries[0].config()["bits"], 4);
  EXPECT_EQ(trials[1].entries[0].config()["bits"], 8);
  EXPECT_EQ(trials[1].entries[1].config()["sites"]["roles"], "k_proj");
}

TEST(Trial, ZipsInStepAndCrossesWithTheSweep) {
  EXPECT_EQ(conditions("name: z\nsweep: {grid: [uniform, power]}\nzip: {b: [4, 8], g: [32, 64]}\n"
                       "quantize: [{sites: {tensor: weight}, grid: \"${grid}\", bits: \"${b}\", "
                       "granularity: {group: \"${g}\"}}]\n"),
            (std::vector<std::string>{
                R"(z 5 {"grid":"uniform","b":4,"g":32})", R"(z 5 {"grid":"uniform","b":8,"g":64})",
                R"(z 5 {"grid":"power","b":4,"g":32})", R"(z 5 {"grid":"power","b":8,"g":64})"}));
}

TEST(Trial, RepeatsWithConsecutiveSeeds) {
  EXPECT_EQ(conditions("name: n\nrepeat: 3\nperturb: [" + kNoise + "]\n"),
            (std::vector<std::string>{"n 5 {}", "n 6 {}", "n 7 {}"}));
  EXPECT_EQ(conditions("name: n\nrepeat: 2\nseed: 40\nperturb: [" + kNoise + "]\n"),
            (std::vector<std::string>{"n 40 {}", "n 41 {}"}));
}

TEST(Trial, RepeatsEachPointOfItsSweep) {
  const std::string yaml =
      "name: n\nrepeat: 2\nsweep: {r: [0.1, 0.2]}\nperturb: [{sites: {tensor: weight}, noise: "
      "gaussian, strength: {relative_l2: \"${r}\"}}]\n";
  EXPECT_EQ(conditions(yaml), (std::vector<std::string>{R"(n 5 {"r":0.1})", R"(n 6 {"r":0.1})",
                                                        R"(n 5 {"r":0.2})", R"(n 6 {"r":0.2})"}));
}

TEST(Trial, KeepsTheOrderOfMixedEntries) {
  const auto kinds_of = [](const std::string& list) {
    std::string kinds;
    const std::vector<Trial> trials = expand("name: d\ndistort: [" + list + "]\n");
    for (const Entry& entry : trials[0].entries)
      kinds += entry.config().contains("noise") ? 'n' : 'q';
    return kinds;
  };
  EXPECT_EQ(kinds_of(kNoise + ", " + kQuantizer), "nq");
  EXPECT_EQ(kinds_of(kQuantizer + ", " + kNoise + ", " + kQuantizer), "qnq");
}

TEST(Trial, DrawsOnlyWhereTheSeedMatters) {
  const auto draws = [](const std::string& entry) {
    return expand("name: d\ndistort: [" + entry + "]\n")[0].draws();
  };
  EXPECT_TRUE(draws(kNoise));
  EXPECT_TRUE(draws(kQuantizer + ", " + kNoise));
  EXPECT_FALSE(draws(kQuantizer));
  EXPECT_FALSE(draws("{sites: {tensor: weight}, noise: clip, quantile: 0.9}"));
  EXPECT_FALSE(draws("{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.0}}"));
}

TEST(Trial, ShowsKindsAStateAsAnInput) {
  for (const std::string state : {"resid", "k_cache", "v_cache"}) {
    const auto config = [&](const std::string& tensor, const std::string& rest) {
      Json json = expand("name: s\ndistort: [{sites: {tensor: " + tensor + "}, " + rest + "}]\n")[0]
                      .entries[0]
                      .config();
      json.erase("sites");
      return json;
    };
    for (const std::string rest :
         {"noise: gaussian, strength: {relative_l2: 0.1}",
          "noise: gaussian, strength: {match: {grid: uniform, bits: 4}}",
          "noise: permuted, reference: {grid: uniform, bits: 4}", "noise: clip, quantile: 0.9",
          "grid: uniform, bits: 4, granularity: token"})
      EXPECT_EQ(config(state, rest), config("input", rest)) << state << " " << rest;
    const std::vector<Trial> trials =
        expand("name: s\nperturb: [{sites: {tensor: " + state +
               ", layers: 0-3}, noise: gaussian, strength: {relative_l2: 0.1}}]\n");
    EXPECT_EQ(trials[0].entries[0].config()["sites"], (Json{{"tensor", state}, {"layers", "0-3"}}));
  }
}

struct Mistake {
  std::string yaml;
  std::string message;
};

TEST(Trial, NamesEachMistakeAndItsPlace) {
  const std::string weight = "{sites: {tensor: weight}, ";
  const std::string input = "{sites: {tensor: input}, ";
  const std::vector<Mistake> mistakes = {
      {"name: a\nperturb:\n  - " + weight +
           "noise: gaussian, relatoin: inverse, strength: {snr_db: 9}}\n",
       "f.yaml:3:48: perturb[0]: unknown key 'relatoin'; did you mean 'relation'?"},
      {"name: a\nquantize:\n  - " + weight + "grid: uniform, bits: four, granularity: channel}\n",
       "f.yaml:3:52: quantize[0].bits: cannot read 'four' as an integer"},
      {"name: a\nrepeat: often\nquantize: [" + kQuantizer + "]\n",
       "f.yaml:2:9: repeat: cannot read 'often' as an integer"},
      {"name: a\nrepeats: 3\nquantize: [" + kQuantizer + "]\n",
       "f.yaml:2:1: unknown key 'repeats'; did you mean 'repeat'?"},
      {"name: a\nquantize:\n  - {sites: {tensor: weight, layers: 0-3,7}, grid: uniform, bits: 4, "
       "granularity: channel}\n",
       "f.yaml:3:42: quantize[0].sites: unknown key '7'; a list in flow style needs brackets: "
       "[0-3, 7], or quotes: \"0-3,7\""},
      {"name: a\nquantize:\n  - {sites: {roles: q_proj}, grid: uniform, bits: 4, granularity: "
       "channel}\n",
       "f.yaml:3:13: quantize[0].sites: required key 'tensor' is missing"},
      {"name: a\nquantize: [" + kQuantizer + "]\nperturb: [" + kNoise + "]\n",
       "f.yaml:1:1: has more than one of perturb, quantize and distort; write one list under "
       "'distort', in the order in which the entries act"},
      {"name: a\n", "f.yaml:1:1: needs one of: perturb, quantize, distort"},
      {"name: a\nperturb: []\n",
       "f.yaml:2:10: perturb: cannot read a list as a list of at least one entry"},
      {"name: a\nquantize:\n  - " + weight + "noise: clip, quantile: 0.9}\n",
       "f.yaml:3:5: quantize[0]: 'quantize' takes quantizers; noise stands under 'perturb' or "
       "'distort'"},
      {"name: a\nperturb:\n  - " + kQuantizer + "\n",
       "f.yaml:3:5: perturb[0]: 'perturb' takes noise; a quantizer stands under 'quantize' or "
       "'distort'"},
      {"name: a\ndistort:\n  - " + weight + "bits: 4}\n",
       "f.yaml:3:5: distort[0]: needs 'noise' or 'grid'"},
      {"name: a\ndistort:\n  - " + weight + "noise: clip, quantile: 0.9, grid: uniform}\n",
       "f.yaml:3:5: distort[0]: is either noise (noise:) or a quantizer (grid:), not both"},
      {"name: a\ndistort: [gaussian]\n",
       "f.yaml:2:11: distort[0]: required key 'strength' is missing"},
      {"name: a\nperturb:\n  - " + weight + "noise: gausian, strength: {relative_l2: 0.1}}\n",
       "f.yaml:3:38: perturb[0].noise: unknown noise 'gausian'; did you mean 'gaussian'?"},
      {"name: a\nperturb:\n  - " + weight + "noise: gaussian}\n",
       "f.yaml:3:5: perturb[0]: required key 'strength' is missing"},
      {"name: a\nperturb:\n  - " + weight +
           "noise: gaussian, strength: {snr_db: 10, relative_l2: 0.1}}\n",
       "f.yaml:3:58: perturb[0].strength: needs exactly one of: relative_l2, snr_db, sigma_abs, "
       "match"},
      {"name: a\nperturb:\n  - " + weight + "noise: clip, quantile: 0.9, fraction_of_max: 0.5}\n",
       "f.yaml:3:5: perturb[0]: needs exactly one of: quantile, fraction_of_max"},
      {"name: a\nquantize:\n  - " + weight + "grid: unifrom, bits: 4, granularity: channel}\n",
       "f.yaml:3:37: quantize[0].grid: unknown grid 'unifrom'; did you mean 'uniform'?"},
      {"name: a\nquantize:\n  - " + weight +
           "grid: power, symmetric: false, bits: 4, granularity: channel}\n",
       "f.yaml:3:55: quantize[0].symmetric: grid power is symmetric only; leave symmetric out, or "
       "use grid uniform"},
      {"name: a\nquantize:\n  - " + input + "grid: uniform, bits: 4, granularity: channel}\n",
       "f.yaml:3:67: quantize[0].granularity: channel is for weights: on activations it would be a "
       "scale for each feature over all positions, the later ones too; take token (a scale for "
       "each position), {group: g} or tensor"},
      {"name: a\nquantize:\n  - {sites: {tensor: k_cache, roles: k_proj}, grid: uniform, bits: 4, "
       "granularity: token}\n",
       "f.yaml:3:38: quantize[0].sites.roles: k_cache is a block's, not a linear's, and has no "
       "roles; leave roles out (layers narrows it)"},
      {"name: a\nquantize:\n  - {sites: {tensor: resid}, grid: uniform, bits: 4, granularity: "
       "channel}\n",
       "f.yaml:3:67: quantize[0].granularity: channel is for weights: on activations it would be a "
       "scale for each feature over all positions, the later ones too; take token (a scale for "
       "each position), {group: g} or tensor"},
      {"name: baseline\nquantize: [" + kQuantizer + "]\n",
       "f.yaml:1:7: name: 'baseline' is the name of the untouched model's row"},
      {"name: floor\nquantize: [" + kQuantizer + "]\n",
       "f.yaml:1:7: name: 'floor' is the name of the run that measures kl_floor; choose another"},
      {"name: \"\"\nquantize: [" + kQuantizer + "]\n", "f.yaml:1:7: name: must not be empty"},
      {"quantize: [" + kQuantizer + "]\n", "f.yaml:1:1: required key 'name' is missing"},
      {"name: a\nseed: -3\nquantize: [" + kQuantizer + "]\n",
       "f.yaml:2:7: seed: must be at least 0, is -3"},
  };
  for (const Mistake& mistake : mistakes)
    EXPECT_EQ(message_of(mistake.yaml), mistake.message) << mistake.yaml;
}

TEST(Trial, NamesEachMistakeInVariables) {
  const std::string bits =
      "quantize:\n  - {sites: {tensor: weight}, grid: uniform, bits: \"${b}\", granularity: "
      "{group: \"${g}\"}}\n";
  const std::vector<Mistake> mistakes = {
      {"name: a\nsweep: {kl: [4, 8]}\nquantize: [{sites: {tensor: weight}, grid: uniform, bits: "
       "\"${kl}\", granularity: channel}]\n",
       "f.yaml:2:9: sweep.kl: a variable cannot be called 'kl', which is a column of results.csv"},
      {"name: a\nzip: {seed: [4, 8]}\nquantize: [{sites: {tensor: weight}, grid: uniform, bits: "
       "\"${seed}\", granularity: channel}]\n",
       "f.yaml:2:7: zip.seed: a variable cannot be called 'seed', which is a column of "
       "results.csv"},
      {"name: a\nsweep: {b: [4, 8]}\nquantize: [" + kQuantizer + "]\n",
       "f.yaml:2:12: sweep.b: variable 'b' is never used; write \"${b}\" where its value goes"},
      {"name: a\nsweep: {g: [32], bb: [4]}\n" + bits,
       "f.yaml:2:22: sweep.bb: variable 'bb' is never used; write \"${bb}\" where its value goes\n"
       "f.yaml:4:52: quantize[0].bits: \"${b}\" stands for a variable, but only bb, g are defined "
       "here; did you mean 'bb'?"},
      {"name: a\nsweep: {g: [32]}\nquantize:\n  - {sites: {tensor: weight}, grid: uniform, "
       "bits: 4, granularity: {group: \"${g}\", axis: \"${way}\"}}\n",
       "f.yaml:4:90: quantize[0].granularity.axis: \"${way}\" stands for a variable, but only "
       "g is defined here"},
      {"name: a\nzip: {b: [4, 8], g: [32, 64, 128]}\n" + bits,
       "f.yaml:2:21: zip.g: has 3 values, the variables before it have 2"},
      {"name: a\nsweep: {b: [4], g: [32]}\nzip: {b: [8]}\n" + bits,
       "f.yaml:3:7: zip.b: variable 'b' stands in sweep already"},
      {"name: a\nsweep: {b: [], g: 32}\n" + bits,
       "f.yaml:2:12: sweep.b: needs a list of at least one value\n"
       "f.yaml:2:19: sweep.g: needs a list of at least one value; write [32]"},
      {"name: a\nsweep: {b: [4, 3, 4], g: [32]}\n" + bits,
       "f.yaml:2:19: sweep.b[2]: the value 4 stands here twice: both would be the same trial, "
       "counted twice; 'repeat' gives a trial more seeds"},
      {"name: a\nzip: {b: [4, 3, 4], g: [32, 32, 32]}\n" + bits,
       "f.yaml:2:17: zip.b[2]: the step b=4, g=32 stands here twice: both would be the same trial, "
       "counted twice; 'repeat' gives a trial more seeds"},
      {"name: a\nsweep: {g: [g32, {group: 32}, channel]}\nquantize: [{sites: {tensor: weight}, "
       "grid: uniform, bits: 4, granularity: \"${g}\"}]\n",
       "f.yaml:2:8: sweep: the points g=g32 and g={group: 32} are the same trial; leave one of "
       "them out"},
      {"name: a\nsweep: {b: [4, 40], g: [64]}\n" + bits,
       "f.yaml:4:52: quantize[0].bits: must be between 2 and 8, is 40"},
  };
  for (const Mistake& mistake : mistakes)
    EXPECT_EQ(message_of(mistake.yaml), mistake.message) << mistake.yaml;
}

TEST(Trial, HintsAtWhatAVariableIsFor) {
  const std::string bits =
      "quantize: [{sites: {tensor: weight}, grid: uniform, bits: \"${b}\", granularity: "
      "channel}]\n";
  const std::vector<Mistake> mistakes = {
      {"name: a\n" + bits,
       "f.yaml:2:59: quantize[0].bits: \"${b}\" stands for a variable, but none is defined here; "
       "sweep: {b: [...]} in the trial defines it"},
      {"name: w${b}\nsweep: {b: [4]}\n" + bits,
       "f.yaml:1:7: name: variables stand in the entries alone; results name each point of a sweep "
       "by itself"},
      {"name: a\nsweep: {b: [4]}\nrepeat: \"${b}\"\n" + bits,
       "f.yaml:3:9: repeat: cannot read \"${b}\" as an integer; variables have values in the "
       "entries of a trial alone"},
      {"name: a\nsweep: {b: 2-8}\n" + bits,
       "f.yaml:2:12: sweep.b: needs a list of at least one value; write [2, ..., 8]"},
      {"name: a\nsweep: {b: [4]}\nquantize:\n  - {sites: {tensor: weight}, grid: uniform, bits: "
       "$b, granularity: channel}\n",
       "f.yaml:2:12: sweep.b: variable 'b' is never used; write \"${b}\" where its value goes\n"
       "f.yaml:4:52: quantize[0].bits: cannot read '$b' as an integer; a variable is written "
       "\"${b}\""},
  };
  for (const Mistake& mistake : mistakes)
    EXPECT_EQ(message_of(mistake.yaml), mistake.message) << mistake.yaml;
}

TEST(Trial, NamesAllMistakesOfAnEntryAtOnce) {
  EXPECT_EQ(message_of("name: a\nseeds: 3\nquantize:\n"
                       "  - {sites: {tensor: weigth, layer: 0}, grid: unifrom, bits: \"${b}\", "
                       "granularity: chanel, symetric: true}\n"),
            "f.yaml:2:1: unknown key 'seeds'; write repeat: 3 for three seeds, seed: for the first "
            "of them\n"
            "f.yaml:4:22: quantize[0].sites.tensor: unknown value 'weigth'; did you mean "
            "'weight'?\n"
            "f.yaml:4:30: quantize[0].sites: unknown key 'layer'; did you mean 'layers'?\n"
            "f.yaml:4:47: quantize[0].grid: unknown grid 'unifrom'; did you mean 'uniform'?\n"
            "f.yaml:4:62: quantize[0].bits: \"${b}\" stands for a variable, but none is defined "
            "here; sweep: {b: [...]} in the trial defines it\n"
            "f.yaml:4:83: quantize[0].granularity: unknown value 'chanel'; did you mean "
            "'channel'?\n"
            "f.yaml:4:91: quantize[0]: unknown key 'symetric'; did you mean 'symmetric'?");
}

TEST(Trial, AWrongTensorIsNoMistakeOfItsGranularity) {
  for (const char* granularity : {"token", "channel"})
    EXPECT_EQ(message_of(std::string("name: a\nquantize:\n  - {sites: {tensor: activations}, grid: "
                                     "uniform, bits: 4, granularity: ") +
                         granularity + "}\n")
                  .find("granularity"),
              std::string::npos)
        << granularity;
}

TEST(Trial, HasNoSeedThatADatabaseCouldNotHold) {
  const std::string what = "perturb: [" + kNoise + "]\n";
  EXPECT_EQ(expand("name: a\nseed: 9223372036854775806\nrepeat: 2\n" + what).back().seed,
            9223372036854775807U);
  EXPECT_EQ(message_of("name: a\nseed: 9223372036854775806\nrepeat: 3\n" + what),
            "f.yaml:2:7: seed: the last of 3 seeds from 9223372036854775806 on would be "
            "9223372036854775808, beyond 2^63 - 1");
}

TEST(Trial, HasNoVariableThatCompareCouldNotSelect) {
  for (const char* name : {"\"\"", "\"a b\"", "\"a,b\"", "\"a=b\"", "\"a\\tb\"", "\" \""})
    EXPECT_NE(
        message_of(std::string("name: a\nsweep: {") + name + ": [1]}\nperturb: [" + kNoise + "]\n")
            .find("a variable cannot be called '"),
        std::string::npos)
        << name;
}

TEST(Trial, NamesTheMistakesOfAllEntriesAtOnce) {
  EXPECT_EQ(message_of("name: a\n"
                       "perturb:\n"
                       "  - {sites: {tensor: weight}, noise: gausian, strength: {snr_db: 3}}\n"
                       "  - {sites: {tensor: weight}, noise: clip}\n"
                       "  - {sites: {tensor: wieght}, noise: clip, quantile: 0.5}\n"),
            "f.yaml:3:38: perturb[0].noise: unknown noise 'gausian'; did you mean 'gaussian'?\n"
            "f.yaml:4:5: perturb[1]: needs exactly one of: quantile, fraction_of_max\n"
            "f.yaml:5:22: perturb[2].sites.tensor: unknown value 'wieght'; did you mean 'weight'?");
}

}  // namespace
}  // namespace nf
