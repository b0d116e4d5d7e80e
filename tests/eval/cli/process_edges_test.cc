/// The edges of the process: descriptors that are closed or full, names that are no UTF-8, files
/// that change, signals. The real program, driven by a shell.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const std::string kTrials =
    "  - {name: t, sweep: {r: [0.01, 0.02, 0.03]}, perturb: [{sites: {tensor: weight}, noise: "
    "gaussian, strength: {relative_l2: \"${r}\"}}]}\n"
    "  - {name: u, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "
    "0.1}}]}\n";
/// Of kTrials: the baseline, the floor and four trials, each of both models.
constexpr std::size_t kRecords = 2u * 6;
const std::string kLatin1 =
    "gr\xf6\xdf"
    "e";

class IntegrationEdges : public testing::Test {
 protected:
  IntegrationEdges() { files_.write_experiment(kTrials); }

  int shell(const std::string& line) const { return run_shell(line, files_.dir()).exit_code; }
  /// Lines of records.jsonl, each of which is JSON.
  std::size_t records(const std::string& out) const {
    return comparable_records(files_ / out).size();
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationEdges, AStandardDescriptorThatIsClosedTakesNoFilesPlace) {
  for (const char* closed : {"2>&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
    fs::remove_all(files_ / "out");
    EXPECT_EQ(shell(fmt::format("exec $NF run e.yaml --out out {}", closed)), 0) << closed;
    EXPECT_EQ(records("out"), kRecords) << closed;
    EXPECT_EQ(shell(fmt::format("exec $NF compare out t u {}", closed)), 0) << closed;
  }
}

TEST_F(IntegrationEdges, ExitCodesStayWhereStandardErrorTakesNothing) {
  for (const char* gone : {"2>/dev/full", "2>&-", "2>&1 >/dev/null | true"}) {
    // In a pipe the first command's code is asked for behind it.
    const auto code = [&](const std::string& command) {
      return shell(
          fmt::format("code=$( {{ {{ $NF {}; echo $? >&4; }} {} ; }} 4>&1 >/dev/null ); "
                      "exit $code",
                      command, gone));
    };
    fs::remove_all(files_ / "out");
    EXPECT_EQ(code("run e.yaml --out out"), 0) << gone;
    EXPECT_EQ(records("out"), kRecords) << gone;
    EXPECT_EQ(code("check missing.yaml"), 2) << gone;
    EXPECT_EQ(code("nonsense"), 2) << gone;
    EXPECT_EQ(code("verify out"), 0) << gone;
  }
}

TEST_F(IntegrationEdges, ResultsThatCannotBeWrittenAreAnErrorButNotWhereNobodyReads) {
  for (const char* command :
       {"check e.yaml", "list noises", "list metrics", "--help", "--version"}) {
    const ProgramResult full = run_shell(fmt::format("$NF {} >/dev/full", command), files_.dir());
    EXPECT_EQ(full.exit_code, 3) << command;
    EXPECT_EQ(full.err, "error: standard output: cannot be written: No space left on device\n");
    const ProgramResult gone =
        run_shell(fmt::format("{{ $NF {}; echo $? >&2; }} | true", command), files_.dir());
    EXPECT_EQ(gone.err, "0\n") << command;
  }
}

TEST_F(IntegrationEdges, TextThatIsNoUtf8IsAMistakeWithItsPlace) {
  std::string yaml = read_text_file(files_ / "e.yaml");
  yaml.replace(yaml.find("name: u"), 7, "name: " + kLatin1);
  files_.write("latin.yaml", yaml);
  for (const char* command : {"check", "plan", "run"}) {
    const ProgramResult result = run_program({command, "latin.yaml"}, files_.dir());
    EXPECT_EQ(result.exit_code, 2) << command;
    EXPECT_EQ(result.err,
              "error: latin.yaml:6:14: byte \\xf6 does not belong to UTF-8 text; write the text as "
              "UTF-8\n");
    const ProgramResult set =
        run_program({command, "e.yaml", "--set", "trials.1.name=" + kLatin1}, files_.dir());
    EXPECT_EQ(set.exit_code, 2) << command;
    EXPECT_EQ(set.err,
              "error: --set trials.1.name=gr\\xf6\\xdfe: byte 17 does not belong to UTF-8 text\n");
  }
  EXPECT_FALSE(fs::exists(files_ / "runs"));
}

TEST_F(IntegrationEdges, FoldersMayHaveAnyName) {
  const fs::path folder = files_ / kLatin1;
  fs::create_directory(folder);
  for (const char* name : {"opt", "llama", "text.txt", "e.yaml"})
    fs::rename(files_ / name, folder / name);
  fs::rename(folder / "opt", folder / ("opt" + kLatin1));
  const std::string e = kLatin1 + "/e.yaml", out = kLatin1 + "/out", whole = kLatin1 + "/whole";
  const auto code = [this](const std::vector<std::string>& words) {
    const ProgramResult result = run_program(words, files_.dir());
    EXPECT_EQ(result.err.find("internal"), std::string::npos) << result.err;
    return result.exit_code;
  };
  std::ofstream(folder / "e.yaml", std::ios::app).flush();
  EXPECT_EQ(code({"check", e, "--set", "model=llama"}), 0);  // counts from the file, too
  std::string yaml = read_text_file(folder / "e.yaml");
  yaml.replace(yaml.find("[opt, llama]"), 12, "llama");
  std::ofstream(folder / "e.yaml") << yaml;
  EXPECT_EQ(code({"check", e}), 0);
  EXPECT_EQ(code({"run", e, "--out", out}), 0);
  EXPECT_EQ(code({"run", e, "--out", out}), 0);
  EXPECT_EQ(code({"verify", out}), 0);
  EXPECT_EQ(code({"compare", out, "t", "u"}), 0);
  EXPECT_EQ(code({"export", out, "--sqlite", kLatin1 + "/x.db", "--csv", kLatin1 + "/x.csv"}), 0);
  EXPECT_EQ(code({"merge", out, "--out", whole}), 0);
  EXPECT_EQ(code({"verify", whole}), 0);
  const Json manifest = read_json(folder / "out/manifest.json");
  EXPECT_TRUE(manifest["experiment_dir"].get<std::string>().ends_with("/gr\\xf6\\xdfe"));
  // A model in such a folder.
  const std::string link = "ln -s " + kLatin1 + "/opt" + kLatin1 + " here";
  ASSERT_EQ(shell(link), 0);
  yaml.replace(yaml.find("model: llama"), 12, "model: ../here");
  std::ofstream(folder / "e.yaml") << yaml;
  EXPECT_EQ(code({"run", e, "--out", kLatin1 + "/other"}), 0);
  EXPECT_EQ(code({"verify", kLatin1 + "/other"}), 0);
  EXPECT_NE(read_text_file(folder / "other/results.csv").find("optgr\\xf6\\xdfe"),
            std::string::npos);
}

TEST_F(IntegrationEdges, AnExperimentIsCalledLikeAFolder) {
  for (const char* name : {"..", ".", "a/b", "\"\"", "\"a\\n\"", "\"a\\0b\""}) {
    const ProgramResult result =
        run_program({"check", "e.yaml", "--set", std::string("experiment=") + name}, files_.dir());
    EXPECT_EQ(result.exit_code, 2) << name;
    EXPECT_NE(result.err.find("names a folder"), std::string::npos) << result.err;
  }
}

/// A run of many short waves, and its state after a first record is there.
class IntegrationChanges : public IntegrationEdges {
 protected:
  IntegrationChanges() {
    files_.write("long.yaml",
                 "experiment: e\nmodel: " NF_SOURCE_DIR
                 "/assets/models/llama-nano\n"
                 "data: {text: " NF_SOURCE_DIR
                 "/assets/text/eval-en.txt, context: 256, windows: 16}\n"
                 "trials:\n  - {name: t, repeat: 40, perturb: [{sites: {tensor: weight}, noise: "
                 "gaussian, strength: {relative_l2: 0.1}}]}\n");
    fs::copy(NF_SOURCE_DIR "/assets/models/llama-nano", files_ / "model",
             fs::copy_options::recursive);
    const ProgramResult least = run_program(words("1MiB"), files_.dir());
    const std::string before = "at least ";
    const std::size_t at = least.err.find(before) + before.size();
    memory_ = least.err.substr(at, least.err.find(' ', at) - at) + "MiB";
  }
  std::vector<std::string> words(const std::string& memory) const {
    return {"run",      "long.yaml", "--out",   "out",   "--threads",  "1",
            "--memory", memory,      "--quiet", "--set", "model=model"};
  }
  void wait_for_a_record() const {
    const fs::path file = files_ / "out/records.jsonl";
    for (int i = 0; i < 30'000 && (!fs::exists(file) || fs::file_size(file) == 0); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  fs::path weights() const { return files_ / "model/model.safetensors"; }

  std::string memory_;
};

TEST_F(IntegrationChanges, OfACheckpointAreNoticedAndNothingIsKept) {
  ASSERT_TRUE(fs::exists(weights()));
  RunningProgram program(words(memory_), files_.dir());
  wait_for_a_record();
  {  // other weights in place
    std::fstream file(weights(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(weights()) / 2));
    file << std::string(4096, '\x01');
  }
  const std::size_t before = records("out");
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("model.safetensors: changed while it was being read"),
            std::string::npos)
      << result.err;
  // Those of a wave may have been under way to the file: the baseline's, and one trial's.
  EXPECT_LE(records("out"), before + 2);
}

TEST_F(IntegrationChanges, ThatShortenACheckpointEndTheRunWithItsName) {
  RunningProgram program(words(memory_), files_.dir());
  wait_for_a_record();
  ASSERT_EQ(::truncate(weights().c_str(), 4096), 0);
  const ProgramResult result = program.wait();
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("model.safetensors: "), std::string::npos) << result.err;
  records("out");
}

TEST_F(IntegrationChanges, TheFirstSignalWaitsForTheWaveAndTheSecondDoesNot) {
  for (const auto& [first, second] : {std::pair(SIGINT, SIGTERM), std::pair(SIGTERM, SIGINT)}) {
    fs::remove_all(files_ / "out");
    RunningProgram program(words("8GiB"), files_.dir());  // one long wave
    for (int i = 0; i < 5'000 && !fs::exists(files_ / "out/manifest.json"); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    program.send(first);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    program.send(second);
    EXPECT_EQ(program.wait().exit_code, 130);
  }
  fs::remove_all(files_ / "out");
  RunningProgram program(words(memory_), files_.dir());
  wait_for_a_record();
  const std::size_t before = records("out");
  program.send(SIGTERM);
  EXPECT_EQ(program.wait().exit_code, 130);
  // The wave that was under way is finished; the signal may as well come just after it.
  EXPECT_GE(records("out"), before);
  EXPECT_LT(records("out"), 41u);
}

}  // namespace
}  // namespace nf
