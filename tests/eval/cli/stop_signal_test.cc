/// What the first signal and the second one say of a run that is under way.

#include "eval/cli/stop_signal.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

constexpr const char* kExperiment = R"(experiment: stop
model: {0}/models/opt-nano
data: {{text: {0}/text/eval-en.txt, context: 512, windows: 16}}
trials:
  - {{name: noise, repeat: 60, perturb: gaussian l2=0.1}}
)";

Index lines_of(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return 0;
  const std::string text = read_text_file(file);
  return std::count(text.begin(), text.end(), '\n');
}

class IntegrationStopSignal : public testing::Test {
 protected:
  IntegrationStopSignal() {
    files_.write("e.yaml", fmt::format(fmt::runtime(kExperiment), NF_SOURCE_DIR "/assets"));
  }

  /// A run that has kept something and has more to do, ended by these signals.
  ProgramResult run_until(const std::vector<int>& signals) {
    std::vector<std::string> words = {"run", "e.yaml", "--out", "out", "--save-every", "1s"};
    RunningProgram program(words, files_.dir());
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (lines_of(records_) == 0 && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    for (const int signal : signals) program.send(signal);
    return program.wait();
  }

  ExperimentFiles files_;
  std::filesystem::path records_ = files_ / "out/records.jsonl";
};

constexpr const char* kFirst =
    "\nends at the next point where all work is kept, after about 0:01 of work at most; again to "
    "end at once\n";

TEST_F(IntegrationStopSignal, TheFirstEndsAtTheNextPoint) {
  const ProgramResult result = run_until({SIGINT});
  EXPECT_EQ(result.exit_code, static_cast<int>(ExitCode::interrupted));
  EXPECT_NE(result.err.find(kFirst), std::string::npos) << result.err;
  EXPECT_EQ(result.err.find("ended at once"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find(" trials × windows kept; the same command goes on"), std::string::npos)
      << result.err;
}

/// Two kinds, for of two equal signals that wait together one is delivered.
TEST_F(IntegrationStopSignal, TheSecondEndsAtOnceAndSaysWhatIsKept) {
  const ProgramResult result = run_until({SIGINT, SIGTERM});
  EXPECT_EQ(result.exit_code, static_cast<int>(ExitCode::interrupted));
  EXPECT_NE(result.err.find(kFirst), std::string::npos) << result.err;
  const Index kept = lines_of(records_);
  ASSERT_GT(kept, 0);
  EXPECT_NE(result.err.find(fmt::format(
                "\nended at once: {} kept in out/records.jsonl; the same command goes on from "
                "there\n",
                kept == 1 ? "1 record is" : fmt::format("{} records are", kept))),
            std::string::npos)
      << result.err;
}

}  // namespace
}  // namespace nf
