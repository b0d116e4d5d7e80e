#include "eval/experiment/shorthand.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "eval/experiment/quantizer_words.h"
#include "eval/experiment/short_forms.h"
#include "eval/experiment/trial.h"
#include "quant/grid_spec.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

/// The entries of a trial with everything filled in, a line each.
std::string entries(const std::string& lists) {
  ConfigErrors errors;
  const std::vector<Trial> trials =
      expand_trial(parse_good("name: t\n" + lists), 0, Kinds::builtin(), errors);
  errors.throw_if_any();
  std::string text;
  for (const Trial& trial : trials)
    for (const Entry& entry : trial.entries) text += entry.config().dump() + "\n";
  return text;
}

std::string message(const std::string& lists) {
  return config_message("name: t\n" + lists, [](const ConfigNode& node, ConfigErrors& errors) {
    expand_trial(node, 0, Kinds::builtin(), errors);
  });
}

std::string weights(const std::string& keys) {
  return "{sites: {tensor: weight}, grid: uniform, bits: 4, " + keys + "}";
}
std::string inputs(const std::string& keys) {
  return "{sites: {tensor: input}, grid: uniform, bits: 8, " + keys + "}";
}

TEST(Shorthand, StandsForQuantizersWrittenOut) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"W4", weights("granularity: channel")},
      {"W4A16", weights("granularity: channel")},
      {"W4 g64", weights("granularity: {group: 64}")},
      {"W4 per-ic64", weights("granularity: {group: 64, axis: in}")},
      {"W4 tensor asym rtn", weights("granularity: tensor, symmetric: false")},
      {"W4 asym g64", weights("granularity: {group: 64}, symmetric: false")},
      {"W4A8", weights("granularity: channel") + ", " + inputs("granularity: token")},
      {"W4A8 g64 asym", weights("granularity: {group: 64}, symmetric: false") + ", " +
                            inputs("granularity: token, symmetric: false")},
      {"W4A8 channel tensor",
       weights("granularity: channel") + ", " + inputs("granularity: tensor")},
      {"W4A8 tensor", weights("granularity: tensor") + ", " + inputs("granularity: token")},
      {"W4A8 tensor tensor", weights("granularity: tensor") + ", " + inputs("granularity: tensor")},
      {"W4A8 tensor channel",
       weights("granularity: channel") + ", " + inputs("granularity: tensor")},
      {"W16A8 tensor", inputs("granularity: tensor")},
      {"W4 power0.5",
       "{sites: {tensor: weight}, grid: {power: 0.5}, bits: 4, granularity: channel}"},
      {"W4 cube-root", "{sites: {tensor: weight}, grid: power, bits: 4, granularity: channel}"},
      {"W4 nf4 g64", "{sites: {tensor: weight}, grid: nf4, granularity: {group: 64}}"},
      {"W3A8 kmeans", "{sites: {tensor: weight}, grid: kmeans, bits: 3, granularity: channel}, " +
                          inputs("granularity: token")},
      {"W4 g64 asym awq",
       weights("granularity: {group: 64}, symmetric: false, channel_scale: {awq: {steps: 20}}")},
      {"W4 asym adadim64", weights("granularity: {adaptive: 64}, symmetric: false")},
      {"W8A8 tensor smoothquant0.8",
       "{sites: {tensor: weight, except: {roles: [o_proj, down_proj]}}, grid: uniform, bits: 8, "
       "granularity: tensor, channel_scale: {smoothquant: {alpha: 0.8}}}, "
       "{sites: {tensor: input, except: {roles: [o_proj, down_proj]}}, grid: uniform, bits: 8, "
       "granularity: token, channel_scale: {smoothquant: {alpha: 0.8}}}, "
       "{sites: {tensor: weight, roles: [o_proj, down_proj]}, grid: uniform, bits: 8, "
       "granularity: tensor}, "
       "{sites: {tensor: input, roles: [o_proj, down_proj]}, grid: uniform, bits: 8, "
       "granularity: token}"},
  };
  for (const auto& [text, written_out] : pairs) {
    const std::string expected = entries("distort: [" + written_out + "]\n");
    EXPECT_EQ(entries("quantize: " + text + "\n"), expected) << text;
    EXPECT_EQ(entries("quantize: [" + text + "]\n"), expected) << text;
    EXPECT_EQ(entries("distort: [\"" + text + "\"]\n"), expected) << text;
  }
}

TEST(Shorthand, StandsForANoiseWrittenOut) {
  const std::vector<std::pair<std::string, std::string>> pairs = {
      {"gaussian l2=0.1",
       "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}"},
      {"weight laplace proportional snr=20dB g64",
       "{sites: {tensor: weight}, noise: laplace, relation: proportional, strength: {snr_db: 20}, "
       "scope: {group: 64}}"},
      {"input uniform power-0.5 snr=20 channel",
       "{sites: {tensor: input}, noise: uniform, relation: {power: -0.5}, strength: {snr_db: 20}, "
       "scope: channel}"},
      {"rademacher rms=0.01 per-ic32",
       "{sites: {tensor: weight}, noise: rademacher, strength: {sigma_abs: 0.01}, "
       "scope: {group: 32, axis: in}}"},
      {"gaussian snr=20 dB scope=g64",
       "{sites: {tensor: weight}, noise: gaussian, strength: {snr_db: 20}, scope: {group: 64}}"},
      {"gaussian snr=20db relation=power0.5",
       "{sites: {tensor: weight}, noise: gaussian, strength: {snr_db: 20}, relation: {power: "
       "0.5}}"},
      {"permuted channel reference=W4 g64 asym",
       "{sites: {tensor: weight}, noise: permuted, scope: channel, reference: {grid: uniform, "
       "bits: 4, granularity: {group: 64}, symmetric: false}}"},
      {"clip quantile=0.999 scope=g64",
       "{sites: {tensor: weight}, noise: clip, quantile: 0.999, scope: {group: 64}}"},
      {"student_t df=5 l2=1e-2",
       "{sites: {tensor: weight}, noise: student_t, df: 5, strength: {relative_l2: 1e-2}}"},
      {"input clip quantile=0.999", "{sites: {tensor: input}, noise: clip, quantile: 0.999}"},
      {"gaussian rank-up l2=0.1",
       "{sites: {tensor: weight}, noise: gaussian, relation: {rank: up}, strength: {relative_l2: "
       "0.1}}"},
      {"gaussian l2=0.1 relation=rank-down",
       "{sites: {tensor: weight}, noise: gaussian, relation: {rank: down}, strength: "
       "{relative_l2: 0.1}}"},
      {"round mantissa_bits=7", "{sites: {tensor: weight}, noise: round, mantissa_bits: 7}"},
      {"input zero_small quantile=0.5 token",
       "{sites: {tensor: input}, noise: zero_small, quantile: 0.5, scope: token}"},
      {"stochastic reference=W4 g64",
       "{sites: {tensor: weight}, noise: stochastic, reference: {grid: uniform, bits: 4, "
       "granularity: {group: 64}}}"},
      {"gaussian channel match=clip quantile=0.999",
       "{sites: {tensor: weight}, noise: gaussian, scope: channel, strength: {match: {noise: clip, "
       "quantile: 0.999}}}"},
      {"outliers_only quantile=0.999 match=clip quantile=0.999 channel",
       "{sites: {tensor: weight}, noise: outliers_only, quantile: 0.999, strength: {match: {noise: "
       "clip, quantile: 0.999, scope: channel}}}"},
      {"permuted reference=gaussian l2=0.1",
       "{sites: {tensor: weight}, noise: permuted, reference: {noise: gaussian, strength: "
       "{relative_l2: 0.1}}}"},
      {"k_cache gaussian l2=0.1",
       "{sites: {tensor: k_cache}, noise: gaussian, strength: {relative_l2: 0.1}}"},
  };
  for (const auto& [text, written_out] : pairs)
    EXPECT_EQ(entries("perturb: " + text + "\n"), entries("perturb: [" + written_out + "]\n"))
        << text;
}

TEST(Shorthand, StandsForAReferenceOnTheTensorOfItsEntry) {
  const auto matched = [](const std::string& tensor, const std::string& quantizer) {
    return entries("perturb: [{sites: {tensor: " + tensor +
                   "}, noise: gaussian, strength: {match: " + quantizer + "}}]\n");
  };
  EXPECT_EQ(
      matched("weight", "W4A8 g64 asym"),
      matched("weight", "{grid: uniform, bits: 4, symmetric: false, granularity: {group: 64}}"));
  EXPECT_EQ(matched("input", "W4A8 g64"), matched("input", "{grid: uniform, bits: 8}"));
  EXPECT_EQ(entries("perturb: [{sites: {tensor: weight}, noise: permuted, reference: W4}]\n"),
            entries("perturb: [{sites: {tensor: weight}, noise: permuted, reference: {grid: "
                    "uniform, bits: 4}}]\n"));
  EXPECT_EQ(
      message("perturb: [{sites: {tensor: input}, noise: gaussian, strength: {match: W4}}]\n"),
      "f.yaml:2:71: perturb[0].strength.match: 'W4' leaves inputs alone, and this is one of "
      "them; write W16A8, say");
}

TEST(Shorthand, StandsForANoiseThatIsReferredTo) {
  const auto matched = [](const std::string& tensor, const std::string& noise) {
    return "perturb: [{sites: {tensor: " + tensor +
           "}, noise: gaussian, strength: {match: " + noise + "}}]\n";
  };
  EXPECT_EQ(entries(matched("input", "clip quantile=0.99 token")),
            entries(matched("input", "{noise: clip, quantile: 0.99, scope: token}")));
  EXPECT_EQ(entries(matched("input", "input clip quantile=0.99")),
            entries(matched("input", "clip quantile=0.99")));
  EXPECT_EQ(entries(matched("weight", "laplace match=W4 g64")),
            entries(matched("weight",
                            "{noise: laplace, strength: {match: {grid: uniform, bits: "
                            "4, granularity: {group: 64}}}}")));
  EXPECT_EQ(message(matched("weight", "input clip quantile=0.99")),
            "f.yaml:2:72: perturb[0].strength.match: 'input clip quantile=0.99' is on another "
            "tensor than what refers to it; leave out 'input': it acts on the entry's own");
  EXPECT_EQ(message(matched("weight", "{noise: clip, grid: uniform}")),
            "f.yaml:2:72: perturb[0].strength.match: is either noise (noise:) or a quantizer "
            "(grid:), not both");
  EXPECT_EQ(message(matched("weight", "clop quantile=0.99")),
            "f.yaml:2:72: perturb[0].strength.match: 'clop' begins no shorthand; did you mean "
            "'clip'?");
}

TEST(Shorthand, TellsOnceOfARelationThatIsCalledOtherwise) {
  ConfigErrors errors;
  ShortForms forms;
  const std::vector<Trial> trials = expand_trial(
      parse_good("name: t\nperturb: [gaussian inverse l2=0.1, laplace inverse l2=0.1]\n"), 0,
      Kinds::builtin(), errors, {}, &forms);
  errors.throw_if_any();
  EXPECT_EQ(trials.front().entries.front().config()["relation"], "reflected");
  EXPECT_EQ(forms.warnings,
            (std::vector<std::string>{"f.yaml:2:11: perturb[0].relation: 'inverse' is called "
                                      "'reflected' now; it stays the same trial"}));
}

TEST(Shorthand, TakesVariablesAndASearchedValue) {
  EXPECT_EQ(entries("sweep: {b: [3, 4], g: [g64, channel]}\nquantize: W${b} ${g}\n"),
            entries("quantize: W3 g64\n") + entries("quantize: W3\n") +
                entries("quantize: W4 g64\n") + entries("quantize: W4\n"));
  EXPECT_EQ(entries("sweep: {q: [W4, W4A8 g64]}\nquantize: \"${q}\"\n"),
            entries("quantize: W4\n") + entries("quantize: W4A8 g64\n"));
  EXPECT_EQ(entries("bisect: {range: [0.001, 1], target: {kl: 0.1}}\n"
                    "perturb: gaussian l2=${bisect}\n"),
            entries("bisect: {range: [0.001, 1], target: {kl: 0.1}}\nperturb: [{sites: {tensor: "
                    "weight}, noise: gaussian, strength: {relative_l2: \"${bisect}\"}}]\n"));
}

TEST(Shorthand, NamesEachMistake) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"W9", "'W9': between 2 and 8 bits, or 16 to leave the weights alone"},
      {"W4A1", "'W4A1': between 2 and 8 bits, or 16 to leave the inputs alone"},
      {"W4A", "cannot read 'W4A'; write W4, W4A8 or the like"},
      {"W16", "'W16' leaves everything alone"},
      {"w4 g64", "cannot read 'w4 g64'; write W4 g64"},
      {"W3 nf4 g64", "the levels of grid nf4 are given, and so are their bits; write W4 nf4 g64"},
      {"W3A8 nf4", "the levels of grid nf4 are given, and so are their bits; write W4A4 nf4"},
      {"W4 assym", "unknown word 'assym' behind W4; did you mean 'asym'?"},
      {"W4 power", "'power' needs a number; write W4 power0.5, or cube-root"},
      {"W4 g", "'g' needs a number; write W4 g64"},
      {"W4 g64 adadim64", "says the granularity of weights twice: g64 and adadim64"},
      {"W16A8 awq", "'awq' is of weights, which 'W16A8' leaves alone"},
      {"W4 token", "'token' is of inputs, which 'W4' leaves alone"},
      {"W16A8 g64", "'g64' is of weights, which 'W16A8' leaves alone"},
      {"W4 g64 channel", "says the granularity of weights twice: g64 and channel"},
      {"W4 sym asym", "says its symmetry twice: sym and asym"},
      {"gausian l2=0.1", "'gausian' begins no shorthand; did you mean 'gaussian'?"},
      {"nothing at all",
       "'nothing' begins no shorthand; a quantizer is written like 'W4A8 g64 asym', a noise like "
       "'gaussian l2=0.1', everything else as a mapping"},
      {"weight", "names no noise; write it like 'weight gaussian l2=0.1'"},
      {"gaussian l2=0.1 snr=20dB", "says strength twice"},
      {"gaussian l3=0.1", "unknown word 'l3=' behind gaussian; did you mean 'l2'?"},
      {"gaussian strength=0.1",
       "unknown word 'strength=' behind gaussian; known: l2=0.1, snr=20dB, rms=0.01, match=W4, "
       "floor=0.001, reference=W4, independent, power0.5, proportional, rank-up, rank-down, "
       "reflected, step, g64, per-ic64, channel, token, tensor"},
      {"clip 0.999",
       "unknown word '0.999' behind clip; known: quantile=0.999, "
       "fraction_of_max=0.5, g64, per-ic64, channel, token, tensor"},
      {"\"\"", "is empty; write an entry, or a shorthand such as 'W4A8 g64'"},
  };
  for (const auto& [text, cause] : mistakes)
    EXPECT_EQ(message("distort: " + text + "\n"), "f.yaml:2:10: distort: " + cause) << text;
}

TEST(Shorthand, PointsAtItselfWhereAnEntryIsWrong) {
  EXPECT_EQ(message("quantize: [W4 power0.5 asym]\n"),
            "f.yaml:2:12: quantize[0].symmetric: grid power is symmetric only; leave symmetric "
            "out, or use grid uniform");
  EXPECT_EQ(message("perturb: gaussian\n"),
            "f.yaml:2:10: perturb: required key 'strength' is missing");
  EXPECT_EQ(message("perturb: W4\n"),
            "f.yaml:2:10: perturb: 'perturb' takes noise; a quantizer stands under 'quantize' or "
            "'distort'");
}

/// A grid or method that is added needs its word in the table.
TEST(Shorthand, HasAWordForEveryGridAndMethod) {
  std::string meanings;
  for (const ShorthandWord& word : quantizer_words()) meanings += word.meaning + "\n";
  for (const Kind<GridSpec>& grid : grids().kinds()) {
    const auto has = [&](const std::string& form) {
      return meanings.find(form) != std::string::npos;
    };
    EXPECT_TRUE(!grid.plain || has("{grid: " + grid.name + "}")) << grid.name;
    const bool is_list = grid.name == "codebook";  // too long for a word
    EXPECT_TRUE(!grid.has_parameter() || is_list || has("{grid: {" + grid.name + ": "))
        << grid.name;
  }
  for (const std::string& method : Kinds::builtin()->quantizers.names())
    EXPECT_NE(meanings.find("{method: " + method + "}"), std::string::npos) << method;
}

}  // namespace
}  // namespace nf
