#include "eval/experiment/chosen_shorthands.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/experiment_files.h"

namespace nf {
namespace {

/// The shorthands of an experiment of which these trials are left, "NAME" or "NAME VARS".
std::vector<std::string> texts(const std::vector<std::string>& left) {
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: w, sweep: {b: [3, 4]}, quantize: \"W${b} g16\"}\n"
      "  - {name: n, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {match: W4 "
      "g16}}]}\n"
      "  - {name: each, each: layer, perturb: gaussian l2=0.1}\n");
  Experiment experiment = Experiment::load((files / "e.yaml").string(), {}, Kinds::builtin());
  for (ExperimentModel& model : experiment.models)
    std::erase_if(model.trials, [&left](const Trial& trial) {
      return std::find(left.begin(), left.end(), trial.name) == left.end() &&
             std::find(left.begin(), left.end(), trial.name + ' ' + trial.vars.dump()) ==
                 left.end();
    });
  std::vector<std::string> texts;
  for (const ItemShorthands& item : chosen_shorthands(experiment))
    for (const Shorthand& shorthand : item.shorthands) texts.push_back(shorthand.text);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(ChosenShorthands, AreAllOfAWholeExperiment) {
  EXPECT_EQ(texts({"w", "n", "each"}), (Texts{"W3 g16", "W4 g16", "W4 g16", "gaussian l2=0.1"}));
}

TEST(ChosenShorthands, AreThoseOfThePointsThatAreLeft) {
  EXPECT_EQ(texts({"w {\"b\":3}"}), (Texts{"W3 g16"}));
  EXPECT_EQ(texts({"each"}), (Texts{"gaussian l2=0.1"}));
  EXPECT_EQ(texts({"n"}), (Texts{"W4 g16"})) << "what its strength is matched with";
  EXPECT_EQ(texts({}), Texts{});
}

TEST(ChosenShorthands, OfALongSweepTheFirstAreTold) {
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: one, quantize: W4 g16}\n"
      "  - {name: \"w b\", sweep: {b: [2, 3, 4, 5, 6, 7], g: [g16, g8]}, quantize: \"W${b} "
      "${g}\"}\n");
  const std::string text = shorthand_text(
      chosen_shorthands(Experiment::load((files / "e.yaml").string(), {}, Kinds::builtin())));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 9) << text;
  for (const char* told : {"# W4 g16 stands for", "# W2 g16 stands for", "# W3 g16 stands for",
                           "# and 8 more of w b: --full\n"})
    EXPECT_NE(text.find(told), std::string::npos) << told << " in\n" << text;
}

}  // namespace
}  // namespace nf
