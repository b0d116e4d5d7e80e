#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ops/gemm.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

TEST(IntegrationBench, PrintsJsonOfWhatThisMachineHas) {
  const ExperimentFiles files;
  const ProgramResult result = run_program(
      {"bench", "--model", "llama", "--context", "64", "--rounds", "1", "--json"}, files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  std::vector<std::string> names, expected = {"f32"};
  for (const Json& form : json["forms"]) {
    names.push_back(form["name"]);
    EXPECT_GT(form["prompt_tokens_per_second"].get<double>(), 0.0);
    EXPECT_GT(form["single_tokens_per_second"].get<double>(), 0.0);
  }
  if (bf16_is_native()) expected.emplace_back("bf16");
  if (int8_is_native()) expected.emplace_back("w8a8");
  if (bf16_is_native() && int8_is_native()) expected.emplace_back("w8a8+bf16");
  EXPECT_EQ(names, expected);
  EXPECT_EQ(json["forms"][0]["prompt_speedup"], 1.0);
  EXPECT_EQ(json["context"], 64);
  const Json& f32 = json["weights"][0];
  EXPECT_EQ(f32["scheme"], "f32");
  for (const Json& scheme : json["weights"])
    EXPECT_LE(scheme["bytes_per_token"].get<double>(), f32["bytes_per_token"].get<double>());
}

TEST(IntegrationBench, PrintsTables) {
  const ExperimentFiles files;
  const ProgramResult result =
      run_program({"bench", "--model", "opt", "--context", "16", "--rounds", "1"}, files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("prompt of 16"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("\nW4A16 g128 "), std::string::npos) << result.out;
}

TEST(IntegrationBench, LeavesItsResultInARunOfTheModel) {
  const ExperimentFiles files;
  files.write_experiment("  - {name: w, quantize: W4 channel}\n");
  const auto program = [&files](const std::vector<std::string>& arguments) {
    return run_program(arguments, files.dir());
  };
  ASSERT_EQ(program({"run", "e.yaml", "--out", "r", "--quiet"}).exit_code, 0);
  EXPECT_EQ(program({"report", "r", "--data", "speed-llama"}).exit_code, 2);
  const ProgramResult bench =
      program({"bench", "--model", "llama", "--context", "16", "--rounds", "1", "--into", "r"});
  ASSERT_EQ(bench.exit_code, 0) << bench.err;
  const ProgramResult data = program({"report", "r", "--data", "speed-llama"});
  EXPECT_NE(data.out.find("\nllama,w,W4A16 channel,uniform,1,"), std::string::npos) << data.err;
  // The run goes on, and its folder keeps the times.
  ASSERT_EQ(program({"run", "e.yaml", "--out", "r", "--quiet"}).exit_code, 0);
  EXPECT_EQ(program({"report", "r", "--data", "speed-llama"}).out, data.out);
}

TEST(IntegrationBench, RatesIntegersOfModelsWhoseLinearsShareInputs) {
  if (!int8_is_native()) GTEST_SKIP() << "this CPU has no VNNI, so that w8a8 is not timed";
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: whole, quantize: W8A8}\n"
      "  - {name: half, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 8, granularity: "
      "channel, dose: 0.5}]}\n"
      "  - name: searched\n"
      "    bisect: {range: [0.5, 4], target: {kl: 0.001}, max_steps: 2}\n"
      "    quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel, "
      "dose: "
      "\"${bisect}\"}]\n");
  const auto program = [&files](const std::vector<std::string>& arguments) {
    return run_program(arguments, files.dir());
  };
  ASSERT_EQ(program({"run", "e.yaml", "--out", "r", "--quiet"}).exit_code, 0);
  for (const char* model : {"llama", "opt"}) {  // seven linears of four inputs, six of four
    const ProgramResult bench =
        program({"bench", "--model", model, "--context", "16", "--rounds", "1", "--into", "r"});
    ASSERT_EQ(bench.exit_code, 0) << bench.err;
    const ProgramResult data = program({"report", "r", "--data", fmt::format("speed-{}", model)});
    EXPECT_NE(data.out.find(fmt::format("\n{},whole,\"W8A8 channel, token\"", model)),
              std::string::npos)
        << data.out << data.err;
    EXPECT_NE(data.out.find(",w8a8,"), std::string::npos) << data.out;
    EXPECT_EQ(data.out.find("half"), std::string::npos) << data.out;
    EXPECT_EQ(data.out.find("searched"), std::string::npos) << data.out;
  }
}

TEST(IntegrationBench, TellsADamagedFileBeforeTheWork) {
  const ExperimentFiles files;
  files.write_experiment("  - {name: w, quantize: W4 channel}\n");
  const auto program = [&files](const std::vector<std::string>& arguments) {
    return run_program(arguments, files.dir());
  };
  ASSERT_EQ(program({"run", "e.yaml", "--out", "r", "--quiet"}).exit_code, 0);
  files.write("r/bench.json", R"({"format": 1, "benches": [3]})");
  // Rounds that would take days: the file is read first.
  const ProgramResult bench =
      program({"bench", "--model", "llama", "--rounds", "100000000", "--into", "r"});
  EXPECT_EQ(bench.exit_code, 3);
  EXPECT_NE(bench.err.find("bench.json: is damaged"), std::string::npos) << bench.err;
  EXPECT_NE(bench.err.find("remove it"), std::string::npos) << bench.err;
}

TEST(IntegrationBench, RefusesARunOfOtherModels) {
  const ExperimentFiles files;
  files.write_experiment("  - {name: w, quantize: W4 channel}\n");
  ASSERT_EQ(
      run_program({"run", "e.yaml", "--out", "r", "--quiet", "--set", "model=[opt]"}, files.dir())
          .exit_code,
      0);
  const ProgramResult result =
      run_program({"bench", "--model", "llama", "--into", "r"}, files.dir());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("is a run of opt, which has other weights"), std::string::npos)
      << result.err;
}

TEST(IntegrationBench, RefusesALongerPromptThanTheModelTakes) {
  const ExperimentFiles files;
  const ProgramResult result =
      run_program({"bench", "--model", "opt", "--context", "100000"}, files.dir());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("--context: 100000 tokens are more than"), std::string::npos)
      << result.err;
}

}  // namespace
}  // namespace nf
