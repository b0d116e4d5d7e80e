/// The scripts for sbatch, run by bash with stand-ins for Slurm's commands and for the worker.

#include "eval/batch/slurm_script.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/io/read_file.h"
#include "eval/batch/script_word.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

TEST(SlurmScript, SaysWhatATaskNeeds) {
  const std::string text =
      shards_script({.dir = "/scratch/me/w4",
                     .program = "/opt/noisefloor",
                     .experiment = "w4 (new)",
                     .needs = {.threads = 8, .memory = 1 << 30, .minutes = 135}});
  for (const char* line :
       {"#SBATCH --job-name=nf-w4--new-\n", "#SBATCH --cpus-per-task=8\n", "#SBATCH --mem=1024M\n",
        "#SBATCH --time=2:15:00\n", "#SBATCH --signal=B:TERM@180\n", "#SBATCH --requeue\n",
        "#SBATCH --output=\"/scratch/me/w4/logs/%A_%a.log\"\n", "dir=/scratch/me/w4\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  EXPECT_EQ(text.find("exec >>"), std::string::npos);
}

TEST(SlurmScript, SaysWhatMergingNeeds) {
  const std::string text = merging_script({.dir = "/d",
                                           .program = "/n",
                                           .experiment = "e",
                                           .merging = {.memory = Index{3} << 30, .minutes = 90}});
  for (const char* line : {"#SBATCH --mem=3072M\n", "#SBATCH --time=1:30:00\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(SlurmScript, OpensItsLogItselfWhereSlurmWouldMisreadTheName) {
  for (const char* dir : {"/x/100%", "/x/a\\b", "/x/it's", "/x/\"q\""}) {
    const std::string text = shards_script({.dir = dir, .program = "/n", .experiment = "e"});
    EXPECT_NE(text.find("#SBATCH --output=\"/dev/null\"\n"), std::string::npos) << dir;
    EXPECT_NE(text.find("\nexec >>\"logs/"), std::string::npos) << dir;
  }
}

class SlurmTask : public testing::Test {
 protected:
  SlurmTask() {
    for (const fs::path& dir : {dir_ / "logs", temp_ / "bin"}) fs::create_directories(dir);
    stand_in("squeue", "echo '      2:59:00'");
    stand_in("scontrol", "echo \"scontrol $*\"");
    stand_in("sleep", ":");
    program("echo \"worker $*\"");
    write(20);
  }

  void stand_in(const std::string& name, const std::string& code) const {
    script(temp_ / "bin" / name, code);
  }
  void program(const std::string& code) const { script(temp_ / "noisefloor", code); }
  void write(Index requeues) const {
    std::ofstream(temp_ / "shards.sbatch") << shards_script(
        {.dir = dir_, .program = temp_ / "noisefloor", .experiment = "e", .requeues = requeues});
  }
  /// Runs the task with variables of Slurm's.
  ProgramResult run(const std::string& variables = {}) const {
    return run_shell("PATH=" + script_word((temp_ / "bin").string()) +
                         ":$PATH SLURM_JOB_ID=12 SLURM_ARRAY_JOB_ID=12 SLURM_ARRAY_TASK_ID=3 "
                         "SLURM_CPUS_PER_TASK=8 SLURM_MEM_PER_NODE=2000 " +
                         variables + " bash " + script_word((temp_ / "shards.sbatch").string()) +
                         " 1000; code=$?; cd " + script_word(dir_.string()) +
                         "/logs 2>/dev/null && cat *.log && rm *.log; exit $code",
                     "/");
  }
  static void script(const fs::path& file, const std::string& code) {
    std::ofstream(file) << "#!/bin/bash\n" << code << '\n';
    fs::permissions(file, fs::perms::owner_all);
  }

  TempDir temp_;
  fs::path dir_ = temp_ / "an \"odd\" folder's name 100%";  // its log is its own
};

TEST_F(SlurmTask, StartsTheWorkerWithWhatSlurmGivesIt) {
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "worker run " + dir_.string() +
                            " --worker --shard 1003 --max-time 2:59:00 --memory 1800MiB "
                            "--threads 8\n");
}

TEST_F(SlurmTask, HasNoTimeLimitWhereSlurmHasNone) {
  stand_in("squeue", "echo UNLIMITED");
  EXPECT_EQ(run("SLURM_MEM_PER_NODE=").out,
            "worker run " + dir_.string() + " --worker --shard 1003 --threads 8\n");
  stand_in("squeue", "exit 1");
  EXPECT_EQ(run("SLURM_MEM_PER_NODE= SLURM_CPUS_PER_TASK= SLURM_CPUS_ON_NODE=4").out,
            "worker run " + dir_.string() + " --worker --shard 1003 --threads 4\n");
}

TEST_F(SlurmTask, IsQueuedAgainWhereWorkIsLeft) {
  for (const char* code : {"75", "130", "143"}) {
    program(std::string("exit ") + code);
    const ProgramResult result = run("SLURM_RESTART_COUNT=19");
    EXPECT_NE(result.out.find("scontrol requeue 12\n"), std::string::npos) << result.out;
    EXPECT_EQ(std::to_string(result.exit_code), code);
    fs::remove_all(dir_ / "logs");
    fs::create_directory(dir_ / "logs");
  }
}

TEST_F(SlurmTask, IsNotQueuedAgainWhenItIsCancelled) {
  program("exit 130");
  for (const char* state : {"CANCELLED", "COMPLETING"}) {
    stand_in("squeue",
             std::string("case \"$*\" in *%T*) echo ") + state + ";; *) echo 2:59:00;; esac");
    const ProgramResult result = run();
    EXPECT_EQ(result.out.find("scontrol requeue"), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("cancelled: not queued again"), std::string::npos) << result.out;
    EXPECT_EQ(result.exit_code, 130);
  }
  stand_in("squeue", "case \"$*\" in *%T*) echo RUNNING;; *) echo 2:59:00;; esac");
  EXPECT_NE(run().out.find("scontrol requeue 12\n"), std::string::npos);
}

TEST_F(SlurmTask, IsNotQueuedAgainTooOften) {
  program("exit 75");
  const ProgramResult result = run("SLURM_RESTART_COUNT=20");
  EXPECT_EQ(result.out.find("scontrol requeue"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("queued again 20 times already"), std::string::npos) << result.out;
  EXPECT_EQ(result.exit_code, 75);
}

TEST_F(SlurmTask, IsNotQueuedAgainAfterErrorsNorWhereItIsAskedToStop) {
  for (const char* code : {"2", "3", "4", "70", "137"}) {
    program(std::string("exit ") + code);
    const ProgramResult result = run();
    EXPECT_EQ(result.out.find("scontrol"), std::string::npos) << result.out;
    EXPECT_EQ(std::to_string(result.exit_code), code);
  }
  program("exit 75");
  std::ofstream(dir_ / "STOP") << "";
  const ProgramResult result = run();
  EXPECT_EQ(result.out.find("scontrol"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("a file STOP is there"), std::string::npos) << result.out;
}

TEST_F(SlurmTask, SaysWhereSlurmDoesNotQueueItAgain) {
  program("exit 75");
  stand_in("scontrol", "echo 'Requested operation is presently disabled' >&2; exit 1");
  const ProgramResult result = run();
  EXPECT_NE(result.out.find("Slurm does not queue this job again"), std::string::npos);
  EXPECT_EQ(result.exit_code, 75);
}

TEST_F(SlurmTask, HandsTermOnAndWaitsForTheWorkersOwnEnd) {
  program(
      "trap 'echo kept; exit 130' TERM; kill -TERM $PPID; for i in 1 2 3 4 5 6 7 8 9; do "
      "/bin/sleep 0.3; done; exit 9");
  const ProgramResult result = run();
  EXPECT_EQ(result.exit_code, 130) << result.out;
  EXPECT_NE(result.out.find("kept\n"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("scontrol requeue 12\n"), std::string::npos) << result.out;
}

TEST_F(SlurmTask, SaysWhereTheFolderIsNotThere) {
  fs::rename(dir_, temp_ / "elsewhere");
  const ProgramResult result = run("SLURMD_NODENAME=n7");
  EXPECT_NE(result.err.find("cannot be reached from node n7"), std::string::npos) << result.err;
}

TEST_F(SlurmTask, TheMergingJobCallsMerge) {
  std::ofstream(temp_ / "m.sbatch")
      << merging_script({.dir = dir_, .program = temp_ / "noisefloor", .experiment = "e"});
  EXPECT_EQ(run_shell("bash " + script_word((temp_ / "m.sbatch").string()), "/").exit_code, 0);
  EXPECT_EQ(read_text_file(dir_ / "logs/merge.log"), "worker merge " + dir_.string() + "\n");
}

}  // namespace
}  // namespace nf
