#include "eval/batch/node_workers.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace nf {
namespace {

/// The variables of launchers, as a test has them; those of before at its end.
class NodeWorkers : public testing::Test {
 protected:
  NodeWorkers() {
    for (const char* name : kNames) {
      const char* const value = std::getenv(name);
      before_.push_back(value == nullptr ? std::nullopt : std::optional<std::string>(value));
      ::unsetenv(name);
    }
  }
  ~NodeWorkers() override {
    for (std::size_t i = 0; i < before_.size(); ++i)
      if (before_[i])
        ::setenv(kNames[i], before_[i]->c_str(), 1);
      else
        ::unsetenv(kNames[i]);
  }
  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }

  static constexpr const char* kNames[] = {"OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS",
                                           "SLURM_STEP_TASKS_PER_NODE", "SLURM_NODEID",
                                           "SLURM_MEM_PER_NODE"};
  std::vector<std::optional<std::string>> before_;
};

TEST_F(NodeWorkers, AreOneWhereNobodySays) {
  EXPECT_EQ(workers_of_node(), 1);
  EXPECT_FALSE(memory_of_worker(1e9).has_value());
  set("SLURM_MEM_PER_NODE", "100");  // of a task with one worker: its script says --memory
  EXPECT_FALSE(memory_of_worker(1e9).has_value());
  set("SLURM_STEP_TASKS_PER_NODE", "?");
  EXPECT_EQ(workers_of_node(), 1);
}

TEST_F(NodeWorkers, AreTheTasksOfAStepOnThisNode) {
  set("SLURM_STEP_TASKS_PER_NODE", "4(x2),1,7");
  for (const auto& [node, tasks] :
       {std::pair("0", 4), std::pair("1", 4), std::pair("2", 1), std::pair("3", 7)}) {
    set("SLURM_NODEID", node);
    EXPECT_EQ(workers_of_node(), tasks) << node;
  }
}

/// mpirun within a job is the inner launcher.
TEST_F(NodeWorkers, AreTheRanksOfMpirun) {
  set("SLURM_STEP_TASKS_PER_NODE", "1");
  set("OMPI_COMM_WORLD_LOCAL_SIZE", "3");
  EXPECT_EQ(workers_of_node(), 3);
}

TEST_F(NodeWorkers, ShareTheMemoryOfTheNodeAndOfTheJob) {
  set("MPI_LOCALNRANKS", "4");
  EXPECT_EQ(memory_of_worker(4e9), 900'000'000);
  set("SLURM_MEM_PER_NODE", "1000");
  EXPECT_EQ(memory_of_worker(4e9), 943'718'400 / 4);
}

}  // namespace
}  // namespace nf
