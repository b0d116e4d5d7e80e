#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

/// The exit codes, as docs/meaning.md promises them.
class IntegrationExitCode : public testing::Test {
 protected:
  IntegrationExitCode() { files_.write_experiment("  []\n"); }
  int code(const std::vector<std::string>& arguments) const {
    return run_program(arguments, files_.dir()).exit_code;
  }
  ExperimentFiles files_;
};

TEST_F(IntegrationExitCode, IsTwoWhereAPathThatWasWrittenLeadsNowhere) {
  EXPECT_EQ(code({"check", "e.yaml"}), 0);
  EXPECT_EQ(code({"check", "nope.yaml"}), 2);
  EXPECT_EQ(code({"check", "e.yaml", "--set", "data.text=/no/such.txt"}), 2);
  EXPECT_EQ(code({"check", "e.yaml", "--set", "model=/no/such"}), 2);
  EXPECT_EQ(code({"perplexity", "--model", "opt", "--text", "/no/such", "--context", "8"}), 2);
  for (const char* command : {"verify", "compare"}) EXPECT_EQ(code({command, "nope"}), 2);
  EXPECT_EQ(code({"export", "nope", "--csv", "x"}), 2);
  EXPECT_EQ(code({"merge", "nope", "--out", "x"}), 2);
}

TEST_F(IntegrationExitCode, IsThreeWhereWhatIsThereIsBrokenOrIncomplete) {
  std::filesystem::create_directory(files_ / "empty");
  EXPECT_EQ(code({"check", "e.yaml", "--set", "model=empty"}), 3);  // no config.json in it
  std::ofstream(files_ / "opt/model.safetensors") << "no weights";
  EXPECT_EQ(code({"check", "e.yaml"}), 3);
  std::ofstream(files_ / "text.txt") << "\xff is no UTF-8";
  EXPECT_EQ(code({"perplexity", "--model", "llama", "--text", "text.txt", "--context", "8"}), 3);
}

}  // namespace
}  // namespace nf
