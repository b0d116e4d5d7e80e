#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/io/read_json.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// Bounds for the distance of a row from that of another implementation in f32.
struct Bounds {
  double exact_nll;    ///< rows without rounding; f32 sums in another order
  double rounded_nll;  ///< quantizers: a value near a tie falls either way with the last bit
  double rounded_kl_share, rounded_kl;
};
constexpr Bounds kFirstWindows = {1e-5, 0.003, 0.04, 2e-5};
constexpr Bounds kWholeFile = {0.001, 0.001, 0.02, 1e-5};
/// Means over 3 seeds of ours against 3 of theirs: their difference has sqrt(2/3) of the spread of
/// one seed; four standard deviations, and a floor where a spread of few seeds is too small.
const double kNoiseWidth = 4.0 * std::sqrt(2.0 / 3.0);
constexpr double kNoiseNllFloor = 0.01;
constexpr double kNoiseKlFloorShare = 0.03;

std::string quantizer(const std::string& tensor, const std::string& rest) {
  return "{sites: {tensor: " + tensor + "}, " + rest + "}";
}

/// The rows of the reference, by the names they have there.
std::string trials() {
  std::string text;
  const auto add = [&](const std::string& name, const std::string& list) {
    text += "  - {name: \"" + name + "\", " + list + "}\n";
  };
  const std::string asym = "bits: 4, symmetric: false, granularity: ";
  add("w4 rtn asym g64",
      "quantize: [" + quantizer("weight", "grid: uniform, " + asym + "{group: 64}") + "]");
  add("w4 rtn sym per-channel",
      "quantize: [" + quantizer("weight", "grid: uniform, bits: 4, granularity: channel") + "]");
  add("w4 cbrt sym per-channel",
      "quantize: [" + quantizer("weight", "grid: power, bits: 4, granularity: channel") + "]");
  add("w4 per-ic asym g64",
      "quantize: [" + quantizer("weight", "grid: uniform, " + asym + "{group: 64, axis: in}") +
          "]");
  for (const auto& [name, grid] : {std::pair("sym", "uniform"), std::pair("cbrt", "power")}) {
    const std::string bits = fmt::format("grid: {}, bits: 8, granularity: ", grid);
    add(fmt::format("w8a8 {} per-channel/per-token", name),
        "quantize: [" + quantizer("weight", bits + "channel") + ", " +
            quantizer("input", bits + "token") + "]");
  }
  add("clip0.1%", "perturb: [{sites: {tensor: weight}, noise: clip, quantile: 0.999}]");
  for (const auto& [name, relation] :
       {std::pair("gaussian", "independent"), std::pair("magnitude+", "proportional"),
        std::pair("magnitude-", "reflected")})
    add(fmt::format("{} relative_l2=0.1", name),
        fmt::format("repeat: 3, perturb: [{{sites: {{tensor: weight}}, noise: gaussian, relation: "
                    "{}, strength: {{relative_l2: 0.1}}}}]",
                    relation));
  return text;
}

struct Means {
  double nll = 0.0, kl = 0.0;
};

Means means_of(const fs::path& results, const std::string& name) {
  Means means;
  int count = 0;
  for (auto& row : read_csv(results)) {
    if (row["name"] != name) continue;
    means.nll += std::stod(row["nll"]);
    means.kl += std::stod(row["kl"]);
    ++count;
  }
  EXPECT_GT(count, 0) << name;
  return {means.nll / count, means.kl / count};
}

/// Standard deviation over seeds, pooled over the noise rows: all have one strength.
double pooled(const Json& rows, const char* key) {
  double sum = 0.0;
  int count = 0;
  for (const auto& [name, row] : rows.items()) {
    if (name.find("relative_l2") == std::string::npos) continue;
    sum += row.at(key).get<double>() * row.at(key).get<double>();
    ++count;
  }
  EXPECT_EQ(count, 3);
  return std::sqrt(sum / count);
}

void compare(const fs::path& results, const Json& rows, const Bounds& bounds) {
  int compared = 0;
  for (const auto& [name, row] : rows.items()) {
    if (!row.is_object() || (!row.contains("nll") && !row.contains("nll_mean"))) continue;
    ++compared;
    const bool is_baseline = name == "fp32";
    const Means ours = means_of(results, is_baseline ? "baseline" : name);
    const double nll = row.value("nll", row.value("nll_mean", 0.0));
    const double kl = row.value("kl", row.value("kl_mean", 0.0));  // the baseline has none
    double nll_bound = bounds.rounded_nll;
    double kl_bound = bounds.rounded_kl_share * kl + bounds.rounded_kl;
    if (is_baseline || name.starts_with("clip")) nll_bound = bounds.exact_nll;
    if (name.find("relative_l2") != std::string::npos) {
      nll_bound = std::max(kNoiseWidth * pooled(rows, "nll_std"), kNoiseNllFloor);
      kl_bound = std::max(kNoiseWidth * pooled(rows, "kl_std"), kNoiseKlFloorShare * kl);
    }
    EXPECT_NEAR(ours.nll, nll, nll_bound) << name;
    EXPECT_NEAR(ours.kl, kl, kl_bound) << name;
  }
  EXPECT_EQ(compared, 11);
}

/// Runs the experiment of the reference on one model; `limit`: "" or ", windows: N".
void run_reference(const fs::path& reference, const std::string& model, const std::string& limit,
                   const TempDir& dir) {
  std::ofstream(dir / "e.yaml") << "experiment: reference\nmodel: "
                                << (reference / "models" / model).string() << "\ndata: {text: "
                                << (reference / "corpora/wikitext2.test.raw.txt").string()
                                << ", context: 512" << limit << "}\nstats: none\ntrials:\n"
                                << trials();
  const ProgramResult result = run_program({"run", "e.yaml", "--out", "out"}, dir.path());
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

class ReferenceTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    reference_ = reference_dir();
    if (!reference_) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  }
  Json golden() const {
    return read_json(*reference_ / "reference" / (std::string(GetParam()) + ".json"));
  }
  std::optional<fs::path> reference_;
  TempDir dir_;
};

class FirstEightWindows : public ReferenceTest {};
class WholeFile : public ReferenceTest {};

std::string family(const testing::TestParamInfo<const char*>& info) {
  return std::string(info.param).substr(0, 3) == "opt" ? "Opt" : "Llama";
}
INSTANTIATE_TEST_SUITE_P(GoldenReference, FirstEightWindows,
                         testing::Values("opt-23m", "llama-27m"), family);
INSTANTIATE_TEST_SUITE_P(SlowReference, WholeFile, testing::Values("opt-23m", "llama-27m"), family);

TEST_P(FirstEightWindows, Agree) {
  run_reference(*reference_, GetParam(), ", windows: 8", dir_);
  if (HasFatalFailure()) return;
  compare(dir_ / "out/results.csv", golden()["first_8_windows"], kFirstWindows);
}

TEST_P(WholeFile, Agrees) {
  run_reference(*reference_, GetParam(), "", dir_);
  if (HasFatalFailure()) return;
  const Json rows = golden();
  compare(dir_ / "out/results.csv", rows, kWholeFile);
  for (auto& row : read_csv(dir_ / "out/results.csv"))
    EXPECT_EQ(std::stoll(row["tokens"]), rows["fp32"]["tokens_scored"].get<Index>());
}

}  // namespace
}  // namespace nf
