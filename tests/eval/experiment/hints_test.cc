/// Every hint that shows a form is taken where it is pasted: a hint that leads to another mistake
/// is worse than none.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "eval/experiment/experiment.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"

namespace nf {
namespace {

/// A mistake: `wrong` stands in the place of "@" in the line below the head of an experiment.
struct Case {
  std::string line, wrong;
};

class Hints : public testing::Test {
 protected:
  std::string error_of(const Case& mistake, const std::string& put) const {
    std::string line = mistake.line;
    line.replace(line.find('@'), 1, put);
    const bool has_trials = line.starts_with("trials:");
    files_.write("e.yaml", "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32}\n" +
                               line + "\n" + (has_trials ? "" : "trials: []\n"));
    try {
      Experiment::load((files_ / "e.yaml").string(), {}, Kinds::builtin());
      return {};
    } catch (const ConfigError& error) {
      return error.what();
    }
  }

  ExperimentFiles files_;
};

/// What the first "write " of a message tells to write.
std::string told(const std::string& message) {
  const std::string word = "write ";
  const std::size_t at = message.find(word);
  if (at == std::string::npos) return {};
  const std::string behind = message.substr(at + word.size());
  return behind.substr(0, behind.find('\n'));
}

const std::string kEntry = "trials: [{name: t, quantize: [{@}]}]";
const std::string kNoise =
    "trials: [{name: t, perturb: [{sites: {tensor: weight}, noise: gaussian, @}]}]";
const std::string kWeight = "sites: {tensor: weight}, ";

/// Mistakes whose hint stands in the place of what is wrong.
const std::vector<Case> kReplaced = {
    {"calibration: @", "{text: text.txt}"},
    {"calibration: @", "{text: text.txt, context: 32}"},
    {"trials: [@]", "W4"},
    {"trials: [@]", "W4A8 g64 asym"},
    {"trials: [@]", "w4 a8"},
    {"trials: [@]", "input gaussian l2=0.1"},
    {"trials: [@]", "inputs gaussian"},
    {"trials: [{name: t, quantize: @}]", "W3 nf4"},
    {"trials: [{name: t, quantize: @}]", "W3A8 nf4"},
    {"trials: [{name: t, quantize: @}]", "W4 A8"},
    {"trials: [{name: t, quantize: @}]", "W4 group64"},
    {"trials: [{name: t, quantize: @}]", "w4"},
    {"trials: [{name: t, quantize: @}]", "W4g64"},
    {"trials: [{name: t, quantize: @}]", "W4_g64"},
    {"trials: [{name: t, quantize: @}]", "int4"},
    {"trials: [{name: t, quantize: @}]", "W4 g"},
    {"trials: [{name: t, perturb: @}]", "inputs gaussian"},
    {"trials: [{name: t, perturb: @}]", "gaussian 0.1"},
    {"trials: [{name: t, perturb: @}]", "weight"},
    {"trials: [{name: t, distort: @}]", "gaussian 20dB"},
    {"trials: [{name: t, quantize: [{sites: @, grid: uniform, bits: 4, granularity: channel}]}]",
     "weight"},
    {"trials: [{name: t, quantize: [{" + kWeight + "grid: uniform, bits: 4, granularity: @}]}]",
     "group64"},
    {"trials: [{name: t, quantize: [{" + kWeight + "grid: @, granularity: channel}]}]", "codebook"},
    {"trials: [{name: t, quantize: [{" + kWeight +
         "grid: uniform, bits: 4, granularity: channel, range: @}]}]",
     "percentile"},
    {"trials: [{name: t, quantize: [{" + kWeight +
         "grid: uniform, bits: 4, granularity: channel, keep: @}]}]",
     "off_top_directions"},
    {"trials: [{name: t, sweep: {b: @}, quantize: \"W${b}\"}]", "4"},
    {"trials: [{name: t, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: @}]}]",
     "0.1"},
};

/// Mistakes whose hint stands in the place of the key with its value.
const std::vector<Case> kKeys = {
    {kEntry, "tensor: weight"},
    {kEntry, "roles: q_proj"},
    {kEntry, "layers: 0"},
};

TEST_F(Hints, CanBePasted) {
  for (const Case& mistake : kReplaced) {
    const std::string error = error_of(mistake, mistake.wrong);
    std::string hint = told(error);
    ASSERT_FALSE(hint.empty()) << mistake.line << " with " << mistake.wrong << ": " << error;
    hint = hint.substr(0, hint.find(", {"));  // the first of several forms
    hint = hint.substr(0, hint.find(", or "));
    hint = hint.substr(0, hint.find(" or "));
    hint = hint.substr(0, hint.find(" (1 of"));
    if (hint.starts_with("it like '")) hint = hint.substr(9, hint.size() - 10);
    if (hint.find("W4, W4A8") == 0) hint = "W4";
    const std::string again = error_of(mistake, hint);
    // A quantizer of statistics may miss its set; the form was taken then.
    EXPECT_TRUE(again.empty() || again.find("calibration set") != std::string::npos)
        << error << "\nled to\n"
        << again;
  }
}

TEST_F(Hints, OfKeysCanBePasted) {
  const std::string rest = ", grid: uniform, bits: 4, granularity: channel";
  for (const Case& mistake : kKeys) {
    const std::string error = error_of(mistake, mistake.wrong + rest);
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    ASSERT_FALSE(told(error).empty()) << error;
    EXPECT_EQ(error_of(mistake, told(error) + rest), "") << error;
  }
}

TEST_F(Hints, OfAKeyThatIsMisspeltIsTheOnlyMistake) {
  for (const auto& [line, wrong] : std::vector<std::pair<std::string, std::string>>{
           {"trials: [{@: t, quantize: W4}]", "nam"},
           {kEntry, "site: {tensor: weight}, grid: uniform, bits: 4, granularity: channel"},
           {kEntry, kWeight + "grid: uniform, bit: 4, granularity: channel"},
           {kEntry, kWeight + "grid: {codebok: [-1, 0, 1]}, granularity: channel"},
           {kNoise, "strengt: {relative_l2: 0.1}"}}) {
    const std::string error = error_of({line, ""}, wrong);
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    EXPECT_NE(error.find("did you mean '"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace nf
