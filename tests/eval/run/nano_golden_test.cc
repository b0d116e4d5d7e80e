#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "core/text/tokenizer.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// f32 sums in another order than transformers: about 1e-5 nats a token, over the 511 of a window.
constexpr double kWindowTolerance = 1e-5 * 511;
/// A weight near a rounding tie falls either way with the last bit of its scale.
constexpr double kRoundedNll = 0.003;
constexpr double kRoundedKlShare = 0.04, kRoundedKl = 2e-5;
/// Where rounding spoils a model, such weights move it further.
constexpr double kRoundedNllShare = 0.01;

const std::string kTrials =
    "  - {name: w4 asym group 64, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, "
    "symmetric: false, granularity: {group: 64}}]}\n"
    "  - {name: w4 cube-root channel, quantize: [{sites: {tensor: weight}, grid: power, bits: 4, "
    "granularity: channel}]}\n";

class NanoModels : public testing::TestWithParam<const char*> {
 protected:
  NanoModels()
      : golden_(read_json(fs::path(NF_SOURCE_DIR "/tests/golden/nano") /
                          (std::string(GetParam()) + ".json"))) {}
  static fs::path model() { return fs::path(NF_SOURCE_DIR "/assets/models") / GetParam(); }
  static fs::path text() { return NF_SOURCE_DIR "/assets/text/eval-en.txt"; }

  /// A model that bears noise badly carries the rounding of two f32 programs further, too: noise of
  /// 0.1 costs it more than three times opt-nano's KL (assets/README.md).
  static double window_tolerance() {
    return std::string_view(GetParam()) == "opt-outlier-nano" ? 3.0 * kWindowTolerance
                                                              : kWindowTolerance;
  }

  Json golden_;
};

INSTANTIATE_TEST_SUITE_P(Golden, NanoModels,
                         testing::Values("opt-nano", "opt-outlier-nano", "llama-nano"),
                         [](const auto& model) {
                           std::string name = model.param;
                           std::erase(name, '-');
                           return name;
                         });

/// That is what it is there for.
TEST(OutlierModel, IsSpoiltByFourBits) {
  const auto kl = [](const char* model) {
    return read_json(fs::path(NF_SOURCE_DIR "/tests/golden/nano") / model)
        .at("w4 asym group 64")
        .at("kl")
        .get<double>();
  };
  EXPECT_GT(kl("opt-outlier-nano.json"), 0.5);
  EXPECT_LT(kl("opt-nano.json"), 0.2);
}

TEST_P(NanoModels, TokensAreThoseOfTheTokenizersLibrary) {
  const std::vector<std::int32_t> ids = Tokenizer::load(model()).encode(read_text_file(text()));
  EXPECT_EQ(static_cast<Index>(ids.size()), golden_["tokens"].get<Index>());
  const auto first = golden_["first_ids"].get<std::vector<std::int32_t>>();
  EXPECT_EQ(std::vector<std::int32_t>(ids.begin(),
                                      ids.begin() + static_cast<std::ptrdiff_t>(first.size())),
            first);
}

TEST_P(NanoModels, NumbersAreThoseOfTransformers) {
  const TempDir dir;
  std::ofstream(dir / "e.yaml") << "experiment: golden\nmodel: " << model().string()
                                << "\ndata: {text: " << text().string()
                                << ", context: 512}\ntrials:\n"
                                << kTrials;
  const ProgramResult result = run_program({"run", "e.yaml", "--out", "out"}, dir.path());
  ASSERT_EQ(result.exit_code, 0) << result.err;

  std::vector<double> nll(golden_["windows"].get<std::size_t>(), -1.0);
  for (const std::string& line : comparable_records(dir / "out")) {
    const Json record = Json::parse(line);
    if (record["name"] != "baseline") continue;
    for (const Json& window : record["windows"])
      nll.at(window["window"].get<std::size_t>()) = window["nll"].get<double>();
  }
  for (std::size_t w = 0; w < nll.size(); ++w)
    EXPECT_NEAR(nll[w], golden_["window_nll"][w].get<double>(), window_tolerance()) << w;

  for (auto& row : read_csv(dir / "out/results.csv")) {
    EXPECT_EQ(std::stoll(row["tokens"]), golden_["tokens_scored"].get<Index>());
    if (row["name"] == "baseline") {
      EXPECT_NEAR(std::stod(row["ppl"]) / golden_["ppl"].get<double>(), 1.0, 1e-5);
      continue;
    }
    const Json& expected = golden_.at(row["name"]);
    const double kl = expected["kl"].get<double>();
    EXPECT_NEAR(std::stod(row["nll"]), expected["nll"].get<double>(),
                kRoundedNll + kRoundedNllShare * kl)
        << row["name"];
    EXPECT_NEAR(std::stod(row["kl"]), kl, kRoundedKlShare * kl + kRoundedKl) << row["name"];
  }
}

}  // namespace
}  // namespace nf
