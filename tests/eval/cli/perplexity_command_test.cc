#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/io/read_file.h"
#include "core/ops/gemm.h"
#include "tests/reference/forward.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/write_npy.h"

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
  EXPECT_EQ(keys, (std::vector<std::string>{"nll", "ppl", "tokens", "windows", "context",
                                            "convention", "bits_per_byte"}));
  EXPECT_EQ(json["context"], 32);
  EXPECT_EQ(json["convention"], "window/1");
  EXPECT_EQ(json["tokens"].get<Index>(), json["windows"].get<Index>() * 31);
  EXPECT_DOUBLE_EQ(json["ppl"].get<double>(), std::exp(json["nll"].get<double>()));
}

/// Mean nll of token t given tokens [begin, t), in double, over all t of [scored, end) of all
/// windows.
struct ScoredWindow {
  Index begin, scored, end;
};
double reference_nll(const std::filesystem::path& model, const std::vector<std::int32_t>& ids,
                     const std::vector<ScoredWindow>& windows) {
  double nll = 0.0;
  Index tokens = 0;
  for (const ScoredWindow& window : windows) {
    const std::vector<std::int32_t> input(ids.begin() + window.begin, ids.begin() + window.end);
    const RowMatrix logits = reference_forward(model, input).logits;
    for (Index t = window.scored; t < window.end; ++t, ++tokens) {
      const auto row = logits.row(t - 1 - window.begin);
      nll += std::log(row.array().exp().sum()) - row(ids[static_cast<std::size_t>(t)]);
    }
  }
  return nll / static_cast<double>(tokens);
}

TEST(IntegrationPerplexity, ScoresWhatItsConventionSays) {
  constexpr Index kVocab = 300;        // of the tiny models
  constexpr double kTolerance = 1e-5;  // nats; f32 against double through two small blocks
  const ExperimentFiles files;
  const std::vector<std::int32_t> ids = random_ids(21, kVocab);
  write_npy(files / "ids.npy", "21,", ids);
  std::filesystem::remove(files / "llama/tokenizer.json");
  struct Case {
    std::vector<std::string> options;
    std::vector<ScoredWindow> windows;
    std::string name;
  };
  const std::vector<Case> cases = {
      {{}, {{0, 1, 8}, {8, 9, 16}}, "window/1"},
      {{"--windows", "1"}, {{0, 1, 8}}, "window/1"},
      {{"--convention", "llama.cpp"}, {{0, 5, 8}, {8, 13, 16}}, "llama.cpp/1"},
      {{"--convention", "strided"},
       {{0, 1, 8}, {4, 8, 12}, {8, 12, 16}, {12, 16, 20}, {16, 20, 21}},
       "strided/1"},
      {{"--convention", "strided", "--stride", "7"},
       {{0, 1, 8}, {7, 8, 15}, {14, 15, 21}},
       "strided/1"},
  };
  for (const Case& one : cases) {
    std::vector<std::string> words = {"perplexity", "--model", "llama",  "--ids",  "ids.npy",
                                      "--context",  "8",       "--json", "--quiet"};
    words.insert(words.end(), one.options.begin(), one.options.end());
    const ProgramResult result = run_program(words, files.dir());
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const Json json = Json::parse(result.out);
    EXPECT_NEAR(json["nll"].get<double>(), reference_nll(files / "llama", ids, one.windows),
                kTolerance)
        << one.name;
    EXPECT_EQ(json["windows"].get<std::size_t>(), one.windows.size());
    EXPECT_EQ(json["convention"], one.name);
    EXPECT_EQ(json.contains("stride"), one.name == "strided/1");
    EXPECT_TRUE(json["bits_per_byte"].is_null());
  }
}

TEST(IntegrationPerplexity, CountsBitsPerByteOfText) {
  const ExperimentFiles files;
  const std::string text = read_text_file(files / "text.txt");
  // One window of the whole text scores all but its first token.
  files.write("text.txt", text.substr(0, 200));
  const Json json = Json::parse(perplexity(files, {"--context", "256", "--json", "--quiet"}).out);
  ASSERT_EQ(json["windows"], 1);
  const double bits = json["nll"].get<double>() * json["tokens"].get<double>() / std::log(2.0);
  const double bytes = bits / json["bits_per_byte"].get<double>();
  EXPECT_NEAR(bytes, std::round(bytes), 1e-9 * bytes);  // a sum of whole numbers, but for rounding
  EXPECT_GE(bytes, 190.0);                              // the first token has at most 5 bytes
  EXPECT_LT(bytes, 200.0);
}

TEST(IntegrationPerplexity, ReadsJsonLines) {
  const ExperimentFiles files;
  files.write("d.jsonl", "{\"body\": \"first document\"}\n{\"body\": \"second document\"}\n");
  const ProgramResult result =
      run_program({"perplexity", "--model", "opt", "--jsonl", "d.jsonl", "--field", "body",
                   "--context", "8", "--json", "--quiet"},
                  files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["windows"], 2);
}

TEST(IntegrationPerplexity, StaysWithinAMemoryBudget) {
  const ExperimentFiles files;
  const ProgramResult free = perplexity(files, {"--context", "32", "--json", "--quiet"});
  const ProgramResult tight =
      perplexity(files, {"--context", "32", "--json", "--quiet", "--memory", "1GiB"});
  EXPECT_EQ(tight.exit_code, 0) << tight.err;
  EXPECT_EQ(tight.out, free.out);
  EXPECT_EQ(perplexity(files, {"--context", "32", "--memory", "1KiB"}).exit_code, 2);
}

/// Both arms differ in the order and rounding of f32 sums alone; an input beside a half may then
/// take the code next to it, which moves it by 1 / 254 of its row's largest value.
TEST(IntegrationPerplexity, MultipliesIntegersAsTheirSimulationDoes) {
  if (!int8_is_native()) GTEST_SKIP() << "no VNNI on this CPU (oneDNN: " << gemm_isa() << ")";
  constexpr double kTolerance = 2e-4;  // nats; the largest difference seen is 4.4e-5
  const ExperimentFiles files;
  files.write_experiment(
      "  - name: w8a8\n"
      "    quantize:\n"
      "      - {sites: {tensor: weight}, grid: uniform, bits: 8, granularity: channel}\n"
      "      - {sites: {tensor: input}, grid: uniform, bits: 8, granularity: token}\n");
  for (const char* model : {"llama", "opt"}) {
    const std::string out = std::string("out-") + model;
    ASSERT_EQ(
        run_program({"run", "e.yaml", "--out", out, "--set", "data={text: text.txt, context: 32}",
                     "--set", std::string("model=") + model},
                    files.dir())
            .exit_code,
        0);
    const std::vector<std::map<std::string, std::string>> rows =
        read_csv(files / out / "results.csv");
    std::map<std::string, double> nll;
    for (const std::string arithmetic : {"f32", "w8a8"}) {
      const ProgramResult result =
          run_program({"perplexity", "--model", model, "--text", "text.txt", "--context", "32",
                       "--arithmetic", arithmetic, "--json", "--quiet"},
                      files.dir());
      ASSERT_EQ(result.exit_code, 0) << result.err;
      nll[arithmetic] = Json::parse(result.out)["nll"];
    }
    const double simulated = std::stod(rows.back().at("nll"));
    EXPECT_NEAR(nll["w8a8"], simulated, kTolerance) << model;
    EXPECT_NE(nll["w8a8"], nll["f32"]) << model;
  }
}

TEST(IntegrationPerplexity, NamesTheArithmeticsItHas) {
  const ExperimentFiles files;
  const ProgramResult result = perplexity(files, {"--context", "32", "--arithmetic", "w8a"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("--arithmetic: unknown 'w8a'; did you mean 'w8a8'?"), std::string::npos)
      << result.err;
}

TEST(IntegrationPerplexity, IsThatOfTheBaselineOfARun) {
  const ExperimentFiles files;
  files.write_experiment(
      "  - {name: w4, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
      "channel}]}\n");
  ASSERT_EQ(run_program({"run", "e.yaml", "--out", "out", "--set",
                         "data={text: text.txt, context: 32}", "--set", "model=llama"},
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
  EXPECT_NE(loud.err.find("warning: text.txt: 1 of 1 document shorter"), std::string::npos)
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
  EXPECT_EQ(error({"--context", "8", "--ids", "text.txt"}, 2),
            "error: needs exactly one of: --text, --jsonl, --ids\n");
  EXPECT_EQ(error({"--context", "8", "--field", "body"}, 2),
            "error: --field: only goes with --jsonl\n");
  EXPECT_EQ(error({"--context", "8", "--convention", "stride"}, 2),
            "error: --convention: unknown value 'stride'; did you mean 'strided'?\n");
  EXPECT_EQ(error({"--context", "8", "--stride", "4"}, 2),
            "error: --stride: only goes with convention strided\n");
  EXPECT_EQ(error({"--context", "8", "--convention", "strided", "--stride", "9"}, 2),
            "error: --stride: must be between 1 and 8, the context, is 9\n");
  EXPECT_EQ(error({"--context", "8", "--memory", "4Gb"}, 2),
            "error: --memory: cannot read '4Gb' as a size; write 4GiB, 512MiB, 2GB or a whole "
            "number of bytes\n");
  EXPECT_EQ(error({"--context", "1"}, 2),
            "error: --context: needs a whole number of at least 2, is '1'\n");
  const std::filesystem::path text = files.write("text.txt", "bad \xff bytes");
  EXPECT_TRUE(error({"--context", "8"}, 3).starts_with("error: text.txt: "));
  std::filesystem::remove(text);
  EXPECT_EQ(error({"--context", "8"}, 2), "error: --text: no such file: text.txt\n");
}

}  // namespace
}  // namespace nf
