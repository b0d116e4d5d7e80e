/// run_experiment with entries that are calibrated: what it leaves depends neither on threads, nor
/// on the other trials, nor on interruptions, nor on what its cache still holds.

#include <gtest/gtest.h>

#include <filesystem>

#include "core/io/read_file.h"
#include "eval/records/file_names.h"
#include "eval/run/run_experiment.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"
#include "tests/support/trial_support.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 48;

const std::string kMoment =
    "  - {name: moment, perturb: [{sites: {tensor: weight}, noise: needy, factor: 0.5, "
    "calibration: "
    "one, propagate: blocks}]}\n";
const std::string kNoise =
    "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight, layers: 0}, noise: gaussian, "
    "strength: {relative_l2: 0.2}}, {sites: {tensor: weight, layers: 1}, noise: needy, factor: "
    "0.5, "
    "calibration: one, propagate: blocks}]}\n";
const std::string kOthers =
    "  - {name: none, perturb: [{sites: {tensor: weight}, noise: needy, factor: 0.5, calibration: "
    "two}]}\n"
    "  - {name: sites, perturb: [{sites: {tensor: weight}, noise: needy, factor: 0.5, look: "
    "ranges, "
    "calibration: one, propagate: sites}]}\n"
    "  - {name: choice, perturb: [{sites: {tensor: weight}, noise: needy, factor: 0.5, look: "
    "choice, "
    "calibration: two, propagate: blocks}]}\n"
    "  - {name: replay, perturb: [{sites: {tensor: weight}, noise: needy, factor: 0.5, look: "
    "replay, "
    "calibration: one}]}\n"
    "  - {name: inputs, perturb: [{sites: {tensor: input}, noise: needy, factor: 0.5, look: "
    "ranges, "
    "calibration: one, propagate: blocks}]}\n"
    "  - {name: broken, perturb: [{sites: {tensor: weight, layers: 1}, noise: needy, factor: 0.5, "
    "look: nothing, calibration: one}]}\n";

/// Doses and parts of one distortion: all of them are taken from one x̂.
const std::string kDoses =
    "  - {name: doses, sweep: {t: [0, 0.25, 1]}, perturb: [{sites: {tensor: weight}, noise: needy, "
    "factor: 0.5, dose: \"${t}\", calibration: one, propagate: blocks}]}\n"
    "  - {name: part, perturb: [{sites: {tensor: weight}, noise: needy, factor: 0.5, keep: small, "
    "calibration: one, propagate: blocks}]}\n"
    "  - {name: debiased, perturb: [{sites: {tensor: weight}, noise: needy, factor: 0.5, keep: "
    "output_debiased, calibration: one, propagate: blocks}]}\n"
    "  - {name: rounded, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 3, granularity: "
    "{group: 8}, method: gptq, dose: 0.5, calibration: two}]}\n";

class IntegrationCalibration : public testing::Test {
 protected:
  IntegrationCalibration() {
    write_npy(files_ / "ids.npy", std::to_string(4 * kContext) + ",",
              random_ids(4 * kContext, 300));
    for (const auto& [name, salt] : {std::pair{"one.npy", 1}, std::pair{"two.npy", 2}})
      write_npy(files_ / name, "3, " + std::to_string(kContext),
                random_ids(3 * kContext, 300, static_cast<std::uint64_t>(salt)));
  }

  RunOutcome run(const std::string& out, const std::string& trials,
                 const RunOptions& options = {}) const {
    const fs::path yaml = files_.write(
        "e.yaml", fmt::format("experiment: e\nmodel: llama\ndata: {{ids: ids.npy, context: {}}}\n"
                              "stats: all\ncalibration: {{one: {{ids: one.npy}}, two: {{ids: "
                              "two.npy}}}}\ntrials:\n{}",
                              kContext, trials));
    Experiment experiment = Experiment::load(yaml.string(), {}, kinds_with_needy());
    RunOptions here = options;
    here.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, here, progress);
  }
  void expect_same_files(const std::string& a, const std::string& b) const {
    EXPECT_EQ(recorded_parts(files_ / a), recorded_parts(files_ / b));
    for (const char* name : {"results.csv", "sites.csv", "statistics.csv"})
      EXPECT_EQ(read_text_file(files_ / a / name), read_text_file(files_ / b / name)) << name;
  }
  /// Rows of a trial in results.csv.
  std::vector<std::string> rows(const std::string& out, const std::string& trial) const {
    std::vector<std::string> found;
    for (const auto& row : read_csv(files_ / out / "results.csv")) {
      if (row.at("name") != trial) continue;
      found.push_back(row.at("nll") + " " + row.at("kl") + " " + row.at("relative_l2_weight"));
    }
    return found;
  }
  Index cached(const std::string& out) const {
    Index count = 0;
    for ([[maybe_unused]] const auto& file : fs::directory_iterator(files_ / out / kCalibrationDir))
      ++count;
    return count;
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationCalibration, LeavesTheSameForAnyThreadsAndWithoutItsCache) {
  const std::string all = kMoment + kNoise + kOthers + kDoses;
  {
    const Threads one(1);
    EXPECT_EQ(run("1", all).failed, 1);
  }
  {
    const Threads three(3);
    run("3", all);
  }
  expect_same_files("1", "3");
  // Records are deleted, so that everything runs again: with what was made, and without.
  const Index made = cached("1");
  EXPECT_GT(made, 0);
  fs::copy(files_ / "1", files_ / "kept", fs::copy_options::recursive);
  fs::copy(files_ / "1", files_ / "deleted", fs::copy_options::recursive);
  fs::remove_all(files_ / "deleted" / kCalibrationDir);
  for (const char* out : {"kept", "deleted"}) {
    fs::remove(files_ / out / kRecords);
    run(out, all);
    expect_same_files("1", out);
    EXPECT_EQ(cached(out), made);
  }
}

TEST_F(IntegrationCalibration, DoesNotDependOnTheOtherTrials) {
  run("all", kMoment + kNoise + kOthers + kDoses);
  run("moment", kMoment);
  run("noise", kNoise);
  for (const char* name : {"moment", "noise"}) {
    EXPECT_FALSE(rows(name, name).empty());
    EXPECT_EQ(rows(name, name), rows("all", name)) << name;
  }
}

TEST_F(IntegrationCalibration, GoesOnWhereItWasInterrupted) {
  const std::string all = kMoment + kNoise + kOthers + kDoses;
  run("straight", all);
  int stops = 0;
  for (;; ++stops) {
    ASSERT_LT(stops, 200);
    int asked = 0;
    const int most = 6 + 2 * stops;
    if (!run("out", all, {.save_every = 1e-9, .should_stop = [&] { return ++asked > most; }})
             .interrupted)
      break;
  }
  EXPECT_GT(stops, 2);
  expect_same_files("out", "straight");
}

TEST_F(IntegrationCalibration, MakesOneWeightForAllDosesAndParts) {
  run("out", kMoment + kDoses);
  // A dose of 0 is the baseline, a dose of 1 the trial without one, to the last bit.
  const std::vector<std::string> doses = rows("out", "doses");
  ASSERT_EQ(doses.size(), 3u);
  const std::string untouched = rows("out", "baseline").front();
  EXPECT_TRUE(doses[0].starts_with(untouched.substr(0, untouched.find(' ') + 1))) << doses[0];
  EXPECT_EQ(doses[2], rows("out", "moment").front());
  run("moment", kMoment);
  EXPECT_EQ(rows("moment", "moment"), rows("out", "moment"));
  // x̂ of moment for all but the rounded one, and what statistics finish.
  EXPECT_EQ(cached("out"), 3 * cached("moment"));
}

TEST_F(IntegrationCalibration, SaysWhatWasChosenAndWhyATrialFailed) {
  run("out", kMoment + kOthers);
  Index chosen = 0;
  for (const auto& row : read_csv(files_ / "out/sites.csv"))
    if (row.at("name") == "choice") {
      EXPECT_EQ(row.at("axis"), "choice");
      EXPECT_EQ(row.at("damping"), "");
      ++chosen;
    } else if (row.at("name") == "moment") {
      EXPECT_EQ(row.at("axis"), "");
    }
  EXPECT_EQ(chosen, 14);
  for (const auto& row : read_csv(files_ / "out/results.csv"))
    EXPECT_EQ(row.at("status"), row.at("name") == "broken" ? "failed" : "ok") << row.at("name");
  EXPECT_NE(read_text_file(files_ / "out" / kRecords).find("q_proj.weight: nothing to look at"),
            std::string::npos);
}

}  // namespace
}  // namespace nf
