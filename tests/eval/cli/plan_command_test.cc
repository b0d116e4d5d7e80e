/// noisefloor plan: what it says, what it refuses, and that it writes nothing.

#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/json.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kTrials =
    "  - {name: map, each: layer, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n"
    "  - {name: bear, bisect: {range: [0.02, 1], target: {kl: 0.05}, max_steps: 9}, perturb: "
    "[{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: \"${bisect}\"}}]}\n";

class IntegrationPlan : public testing::Test {
 protected:
  IntegrationPlan() : yaml_(files_.write_experiment(kTrials).string()) {}
  ProgramResult plan(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"plan", yaml_});
    return run_program(arguments, files_.dir());
  }

  ExperimentFiles files_;
  std::string yaml_;
};

TEST_F(IntegrationPlan, CountsASearchWithTheStepsItIsLikelyToTake) {
  const ProgramResult result = plan({"--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json models = Json::parse(result.out);
  ASSERT_EQ(models.size(), 2u);
  for (const Json& model : models) {
    EXPECT_EQ(model["trials"], 3);
    EXPECT_EQ(model["searches"], 1);
    EXPECT_EQ(model["search_steps"], 9);
    EXPECT_GT(model["likely_steps"], 2.0);
    EXPECT_LT(model["likely_steps"], 4.0);
    // With two layers: the baseline 2, each layer 2 and 1, the search 2; then two more steps of 2.
    // And the floor, in a wave of its own.
    EXPECT_EQ(model["nodes"], 7);
    EXPECT_EQ(model["block_passes"], 7 + 2 * 2 + 2);
    EXPECT_EQ(model["stages"], 1);
    EXPECT_EQ(model["waves"], 3 + 1);
    EXPECT_GT(model["seconds"].get<double>(), 0.0);
    EXPECT_GT(model["most_seconds"], model["seconds"]);
    EXPECT_EQ(model["tokens"], 4 * 31);
  }
  EXPECT_FALSE(std::filesystem::exists(files_ / "runs"));
}

TEST_F(IntegrationPlan, SaysItInWords) {
  const ProgramResult result = plan({"--threads", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const char* part :
       {"opt\n", "llama\n", "3, 3 conditions beside the baseline; 1 of them a search of about 3",
        "7 nodes", "1 in 1 stage", "at most", "on 1 thread",
        "too few for intervals, which need 8 blocks"})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << " in\n" << result.out;
}

TEST_F(IntegrationPlan, ShowsHowTheWorkIsCut) {
  const ProgramResult whole = plan({"--save-every", "0"});
  EXPECT_NE(whole.out.find("  kept     4 times in all, 0:00 apart at most"), std::string::npos)
      << whole.out;
  const ProgramResult cut = plan({"--json", "--save-every", "0.001ms"});
  for (const Json& model : Json::parse(cut.out)) {
    EXPECT_EQ(model["stages"], 4);  // each window by itself, and each lane
    // Three trials, two more steps of the search (three are likely), and the floor.
    EXPECT_EQ(model["waves"], 4 * (3 + 2 + 1));
    EXPECT_GT(model["seconds_of_cuts"].get<double>(), 0.0);
    EXPECT_LT(model["longest_wave_seconds"].get<double>(), model["seconds"].get<double>());
  }
  for (const char* text : {"60", "soon", "-1s"}) {
    const ProgramResult refused = plan({"--save-every", text});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find("--save-every"), std::string::npos) << refused.err;
  }
  EXPECT_EQ(plan({"--save-every", "60"}).err,
            "error: --save-every: cannot read '60' as a time; write 60s, 2m, 1h, or 0 for never\n");
}

TEST_F(IntegrationPlan, TakesPartOfTheTrials) {
  const auto trials_of = [&](const std::vector<std::string>& options) {
    const ProgramResult result = plan(options);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    Index trials = 0;
    for (const Json& model : Json::parse(result.out)) trials += model["trials"].get<Index>();
    return trials;
  };
  Index of_shards = 0;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const Index trials = trials_of({"--json", "--shard", shard});
    EXPECT_GT(trials, 0) << shard;
    of_shards += trials;
  }
  EXPECT_EQ(of_shards, trials_of({"--json"}));
  for (const char* shard : {"0/3", "4/3", "2", "2/", "a/b", "1/3x", "-1/3"}) {
    const ProgramResult refused = plan({"--shard", shard});
    EXPECT_EQ(refused.exit_code, 2) << shard;
    EXPECT_NE(refused.err.find("--shard: needs I/N"), std::string::npos) << refused.err;
  }
}

TEST_F(IntegrationPlan, CutsTheExperimentIntoShards) {
  const ProgramResult result = plan({"--shards", "3"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* part :
       {"3 shards by trials: 6 trials, 6 conditions beside the baseline\n",
        "% more work than one run: baselines ", "\n        1/3 ", "\n        3/3 "})
    EXPECT_NE(result.out.find(part), std::string::npos) << part << " in\n" << result.out;
  const Json cut = Json::parse(plan({"--shards", "3", "--json"}).out);
  EXPECT_EQ(cut["count"], 3);
  EXPECT_TRUE(cut["timed"]);
  ASSERT_EQ(cut["shards"].size(), 3u);
  // Each shard's part is that of `plan --shard`.
  Index trials = 0;
  for (Index i = 0; i < 3; ++i) {
    Index own = 0;
    for (const Json& model :
         Json::parse(plan({"--json", "--shard", std::to_string(i + 1) + "/3"}).out))
      own += model["trials"].get<Index>();
    EXPECT_EQ(cut["shards"][static_cast<std::size_t>(i)]["trials"], own) << i;
    trials += own;
  }
  EXPECT_EQ(trials, 6);
  EXPECT_FALSE(std::filesystem::exists(files_ / "runs"));
}

TEST_F(IntegrationPlan, BalancesByTheRatesOfAFileAndTimesNothing) {
  files_.write("rates.json", R"({"rates": {"threads": 7, "block_flops": 1e10}})");
  const Json cut = Json::parse(plan({"--hours", "0.0001", "--rates", "rates.json", "--json"}).out);
  EXPECT_EQ(cut["threads"], 7);
  EXPECT_FALSE(cut["timed"]);
  EXPECT_EQ(cut["rates"]["block_flops"], 1e10);
  EXPECT_EQ(plan({"--shards", "2", "--rates", "none.json"}).err,
            "error: --rates: no such file: none.json\n");
}

TEST_F(IntegrationPlan, RefusesACutThatCannotBe) {
  EXPECT_EQ(
      plan({"--shards", "3", "--by", "text"}).err,
      "error: --by text: trial 'bear' is a search, whose next step waits for all of the text; "
      "say --by trials, or leave it out with --trials\n");
  EXPECT_EQ(plan({"--shards", "3", "--by", "texts"}).err,
            "error: --by: unknown 'texts'; did you mean 'text'?\n");
  EXPECT_EQ(
      plan({"--by", "text"}).err,
      "error: --by: is of a shard; say which with --shard I/N, or how many with --shards N\n");
  EXPECT_EQ(plan({"--shards", "2", "--hours", "1"}).err,
            "error: --shards and --hours: say one of them\n");
  EXPECT_EQ(plan({"--hours", "0"}).err,
            "error: --hours: needs a number above 0, such as 1 or 0.5, is '0'\n");
  EXPECT_EQ(plan({"--shards", "0"}).exit_code, 2);
}

TEST_F(IntegrationPlan, TakesTheThreadsOfAnotherMachineAndSaysSo) {
  const ProgramResult result = plan({"--threads", "100000"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("; 100000 threads are not this machine's, which has "),
            std::string::npos)
      << result.out;
  const ProgramResult json = plan({"--threads", "100000", "--json"});
  EXPECT_LT(Json::parse(json.out)[0]["timed_threads"], 100000);
  // What computes would only wait.
  for (const char* command : {"run", "perplexity", "verify", "logits"}) {
    std::vector<std::string> words = {command, yaml_, "--threads", "100000"};
    if (std::string(command) == "perplexity")
      words = {command,     "--model", "opt",       "--text", "text.txt",
               "--context", "8",       "--threads", "100000"};
    if (std::string(command) == "logits")
      words = {command, "--model", "opt", "--ids", "i", "--out", "o", "--threads", "100000"};
    const ProgramResult refused = run_program(words, files_.dir());
    EXPECT_EQ(refused.exit_code, 2) << command;
    EXPECT_TRUE(refused.err.starts_with("error: --threads: 100000 are more than ")) << refused.err;
  }
}

TEST_F(IntegrationPlan, RefusesABudgetThatIsTooSmall) {
  const ProgramResult result = plan({"--memory", "1MiB"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("at least"), std::string::npos) << result.err;
}

}  // namespace
}  // namespace nf
