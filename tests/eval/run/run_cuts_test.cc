/// run_experiment with work that is cut in many ways: nothing that it leaves depends on them, and
/// an interruption loses no more than what was under way.

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "core/io/read_file.h"
#include "eval/run/run_experiment.h"
#include "tests/support/design_trials.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 64;
constexpr Index kWindows = 6;
/// No lane of no window is done so soon: the finest cuts there are.
constexpr double kAtOnce = 1e-9;

const std::string kTrials =
    "trials:\n"
    "  - {name: noise, repeat: 2, " +
    kNoise +
    "}\n"
    "  - {name: map, each: layer, " +
    kNoise +
    "}\n"
    "  - {name: inputs, perturb: [{sites: {tensor: input}, noise: uniform, strength: {snr_db: "
    "20}}]}\n"
    "  - {name: broken, perturb: [" +
    overflowing_entries() +
    "]}\n"
    "  - {name: tolerance, bisect: {range: [0.001, 1], target: {kl: 0.01}, max_steps: 3}, perturb: "
    "[{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: \"${bisect}\"}}]}\n";

class IntegrationCuts : public testing::Test {
 protected:
  IntegrationCuts() {
    write_npy(files_ / "ids.npy", std::to_string(kWindows * kContext) + ",",
              random_ids(kWindows * kContext, 300));
    std::string piqa;
    const std::string text = plain_text(2000);
    for (std::size_t q = 0; q < 4; ++q) {
      const auto words = [&](std::size_t from, std::size_t count) {
        std::string some = text.substr(q * 300 + from, count);
        std::replace_if(
            some.begin(), some.end(), [](char c) { return !std::isalpha(c); }, 'x');
        return some;
      };
      piqa +=
          Json{
              {"context", words(0, 40)}, {"choices", {words(50, 7), words(60, 9)}}, {"gold", q % 2}}
              .dump() +
          '\n';
    }
    files_.write("piqa.jsonl", piqa);
  }

  RunOutcome run(const std::string& out, const RunOptions& options,
                 const std::string& what = "") const {
    const fs::path yaml = files_.write(
        "e.yaml",
        fmt::format("experiment: e\nmodel: llama\ndata: {{ids: ids.npy, context: {}}}\n"
                    "stats: all\ndetail: confidence\n{}{}",
                    kContext,
                    what.empty()
                        ? "tasks: [{name: piqa, kind: multiple_choice, file: piqa.jsonl}]\n"
                        : what,
                    kTrials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    RunOptions here = options;
    here.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, here, progress);
  }
  std::size_t records(const std::string& out) const {
    return fs::exists(files_ / out / "records.jsonl") ? comparable_records(files_ / out).size() : 0;
  }
  void expect_as_straight(const std::string& out) const {
    EXPECT_EQ(recorded_parts(files_ / out), recorded_parts(files_ / "straight"));
    std::set<std::string> names;
    for (const char* folder : {"straight", out.c_str()})
      for (const fs::directory_entry& entry : fs::directory_iterator(files_ / folder))
        if (entry.path().extension() == ".csv") names.insert(entry.path().filename().string());
    EXPECT_GE(names.size(), 5u);
    for (const std::string& name : names)
      EXPECT_EQ(read_text_file(files_ / out / name), read_text_file(files_ / "straight" / name))
          << name;
  }

  Threads threads_{1};  // these models are too small to share out
  ExperimentFiles files_;
};

TEST_F(IntegrationCuts, OfAnyFinenessLeaveTheSame) {
  run("straight", {.save_every = 0.0});
  std::set<std::size_t> seen;
  for (const double seconds : {kAtOnce, 1e-3, 5e-3}) {
    const std::string out = fmt::format("{}", seconds);
    run(out, {.save_every = seconds});
    expect_as_straight(out);
    seen.insert(records(out));
  }
  // Each window and question of each trial by itself, and coarser: the cuts were made.
  EXPECT_GE(*seen.rbegin(), records("straight") + 6 * (kWindows + 3));
  // By default nothing so short is cut.
  run("default", {});
  EXPECT_EQ(comparable_records(files_ / "default"), comparable_records(files_ / "straight"));
}

TEST_F(IntegrationCuts, InterruptedAndResumedWithOthersLeaveTheSame) {
  run("straight", {.save_every = 0.0});
  const std::vector<double> cuts = {kAtOnce, kAtOnce, 1e-3, kAtOnce, 0.0};
  Index before = 0;
  std::size_t stops = 0;
  for (;; ++stops) {
    int asked = 0;
    const RunOutcome outcome = run("out", {.save_every = cuts[std::min(stops, cuts.size() - 1)],
                                           .should_stop = [&] { return ++asked > 5; }});
    if (!outcome.interrupted) break;
    ASSERT_LT(stops, 100u);
    EXPECT_GT(outcome.kept.kept, before);
    EXPECT_LT(outcome.kept.kept, outcome.kept.total);
    EXPECT_TRUE(outcome.kept.windows && outcome.kept.questions);
    before = outcome.kept.kept;
  }
  EXPECT_GE(stops, 2u);
  expect_as_straight("out");
}

TEST_F(IntegrationCuts, LeaveTheStagesOfAStoppingRuleWhole) {
  const std::string stop = "stop: {kl_halfwidth: 0.5}\n";
  run("straight", {.save_every = 0.0}, stop);
  run("cut", {.save_every = kAtOnce}, stop);
  expect_as_straight("cut");
  // By lanes: the text of each trial is one record, as it is without cuts; the floor has its own.
  EXPECT_EQ(comparable_records(files_ / "cut"), comparable_records(files_ / "straight"));
}

TEST_F(IntegrationCuts, ASignalThatComesWhenAllIsRecordedInterruptsNothing) {
  run("straight", {.save_every = 0.0});
  const std::size_t all = records("straight");
  const RunOutcome outcome =
      run("out", {.save_every = 0.0, .should_stop = [&] { return records("out") >= all; }});
  EXPECT_FALSE(outcome.interrupted);
  EXPECT_EQ(outcome.failed, 1);
  expect_as_straight("out");
}

}  // namespace
}  // namespace nf
