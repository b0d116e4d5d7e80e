#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "core/io/read_file.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

const std::string kTrials =
    "  - {name: \"noise: a, b\", repeat: 2, perturb: [{sites: {tensor: input}, noise: uniform, "
    "strength: {snr_db: 20}}]}\n"
    "  - name: s\n"
    "    sweep: {b: [4, 8]}\n"
    "    quantize: [{sites: {tensor: weight, roles: [fc1, up_proj]}, grid: uniform, bits: "
    "\"${b}\", "
    "granularity: channel}]\n";

TEST(IntegrationCheck, PrintsTheExperimentResolvedAsYaml) {
  const ExperimentFiles files;
  files.write_experiment(kTrials);
  const ProgramResult result = run_program({"check", "e.yaml", "--full"}, files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err,
            "warning: e.yaml:8:48: trials[1].quantize[0].sites.roles: llama has no 'fc1', which is "
            "skipped there\n");
  const Json read = to_json(parse_good(result.out));
  EXPECT_EQ(read["experiment"], "e");
  ASSERT_EQ(read["trials"].size(), 4u);
  EXPECT_EQ(read["trials"][1]["name"], "noise: a, b");
  EXPECT_EQ(read["trials"][1]["seed"], 1);
  EXPECT_EQ(read["trials"][1]["distort"][0]["scope"], "token");
  EXPECT_EQ(read["trials"][3]["vars"]["b"], 8);
  EXPECT_EQ(read["trials"][3]["distort"][0]["bits"], 8);
  EXPECT_FALSE(std::filesystem::exists(files / "runs"));
}

TEST(IntegrationCheck, PrintsALineForEachItemOfTheFile) {
  const ExperimentFiles files;
  files.write_experiment(
      kTrials +
      "  - {name: map, each: layer, bisect: {range: [0.1, 1], target: {kl: 0.05}}, perturb: "
      "[{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: \"${bisect}\"}}]}\n");
  const ProgramResult result = run_program({"check", "e.yaml"}, files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  std::string flat;  // as one line: where it breaks depends on the terminal
  for (const char c : result.out)
    if (c == '\n' || c == ' ') {
      if (!flat.ends_with(' ')) flat += ' ';
    } else {
      flat += c;
    }
  for (const char* part :
       {"text.txt, windows of 32 tokens, the first 4", "opt (OPTForCausalLM, 2 layers of ",
        ": 5 points, 6 trials with their seeds, beside the baseline",
        "noise: a, b 1 point x 2 seeds, 12 inputs: uniform, relation independent, "
        "strength snr_db 20, scope token",
        "s 2 points, 2 weights: grid uniform, ", "bits 4|8, granularity channel",
        "map 2 searches, 12 weights: gaussian, ",
        "strength relative_l2 ${bisect}, scope tensor; each layer; bisect kl 0.05 in [0.1, 1], at "
        "most 12 steps"})
    EXPECT_NE(flat.find(part), std::string::npos) << part << " in\n" << result.out;
}

TEST(IntegrationCheck, PrintsChosenTrialsAlone) {
  const ExperimentFiles files;
  files.write_experiment(kTrials);
  const ProgramResult result =
      run_program({"check", "e.yaml", "--full", "--trials", "s b=8"}, files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(to_json(parse_good(result.out))["trials"].size(), 1u);
  EXPECT_EQ(run_program({"check", "e.yaml", "--trials", "t"}, files.dir()).err,
            "error: --trials t: matches no trial; known: noise: a, b, s\n");
}

TEST(IntegrationCheck, WritesOutTheShorthandsOfChosenTrialsAlone) {
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: w, sweep: {b: [3, 4]}, quantize: \"W${b} g16\"}\n"
      "  - {name: n, perturb: gaussian l2=0.1}\n");
  const std::string all = run_program({"check", "e.yaml"}, files.dir()).out;
  for (const char* line : {"# W3 g16 stands for", "# W4 g16 ", "# gaussian l2=0.1 "})
    EXPECT_NE(all.find(line), std::string::npos) << all;
  const std::string one = run_program({"check", "e.yaml", "--trials", "w b=4"}, files.dir()).out;
  EXPECT_NE(one.find("# W4 g16 stands for"), std::string::npos) << one;
  EXPECT_EQ(one.find("# W3"), std::string::npos) << one;
  EXPECT_EQ(one.find("# gaussian"), std::string::npos) << one;
}

TEST(IntegrationCheck, WarnsOfARepeatOfWhatDrawsNothing) {
  const ExperimentFiles files;
  const std::string rounding =
      "quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}]}\n";
  files.write_experiment("  - {name: q, repeat: 3, " + rounding + "  - {name: one, repeat: 1, " +
                         rounding + kTrials);
  const std::string warning =
      "warning: e.yaml:5:23: trials[0].repeat: trial 'q' draws nothing, so its 3 seeds are one "
      "condition and count as one\n";
  const ProgramResult check = run_program({"check", "e.yaml"}, files.dir());
  EXPECT_EQ(check.exit_code, 0);
  EXPECT_EQ(
      check.err,
      "warning: e.yaml:10:48: trials[3].quantize[0].sites.roles: llama has no 'fc1', which is "
      "skipped there\n" +
          warning);
  const ProgramResult run =
      run_program({"run", "e.yaml", "--out", "out", "--set", "data.windows=1"}, files.dir());
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_NE(run.err.find(warning), std::string::npos) << run.err;
}

TEST(IntegrationCheck, PrintsAnErrorALine) {
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: a, perturb: [{sites: {tensor: weight}, noise: gausian}]}\n"
      "  - {name: b, quantise: []}\n");
  const ProgramResult result = run_program({"check", "e.yaml"}, files.dir());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "error: e.yaml:5:25: trials[0].perturb[0]: required key 'strength' is missing\n"
            "error: e.yaml:5:58: trials[0].perturb[0].noise: unknown noise 'gausian'; did you mean "
            "'gaussian'?\n"
            "error: e.yaml:6:15: trials[1]: unknown key 'quantise'; did you mean 'quantize'?\n");
}

TEST(IntegrationCheck, TakesOverrides) {
  const ExperimentFiles files;
  files.write_experiment(kTrials);
  const ProgramResult good = run_program({"check", "e.yaml", "--full", "--set", "data.windows=2",
                                          "--set", "trials.0.seed=30", "--set", "model=opt"},
                                         files.dir());
  ASSERT_EQ(good.exit_code, 0) << good.err;
  const Json read = to_json(parse_good(good.out));
  EXPECT_EQ(read["data"]["windows"], 2);
  EXPECT_EQ(read["trials"][1]["seed"], 31);
  EXPECT_EQ(read["model"].size(), 1u);

  const ProgramResult bad =
      run_program({"check", "e.yaml", "--set", "trials.0.repeat=many"}, files.dir());
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_EQ(
      bad.err,
      "error: --set trials.0.repeat=many: trials[0].repeat: cannot read 'many' as an integer\n");
}

TEST(IntegrationCheck, AnOverrideMayBeginTheDefaults) {
  const ExperimentFiles files;
  files.write_experiment(kTrials + "  - {name: g, perturb: gaussian l2=0.1}\n");
  for (const std::string defaults : {"", "defaults:\n", "defaults: {repeat: 3}\n"}) {
    files.write("d.yaml", read_text_file(files / "e.yaml") + defaults);
    const ProgramResult result = run_program(
        {"check", "d.yaml", "--full", "--trials", "g", "--set", "defaults.repeat=5"}, files.dir());
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(to_json(parse_good(result.out))["trials"].size(), 5u) << defaults;
  }
}

/// What a run would begin with is known before a job is queued.
TEST(IntegrationCheck, RefusesTheDataThatARunRefuses) {
  const ExperimentFiles files;
  files.write_experiment("  []\n");
  files.write("text.npy", "no array\n");
  files.write("bad.jsonl", "{\"text\": \"a text of some words\"}\n{\"text\": \n");
  files.write("cut.txt.gz", std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c", 12));
  files.write("empty.txt", "");
  for (const std::string data :
       {"{ids: text.npy, context: 32}", "{jsonl: bad.jsonl, context: 32}",
        "{text: cut.txt.gz, context: 32}", "{text: empty.txt, context: 32}"}) {
    const std::vector<std::string> options = {"e.yaml", "--set", "data=" + data};
    const auto result = [&](const std::string& command) {
      std::vector<std::string> words = options;
      words.insert(words.begin(), command);
      return run_program(words, files.dir());
    };
    const ProgramResult check = result("check"), run = result("run");
    EXPECT_EQ(check.exit_code, 3) << data << '\n' << check.out;
    EXPECT_EQ(check.err, run.err) << data;
  }
}

/// A trial for each of 10^4 points, seeds, items, or steps of a list.
std::vector<std::string> ten_thousand_trials() {
  const std::string noise =
      "perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: ";
  std::string values = "0.001", items;
  for (int i = 2; i <= 10'000; ++i) values += fmt::format(", {:.3f}", i / 1000.0);
  for (int i = 0; i < 10'000; ++i)
    items += fmt::format("  - {{name: t{}, {}0.1}}}}]}}\n", i, noise);
  return {"  - {name: s, sweep: {r: [" + values + "]}, " + noise + "\"${r}\"}}]}\n",
          "  - {name: s, zip: {r: [" + values + "]}, " + noise + "\"${r}\"}}]}\n",
          "  - {name: s, repeat: 10000, " + noise + "0.1}}]}\n", items};
}

TEST(IntegrationCheck, TakesTenThousandTrialsInSeconds) {
  const ExperimentFiles files;
  for (const std::string& trials : ten_thousand_trials()) {
    files.write(
        "e.yaml",
        "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32}\ntrials:\n" + trials);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run_program({"check", "e.yaml"}, files.dir()).exit_code, 0);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_LT(seconds.count(), 20.0) << trials.substr(0, 60);  // a second or two where all is well
  }
}

TEST(IntegrationCheck, RefusesMoreThanAMillionTrialsAtOnceWithTheirNumber) {
  const ExperimentFiles files;
  std::string ten = "[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]", sweep;
  std::string entries;
  for (int i = 0; i < 30; ++i) {
    sweep += fmt::format("{}v{}: {}", i == 0 ? "" : ", ", i, ten);
    entries += fmt::format(
        "{}{{sites: {{tensor: weight}}, noise: gaussian, strength: {{relative_l2: \"${{v{}}}\"}}}}",
        i == 0 ? "" : ", ", i);
  }
  for (const auto& [repeat, number] : {std::pair("", "more than 10^18 trials"),
                                       std::pair("repeat: 5000000, ", "10000000 trials")}) {
    files.write_experiment(fmt::format(
        "  - {{name: a, {}perturb: [{}]}}\n", repeat + (*repeat ? "" : "sweep: {" + sweep + "}, "),
        *repeat ? "{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}"
                : entries));
    const ProgramResult result = run_program({"check", "e.yaml"}, files.dir());
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_NE(result.err.find(std::string("stands for ") + number), std::string::npos)
        << result.err;
  }
}

TEST(IntegrationCheck, CountsPathsFromTheFile) {
  const ExperimentFiles files;
  files.write_experiment(kTrials);
  const std::string folder = files.dir().filename().string();
  const ProgramResult result =
      run_program({"check", folder + "/e.yaml"}, files.dir().parent_path());
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

}  // namespace
}  // namespace nf
