#include "eval/batch/worker_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace nf {
namespace {

/// The variables that Slurm and launchers set, as a test has them; those of before at its end.
class WorkerProcess : public testing::Test {
 protected:
  WorkerProcess() {
    for (const char* name : kNames) {
      const char* const value = std::getenv(name);
      before_.push_back(value == nullptr ? std::nullopt : std::optional<std::string>(value));
      ::unsetenv(name);
    }
  }
  ~WorkerProcess() override {
    for (std::size_t i = 0; i < before_.size(); ++i)
      if (before_[i])
        ::setenv(kNames[i], before_[i]->c_str(), 1);
      else
        ::unsetenv(kNames[i]);
  }

  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }
  static Json note() {
    Json made;
    note_process(made);
    return made;
  }

  static constexpr const char* kNames[] = {
      "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_ID", "SLURM_STEP_ID",
      "SLURM_PROCID",       "SLURM_RESTART_COUNT", "PMIX_RANK",    "PMI_RANK",
      "PARALLEL_SEQ",       "OMPI_COMM_WORLD_RANK"};
  std::vector<std::optional<std::string>> before_;
};

TEST_F(WorkerProcess, LivesWhileItRuns) {
  Json made = note();
  EXPECT_EQ(process_lives(made), true);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  made["process"] = child;
  // One that ended lives no more, whether or not its parent has asked how.
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  EXPECT_EQ(process_lives(made), false);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(process_lives(made), false);
  made["system"] = "another";
  EXPECT_FALSE(process_lives(made).has_value());
}

TEST_F(WorkerProcess, HasANameOfItsOwnBehindThatOfItsTask) {
  const std::string alone = process_name();
  EXPECT_TRUE(alone.ends_with(":" + std::to_string(::getpid()))) << alone;
  set("SLURM_JOB_ID", "125");
  EXPECT_EQ(process_name(), "125 " + alone);
  set("SLURM_ARRAY_JOB_ID", "123");
  set("SLURM_ARRAY_TASK_ID", "4");
  set("SLURM_STEP_ID", "0");
  set("SLURM_PROCID", "2");
  EXPECT_EQ(process_name(), "123_4 step 0 rank 2 " + alone);
}

TEST_F(WorkerProcess, OfAJobThatWasStartedAgainIsDead) {
  set("SLURM_JOB_ID", "7");
  Json made = note();
  made["system"] = "another node";
  EXPECT_FALSE(process_lives(made).has_value());  // another worker of this start
  set("SLURM_RESTART_COUNT", "1");
  EXPECT_EQ(process_lives(made), false);
  EXPECT_EQ(process_lives(note()), true);
  set("SLURM_JOB_ID", "8");
  EXPECT_FALSE(process_lives(made).has_value());  // of another job
}

}  // namespace
}  // namespace nf
