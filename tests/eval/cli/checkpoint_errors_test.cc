#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <limits>

#include "core/io/read_file.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const std::string kTrial =
    "  - {name: w4, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
    "channel}]}\n";

/// As the error names it: the experiment says `opt`, and lies in the folder the program runs in.
const std::string kWeights = "opt/model.safetensors: ";

/// Expects that `run` refuses broken files: a line naming file and place, exit code 3, no records.
void expect_refused(const ExperimentFiles& files, const std::vector<std::string>& named) {
  const ProgramResult result = run_program({"run", "e.yaml", "--out", "out"}, files.dir());
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_TRUE(result.err.starts_with("error: ")) << result.err;
  EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  for (const std::string& each : named)
    EXPECT_NE(result.err.find(each), std::string::npos) << each << " in " << result.err;
  EXPECT_EQ(result.out, "");
  const fs::path records = files / "out/records.jsonl";
  EXPECT_TRUE(!fs::exists(records) || fs::file_size(records) == 0);
}

class IntegrationBrokenFiles : public testing::Test {
 protected:
  IntegrationBrokenFiles() { files_.write_experiment(kTrial); }
  fs::path weights() const { return files_ / "opt/model.safetensors"; }
  ExperimentFiles files_;
};

TEST_F(IntegrationBrokenFiles, TruncatedWeights) {
  fs::resize_file(weights(), fs::file_size(weights()) - 100);
  expect_refused(files_, {kWeights});
}

TEST_F(IntegrationBrokenFiles, TruncatedHeader) {
  fs::resize_file(weights(), 40);
  expect_refused(files_, {kWeights});
}

TEST_F(IntegrationBrokenFiles, WeightsThatAreNoSafetensors) {
  std::ofstream(weights()) << "hello, this is no checkpoint";
  expect_refused(files_, {kWeights});
}

TEST_F(IntegrationBrokenFiles, NoWeights) {
  fs::remove(weights());
  expect_refused(files_, {"opt: ", "model.safetensors"});
}

TEST_F(IntegrationBrokenFiles, AMissingTensor) {
  TinyModel model = tiny_opt();
  model.remove("model.decoder.layers.1.fc1.weight");
  model.write(files_ / "opt");
  expect_refused(files_, {"model.decoder.layers.1.fc1.weight", "missing"});
}

TEST_F(IntegrationBrokenFiles, AMissingShard) {
  fs::remove(weights());
  write_sharded(files_ / "opt", tiny_opt().tensors, 3);
  ASSERT_EQ(run_program({"check", "e.yaml"}, files_.dir()).exit_code, 0);
  for (const auto& entry : fs::directory_iterator(files_ / "opt"))
    if (entry.path().filename().string().find("00002-of") != std::string::npos) {
      fs::remove(entry.path());
      break;
    }
  expect_refused(files_, {"00002-of-"});
}

TEST_F(IntegrationBrokenFiles, ANaNWeightIsFoundByRunAndNotByCheck) {
  TinyModel model = tiny_opt();
  TestTensor& fc1 = model.tensor("model.decoder.layers.1.fc1.weight");
  fc1.values[32 * 3 + 5] = std::numeric_limits<float>::quiet_NaN();
  model.write(files_ / "opt");
  const ProgramResult check = run_program({"check", "e.yaml"}, files_.dir());
  EXPECT_EQ(check.exit_code, 0) << check.err;
  expect_refused(files_, {kWeights, "model.decoder.layers.1.fc1.weight", "NaN", "[3, 5]"});
}

TEST_F(IntegrationBrokenFiles, CheckReadsNoWeights) {
  TinyModel model = tiny_opt();
  for (TestTensor& tensor : model.tensors)
    std::fill(tensor.values.begin(), tensor.values.end(), std::numeric_limits<float>::quiet_NaN());
  model.write(files_ / "opt");
  EXPECT_EQ(run_program({"check", "e.yaml"}, files_.dir()).exit_code, 0);
  expect_refused(files_, {kWeights, "NaN"});
}

TEST_F(IntegrationBrokenFiles, TextThatIsNotUtf8) {
  files_.write("text.txt", "plain \xff text, and some more of it");
  expect_refused(files_, {"text.txt: byte 6: invalid UTF-8"});
}

TEST_F(IntegrationBrokenFiles, ABrokenTokenizer) {
  std::ofstream(files_ / "opt/tokenizer.json") << "{\"model\": ";
  expect_refused(files_, {"opt/tokenizer.json"});
}

TEST_F(IntegrationBrokenFiles, ABrokenConfig) {
  std::ofstream(files_ / "opt/config.json") << "{\"model_type\": \"opt\"}";
  expect_refused(files_, {"opt/config.json"});
}

TEST_F(IntegrationBrokenFiles, NamedByPerplexityAndLogitsToo) {
  fs::resize_file(weights(), fs::file_size(weights()) - 100);
  const ProgramResult perplexity = run_program(
      {"perplexity", "--model", "opt", "--text", "text.txt", "--context", "16"}, files_.dir());
  EXPECT_EQ(perplexity.exit_code, 3);
  EXPECT_NE(perplexity.err.find("opt/model.safetensors"), std::string::npos) << perplexity.err;
  const ProgramResult logits = run_program(
      {"logits", "--model", "opt", "--ids", "none.npy", "--out", "o.npy"}, files_.dir());
  EXPECT_EQ(logits.exit_code, 3);
  EXPECT_FALSE(fs::exists(files_ / "o.npy"));
}

}  // namespace
}  // namespace nf
