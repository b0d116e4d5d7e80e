#include "eval/experiment/repeat_warnings.h"

#include <gtest/gtest.h>

#include "tests/support/experiment_files.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

/// The warnings of an experiment on one model, from its line 4 on.
std::vector<std::string> warnings_of(const std::string& rest) {
  const ExperimentFiles files;
  const auto file = files.write("e.yaml",
                                "experiment: e\nmodel: opt\n"
                                "data: {text: text.txt, context: 32}\n" +
                                    rest);
  std::vector<std::string> warnings =
      repeat_warnings(Experiment::load(file.string(), {}, Kinds::builtin()));
  for (std::string& warning : warnings) warning = without_folder(warning, files.dir());
  return warnings;
}

using Lines = std::vector<std::string>;

TEST(RepeatWarnings, LeaveADefaultAloneThatATrialDrawsBy) {
  EXPECT_EQ(warnings_of("defaults: {repeat: 3}\n"
                        "trials:\n  - {name: noise, perturb: gaussian l2=0.1}\n"
                        "  - {name: control, quantize: W4}\n"),
            Lines{});
}

TEST(RepeatWarnings, NameADefaultThatNoTrialDrawsByOnce) {
  EXPECT_EQ(warnings_of("defaults: {repeat: 3}\n"
                        "trials:\n  - {name: a, quantize: W4}\n  - {name: b, quantize: W3}\n"),
            (Lines{"e.yaml:4:20: defaults.repeat: trials 'a', 'b' draw nothing, so their 3 seeds "
                   "are one condition and count as one"}));
}

TEST(RepeatWarnings, NameARepeatOfATrialsOwn) {
  EXPECT_EQ(warnings_of("defaults: {repeat: 3}\n"
                        "trials:\n  - {name: noise, perturb: gaussian l2=0.1}\n"
                        "  - {name: a, repeat: 2, quantize: W4}\n"),
            (Lines{"e.yaml:7:23: trials[1].repeat: trial 'a' draws nothing, so its 2 seeds are one "
                   "condition and count as one"}));
}

}  // namespace
}  // namespace nf
