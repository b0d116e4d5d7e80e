/// A damaged line of records.jsonl: the message, and that its advice is true.

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/run/run_experiment.h"
#include "tests/support/design_trials.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 128;
constexpr Index kWindows = 96;  // three stages of a stopping rule

class IntegrationDamagedRecord : public testing::Test {
 protected:
  static std::string search(const std::string& target) {
    return "  - {name: search, bisect: {range: [0.01, 1], target: {" + target +
           "}, max_steps: 2}, perturb: [{sites: {tensor: input}, noise: gaussian, strength: "
           "{relative_l2: \"${bisect}\"}}]}\n";
  }

  void run(const std::string& out, const std::string& trials) const {
    write_npy(files_ / "ids.npy", std::to_string(kWindows * kContext) + ",",
              random_ids(kWindows * kContext, 300));
    const fs::path yaml = files_.write(
        "e.yaml",
        fmt::format("experiment: e\nmodel: llama\ndata: {{ids: ids.npy, context: {}, windows: {}}}"
                    "\nstop: {{kl_halfwidth: 1.0e-12}}\ntrials:\n{}",
                    kContext, kWindows, trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    Progress progress(stderr, Progress::Style::quiet);
    run_experiment(experiment, {.out = files_ / out}, progress);
  }

  Threads threads_{1};  // this model is too small to share out
  ExperimentFiles files_;
};

TEST_F(IntegrationDamagedRecord, RunsAgainOnceItsLineIsDeleted) {
  const std::string trials =
      fmt::format("  - {{name: never, {}}}\n  - {{name: early, stop: {{kl_halfwidth: 1}}, {}}}\n",
                  kNoise, kQuantizer) +
      search("delta_nll: 0.001");
  run("out", trials);
  fs::copy(files_ / "out", files_ / "whole", fs::copy_options::recursive);
  std::istringstream file(read_text_file(files_ / "out/records.jsonl"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line + '\n');
  ASSERT_GT(lines.size(), 3u * 3u);
  const auto write_lines = [&](std::size_t at, const std::string& instead) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += i == at ? instead : lines[i];
    files_.write("out/records.jsonl", text);
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    write_lines(i, lines[i].substr(0, 40) + '\n');
    const std::string place = fmt::format("records.jsonl:{}", i + 1);
    try {
      run("out", trials);
      ADD_FAILURE() << place << " was read";
    } catch (const DataError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(place + ":"), std::string::npos) << message;
      EXPECT_NE(message.find(fmt::format("delete line {}: what it held runs again with the next "
                                         "`noisefloor run` into this folder",
                                         i + 1)),
                std::string::npos)
          << message;
      EXPECT_EQ(message.find('\n'), std::string::npos);
    }
    write_lines(i, "");
    run("out", trials);
    EXPECT_EQ(comparable_records(files_ / "out"), comparable_records(files_ / "whole")) << place;
    for (const char* name : {"results.csv", "statistics.csv", "sites.csv", "searches.csv"})
      EXPECT_EQ(read_text_file(files_ / "out" / name), read_text_file(files_ / "whole" / name))
          << name << " without " << place;
  }
}

TEST_F(IntegrationDamagedRecord, OfTheBaselineWhereOnlySearchesWantIt) {
  // No step of the first stops; the only trial of the others, if any, is over before the last step.
  const std::string early =
      "  - {name: early, stop: {kl_halfwidth: 1}, " + std::string(kQuantizer) + "}\n";
  int number = 0;
  for (const std::string& trials :
       {search("delta_nll: 0.001"), search("kl: 0.001"), early + search("kl: 0.001")}) {
    const std::string out = fmt::format("out{}", number++);
    run(out, trials);
    const std::string results = read_text_file(files_ / out / "results.csv");
    const std::vector<std::string> records = comparable_records(files_ / out);
    std::istringstream file(read_text_file(files_ / out / "records.jsonl"));
    std::string rest;
    for (std::string line; std::getline(file, line);)
      if (line.find("\"name\":\"baseline\"") == std::string::npos) rest += line + '\n';
    files_.write(out + "/records.jsonl", rest);
    run(out, trials);
    EXPECT_EQ(comparable_records(files_ / out), records) << trials;
    EXPECT_EQ(read_text_file(files_ / out / "results.csv"), results) << trials;
  }
}

}  // namespace
}  // namespace nf
