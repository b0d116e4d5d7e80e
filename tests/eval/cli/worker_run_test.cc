#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/config/yaml_writer.h"
#include "core/io/read_file.h"
#include "eval/batch/batch_folder.h"
#include "eval/experiment/experiment.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A run as a scheduler meets it: limits of time, files that stop it, shards of a batch folder.
class IntegrationWorkerRun : public testing::Test {
 protected:
  IntegrationWorkerRun() {
    files_.write_experiment(
        "  - {name: w, sweep: {b: [3, 4, 6, 8]}, quantize: [{sites: {tensor: weight}, grid: "
        "uniform, bits: \"${b}\", granularity: channel}]}\n");
    const Experiment experiment =
        Experiment::load((files_ / "e.yaml").string(), {}, Kinds::builtin());
    BatchFolder::create(batch_, {.source = experiment.source,
                                 .resolved = to_yaml(experiment.resolved()),
                                 .shard = {.count = 2},
                                 .shards = std::vector<BatchShard>(2)});
  }

  ProgramResult run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--threads", "1", "--quiet"});
    return run_program(arguments, files_.dir());
  }
  std::string refusal(const std::vector<std::string>& arguments) const {
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    return result.err;
  }

  ExperimentFiles files_;
  fs::path batch_ = files_ / "a b";  // folders have such names
};

TEST_F(IntegrationWorkerRun, JoinsAndReportsWhenAllIsDone) {
  ASSERT_EQ(run({"e.yaml", "--out", "straight"}).exit_code, 0);
  const ProgramResult worker = run({"a b", "--worker"});
  EXPECT_EQ(worker.exit_code, 0) << worker.err;
  EXPECT_NE(worker.out.find("a b: 2 shards done here; 2 of 2 shards are done\n"), std::string::npos)
      << worker.out;
  for (const char* name : {"results.csv", "statistics.csv", "sites.csv"})
    EXPECT_EQ(read_text_file(batch_ / "merged" / name), read_text_file(files_ / "straight" / name))
        << name;
  EXPECT_TRUE(fs::exists(batch_ / "merged/report.html"));
  // Commands that read a run folder take the batch folder for it.
  const auto table = [&](const char* folder) {
    return run_program({"show", folder, "--format", "csv"}, files_.dir()).out;
  };
  EXPECT_EQ(table("a b"), table("straight"));
  EXPECT_EQ(run({"a b", "--worker"}).exit_code, 0);  // nothing is left
}

TEST_F(IntegrationWorkerRun, EndsWith75WhereItIsStopped) {
  std::ofstream(batch_ / "STOP");
  const ProgramResult stopped = run({"a b", "--worker"});
  EXPECT_EQ(stopped.exit_code, 75);
  EXPECT_EQ(stopped.err,
            "stopped: a b/STOP asks to stop; remove it before you go on; another worker goes on\n");
  fs::remove(batch_ / "STOP");
  // Hardly more than the time to begin: this much is over at once.
  const ProgramResult late = run({"a b", "--worker", "--max-time", "1ms"});
  EXPECT_EQ(late.exit_code, 75);
  EXPECT_NE(late.err.find("--max-time"), std::string::npos) << late.err;
  EXPECT_EQ(run({"a b", "--worker", "--max-time", "1:00:00"}).exit_code, 0);
  EXPECT_TRUE(fs::exists(batch_ / "merged/results.csv"));
}

TEST_F(IntegrationWorkerRun, AttemptsAreReportedBeforeAllIsDone) {
  ASSERT_EQ(run({"a b", "--worker"}).exit_code, 0);
  fs::remove_all(batch_ / "merged");
  fs::create_directory(batch_ / "workers/2.2");  // of a worker that begins
  const ProgramResult report = run_program(
      {"report", "a b/workers/1.1", "a b/workers/2.1", "a b/workers/2.2", "--out", "now.html"},
      files_.dir());
  EXPECT_EQ(report.exit_code, 0);
  EXPECT_EQ(report.err,
            "warning: a b/workers/2.2: its worker has recorded nothing yet, it is left out\n");
  EXPECT_EQ(run_program({"status", "a b"}, files_.dir()).exit_code, 75) << "it is not merged";
}

TEST_F(IntegrationWorkerRun, NotesWhereItsModelIsGone) {
  fs::rename(files_ / "opt", files_ / "away");
  EXPECT_NE(refusal({"a b", "--worker", "--shard", "2"}).find("no such directory"),
            std::string::npos);
  const auto batch = [&](const char* command) {
    return run_program({command, "a b"}, files_.dir());
  };
  const ProgramResult told = batch("status");
  EXPECT_EQ(told.exit_code, 4);
  EXPECT_NE(told.out.find("1 failed, 1 never started"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("shard 2 failed: exit code 2: "), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("no such directory"), std::string::npos) << told.out;
  // Once more is no other failure, and without --shard it is that of the one that is free.
  refusal({"a b", "--worker", "--shard", "2"});
  refusal({"a b", "--worker"});
  EXPECT_NE(batch("status").out.find("2 failed, 0 never started"), std::string::npos);
  EXPECT_TRUE(fs::exists(batch_ / "claims/1.1.released"));
  EXPECT_FALSE(fs::exists(batch_ / "claims/2.2.json"));
  fs::rename(files_ / "away", files_ / "opt");
  EXPECT_EQ(run_program({"resubmit", "a b", "--shell"}, files_.dir()).exit_code, 0);
  EXPECT_NE(batch("status").out.find("2 waiting, 0 failed"), std::string::npos);
  EXPECT_EQ(run({"a b", "--worker"}).exit_code, 0);
  EXPECT_EQ(batch("status").exit_code, 0);
}

TEST_F(IntegrationWorkerRun, OfOneProcessStopsForTimeAndFileAsWell) {
  const ProgramResult late = run({"e.yaml", "--out", "out", "--max-time", "1ms"});
  EXPECT_EQ(late.exit_code, 75) << late.err;
  std::ofstream(files_ / "out/STOP");
  const ProgramResult stopped = run({"e.yaml", "--out", "out"});
  EXPECT_EQ(stopped.exit_code, 75) << stopped.err;
  EXPECT_NE(stopped.err.find("stopped: out/STOP asks to stop"), std::string::npos) << stopped.err;
  fs::remove(files_ / "out/STOP");
  EXPECT_EQ(run({"e.yaml", "--out", "out"}).exit_code, 0);
}

TEST_F(IntegrationWorkerRun, RefusesWhatMakesNoSense) {
  EXPECT_EQ(refusal({"e.yaml", "--worker"}), "error: e.yaml: no such folder\n");
  EXPECT_EQ(refusal({"a b"}), "error: a b: is a batch folder; --worker works on its shards\n");
  EXPECT_EQ(refusal({"e.yaml", "--out", "a b"}),
            "error: a b: is a batch folder, which many workers share: `noisefloor run` with this "
            "folder and --worker works in it; choose another --out folder for a run of its own\n");
  EXPECT_EQ(refusal({"a b", "--worker", "--shard", "3"}),
            "error: --shard: needs the number of a shard to begin with, 1 to 2 in a b, is '3'\n");
  EXPECT_EQ(refusal({"a b", "--worker", "--out", "x"}),
            "error: --out: not with --worker: the batch folder was made with all of that\n");
  EXPECT_EQ(
      refusal({"e.yaml", "--max-time", "50"}),
      "error: --max-time: cannot read '50' as a time; write 3:50:00, 1-12:00:00, 90m or 2h\n");
  EXPECT_EQ(refusal({"e.yaml", "--wait"}), "error: --wait: is for workers; --worker makes one\n");
}

}  // namespace
}  // namespace nf
