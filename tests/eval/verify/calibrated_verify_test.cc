#include <gtest/gtest.h>

#include <filesystem>

#include "eval/records/file_names.h"
#include "eval/run/run_experiment.h"
#include "eval/verify/verify.h"
#include "tests/support/experiment_files.h"
#include "tests/support/trial_support.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 48;

/// Records of calibrated trials are run again without the folder's cache, which is left alone.
TEST(CalibratedVerify, CalibratesAnew) {
  const ExperimentFiles files;
  write_npy(files / "ids.npy", std::to_string(3 * kContext) + ",", random_ids(3 * kContext, 300));
  write_npy(files / "set.npy", "2, " + std::to_string(kContext), random_ids(2 * kContext, 300, 1));
  const fs::path yaml = files.write(
      "e.yaml",
      fmt::format(
          "experiment: e\nmodel: llama\ndata: {{ids: ids.npy, context: {}}}\n"
          "calibration: {{set: {{ids: set.npy}}}}\ntrials:\n"
          "  - {{name: blocks, perturb: [{{sites: {{tensor: weight}}, noise: needy, factor: 0.5, "
          "propagate: blocks}}]}}\n"
          "  - {{name: broken, perturb: [{{sites: {{tensor: weight}}, noise: needy, factor: 0.5, "
          "look: nothing}}]}}\n",
          kContext));
  Experiment experiment = Experiment::load(yaml.string(), {}, kinds_with_needy());
  Progress progress(stderr, Progress::Style::quiet);
  EXPECT_EQ(run_experiment(experiment, {.out = files / "out"}, progress).failed, 1);
  for (const auto& file : fs::directory_iterator(files / "out" / kCalibrationDir))
    fs::resize_file(file.path(), 1);  // of no use
  const VerifyReport report =
      verify_run(RunFolder::read(files / "out"), kinds_with_needy(), VerifyOptions{}, progress);
  EXPECT_TRUE(report.equal()) << report.text();
  EXPECT_GT(report.rerun, 2);
  for (const auto& file : fs::directory_iterator(files / "out" / kCalibrationDir))
    EXPECT_EQ(fs::file_size(file.path()), 1u);
}

}  // namespace
}  // namespace nf
