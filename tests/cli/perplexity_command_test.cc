#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

ProgramResult perplexity(const ExperimentFiles& files, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"perplexity", "--model", "llama", "--text", "text.txt"};
  words.insert(words.end(), more.begin(), more.end());
  return run_program(words, files.dir());
}

TEST(IntegrationPerplexity, PrintsJson) {
  const ExperimentFiles files;
  const ProgramResult result = perplexity(files, {"--context", "32", "--json", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const Json json = Json::parse(result.out);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"nll", "ppl", "tokens", "windows", "context"}));
  EXPECT_EQ(json["context"], 32);
  EXPECT_EQ(json["tokens"].get<Index>(), json["windows"].get<Index>() * 31);
  EXPECT_DOUBLE_EQ(json["ppl"].get<double>(), std::exp(json["nll"].get<double>()));
}

TEST(IntegrationPerplexity, IsThatOfTheBaselineOfARun) {
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: w4, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
      "channel}]}\n");
  ASSERT_EQ(run_program({"run", "e.yaml", "--out", "out", "--set",
                         "data={text: text.txt, context: "
                         "32}",
                         "--set", "model=llama"},
                        files.dir())
                .exit_code,
            0);
  const Json json = Json::parse(perplexity(files, {"--context", "32", "--json"}).out);
  const auto baseline = read_csv(files / "out/results.csv").front();
  EXPECT_EQ(std::stod(baseline.at("nll")), json["nll"].get<double>());
  EXPECT_EQ(std::stoll(baseline.at("tokens")), json["tokens"].get<Index>());
}

TEST(IntegrationPerplexity, PrintsASentence) {
  const ExperimentFiles files;
  const ProgramResult result = perplexity(files, {"--context", "32"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out.starts_with("perplexity ")) << result.out;
  EXPECT_NE(result.out.find("windows of 32"), std::string::npos) << result.out;
}

TEST(IntegrationPerplexity, WarnsOfAShortText) {
  const ExperimentFiles files;
  files.write("text.txt", "too short");
  const ProgramResult loud = perplexity(files, {"--context", "100", "--json"});
  EXPECT_EQ(loud.exit_code, 0);
  EXPECT_NE(loud.err.find("warning: text.txt: 1 of 1 documents shorter"), std::string::npos)
      << loud.err;
  EXPECT_EQ(Json::parse(loud.out)["windows"], 1);
  EXPECT_EQ(perplexity(files, {"--context", "100", "--quiet"}).err, "");
}

TEST(IntegrationPerplexity, NamesMistakes) {
  const ExperimentFiles files;
  const auto error = [&](const std::vector<std::string>& more, int code) {
    const ProgramResult result = perplexity(files, more);
    EXPECT_EQ(result.exit_code, code);
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  EXPECT_EQ(error({"--context", "513"}, 2),
            "error: --context: 513 tokens are more than the model's max_position_embeddings 512\n");
  EXPECT_EQ(error({"--context", "1"}, 2),
            "error: --context: needs a whole number of at least 2, is '1'\n");
  const std::filesystem::path text = files.write("text.txt", "bad \xff bytes");
  EXPECT_TRUE(error({"--context", "8"}, 3).starts_with("error: text.txt: "));
  std::filesystem::remove(text);
  EXPECT_EQ(error({"--context", "8"}, 2), "error: --text: no such file: text.txt\n");
}

}  // namespace
}  // namespace nf
