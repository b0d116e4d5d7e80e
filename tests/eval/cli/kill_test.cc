/// Nothing is lost: the real program, ended at any moment or on a full disk, and started again,
/// leaves what a run leaves that nobody disturbed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/output/csv_reader.h"
#include "eval/records/file_names.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/small_file_limit.h"

namespace nf {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

/// Ten models, of which two take most of the time, 12 conditions, and as little memory as will do.
constexpr const char* kExperiment = R"(experiment: kill
model: [m0, m1, m2, m3, {0}/models/opt-nano, m4, m5, m6, m7, {0}/models/llama-nano]
data: {{text: {0}/text/eval-en.txt, context: 32, windows: 4}}
trials:
  - {{name: noise, repeat: 4, perturb: [{{sites: {{tensor: weight}}, noise: gaussian, strength: {{relative_l2: 0.1}}}}]}}
  - {{name: inputs, sweep: {{s: [10, 20, 30, 40]}}, perturb: [{{sites: {{tensor: input}}, noise: uniform, strength: {{snr_db: "${{s}}"}}}}]}}
  - {{name: w, sweep: {{b: [3, 4, 6, 8]}}, quantize: [{{sites: {{tensor: weight}}, grid: uniform, bits: "${{b}}", granularity: channel}}]}}
)";

/// The whole lines of a file; empty where there is none.
std::string whole_lines(const fs::path& file) {
  if (!fs::exists(file)) return {};
  const std::string text = read_text_file(file);
  return text.substr(0, text.rfind('\n') + 1);
}

std::vector<fs::path> csv_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".csv") files.push_back(entry.path());
  return files;
}

/// Every file that is written whole is whole, if it is there.
void expect_whole_files(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  for (const fs::path& file : csv_files(folder)) {
    const std::string text = read_text_file(file);
    EXPECT_TRUE(text.ends_with('\n')) << file;
    const auto lines = parse_csv(text);
    for (const auto& line : lines) EXPECT_EQ(line.size(), lines.front().size()) << file;
  }
  if (fs::exists(folder / "manifest.json")) {
    EXPECT_NO_THROW(read_json(folder / "manifest.json"));
  }
}

class IntegrationKill : public testing::Test {
 protected:
  IntegrationKill() {
    for (std::uint64_t i = 0; i < 8; ++i)
      tiny_opt({.seed = i}).write(files_ / fmt::format("m{}", i));
    files_.write("e.yaml", fmt::format(fmt::runtime(kExperiment), NF_SOURCE_DIR "/assets"));
    // "...: at least N MiB are needed", of the first model that needs more: what one lane at a time
    // takes of each.
    const std::string before = "at least ";
    ProgramResult straight{.exit_code = -1, .out = {}, .err = before + "1 MiB"};
    for (std::size_t at; (at = straight.err.find(before)) != std::string::npos;) {
      memory_ = straight.err.substr(at + before.size());
      memory_ = memory_.substr(0, memory_.find(' ')) + "MiB";
      const auto start = std::chrono::steady_clock::now();
      straight = run("straight");
      seconds_ = std::chrono::steady_clock::now() - start;
    }
    EXPECT_EQ(straight.exit_code, 0) << straight.err;
  }

  std::vector<std::string> words(const std::string& out) const {
    return {"run", "e.yaml", "--out", out, "--threads", "1", "--memory", memory_, "--quiet"};
  }
  ProgramResult run(const std::string& out) const { return run_program(words(out), files_.dir()); }
  RunningProgram start(const std::string& out) const {
    return RunningProgram(words(out), files_.dir());
  }
  std::size_t records() const { return comparable_records(files_ / "straight").size(); }

  void expect_as_straight(const std::string& out) const {
    EXPECT_EQ(comparable_records(files_ / out), comparable_records(files_ / "straight"));
    const std::vector<fs::path> files = csv_files(files_ / "straight");
    EXPECT_GE(files.size(), 2u);
    for (const fs::path& file : files)
      EXPECT_EQ(read_text_file(files_ / out / file.filename().string()), read_text_file(file))
          << file;
    for (const fs::directory_entry& entry : fs::directory_iterator(files_ / out))
      EXPECT_EQ(entry.path().filename().string().find(".tmp-"), std::string::npos) << entry.path();
  }

  ExperimentFiles files_;
  std::string memory_;
  Seconds seconds_{};  ///< of the straight run
};

TEST_F(IntegrationKill, FiftyTimesAtAnyMomentLosesAndDoublesNothing) {
  constexpr int kKills = 50;
  // Long enough for some waves to end before a kill, short enough for a run to be killed a few
  // times; when one is finished another begins.
  const double longest = 0.8 * seconds_.count();
  std::mt19937 draws(20240310);
  const auto uniform = [&draws] {  // std::uniform_real_distribution differs between libraries
    return static_cast<double>(draws() - std::mt19937::min()) /
           static_cast<double>(std::mt19937::max() - std::mt19937::min());
  };
  const fs::path out = files_ / "out";
  int midway = 0, grown = 0, finished = 0;
  std::string before;
  for (int kills = 0; kills < kKills;) {
    RunningProgram program = start("out");
    std::this_thread::sleep_for(Seconds(uniform() * longest));
    program.send(SIGKILL);
    const ProgramResult result = program.wait();
    const std::string lines = whole_lines(out / "records.jsonl");
    ASSERT_TRUE(lines.starts_with(before)) << "a finished record is gone";
    grown += lines != before ? 1 : 0;
    before = lines;
    expect_whole_files(out);
    if (result.exit_code == 128 + SIGKILL) {
      ++kills;
      const auto count = static_cast<std::size_t>(std::count(lines.begin(), lines.end(), '\n'));
      midway += count > 0 && count < records() ? 1 : 0;
    } else {
      ASSERT_EQ(result.exit_code, 0) << result.err;
      expect_as_straight("out");
      fs::remove_all(out);
      before.clear();
      ++finished;
    }
  }
  ASSERT_EQ(run("out").exit_code, 0);
  expect_as_straight("out");
  // Or it has hardly been tested: kills before the first and after the last record prove little.
  EXPECT_GE(midway, kKills / 5);
  EXPECT_GE(grown, kKills / 5);
  RecordProperty("kills_midway", midway);
  RecordProperty("runs_that_recorded", grown);
  RecordProperty("runs_to_the_end", finished);
}

TEST_F(IntegrationKill, StopsAtSigtermAndGoesOn) {
  RunningProgram program = start("out");
  const fs::path file = files_ / "out/records.jsonl";
  for (int i = 0; i < 30000 && whole_lines(file).empty(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const std::string before = whole_lines(file);
  program.send(SIGTERM);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 130) << result.err;
  EXPECT_NE(result.err.find(" of 480 trials × windows kept; the same command goes on\n"),
            std::string::npos)
      << result.err;
  EXPECT_TRUE(whole_lines(file).starts_with(before));
  EXPECT_EQ(whole_lines(file), read_text_file(file));
  expect_whole_files(files_ / "out");
  EXPECT_TRUE(fs::exists(files_ / "out/results.csv"));

  ASSERT_EQ(run("out").exit_code, 0);
  expect_as_straight("out");
}

TEST_F(IntegrationKill, GoesOnWhenAFullDiskHasRoomAgain) {
  const auto whole = fs::file_size(files_ / "straight/records.jsonl");
  for (const auto room : {std::uintmax_t{100}, whole / 5, whole / 2}) {
    const ProgramResult result = [&] {
      const SmallFileLimit limit(room);
      return run("out");
    }();
    EXPECT_EQ(result.exit_code, 3) << room;
    const std::string file = room == 100 ? "out/experiment.yaml" : "out/records.jsonl";
    EXPECT_EQ(result.err, "error: " + file + ": cannot write: File too large\n");
    expect_whole_files(files_ / "out");
    if (room > 100) {
      EXPECT_GT(whole_lines(files_ / "out/records.jsonl").size(), 0u);
    }
  }
  ASSERT_EQ(run("out").exit_code, 0);
  expect_as_straight("out");
}

TEST_F(IntegrationKill, LeavesAMergeWholeOrNotAtAll) {
  const std::vector<std::string> merge = {"merge", "straight", "--out", "merged"};
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(run_program(merge, files_.dir()).exit_code, 0);
  const Seconds seconds = std::chrono::steady_clock::now() - begin;
  constexpr int kKills = 20;
  for (int i = 1; i <= kKills; ++i) {
    fs::remove_all(files_ / "merged");
    RunningProgram program(merge, files_.dir());
    std::this_thread::sleep_for(seconds * i / kKills);
    program.send(SIGKILL);
    program.wait();
    if (fs::exists(files_ / "merged")) expect_as_straight("merged");
  }
}

}  // namespace
}  // namespace nf
