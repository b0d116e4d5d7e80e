/// Repeats over calibration sets: what they spread, and what they cannot.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

constexpr const char* kEntry =
    "{sites: {tensor: weight}, grid: uniform, bits: 3, granularity: {group: 8}, symmetric: false, ";

/// Round-to-nearest and GPTQ go through the same two sets, three draws of each.
std::string experiment() {
  const auto trial = [](const std::string& name, const std::string& method) {
    return fmt::format(
        "  - {{name: {}, repeat: 3, sweep: {{set: [english, junk]}}, quantize: "
        "[{}method: {}, calibration: \"${{set}}\"}}]}}\n",
        name, kEntry, method);
  };
  return "experiment: e\nmodel: [opt, llama]\n"
         "data: {text: text.txt, context: 32, windows: 8}\nstats: none\n"
         "calibration:\n"
         "  english: {text: calib.txt, context: 32, windows: 4, seed: trial}\n"
         "  junk: {nonsense: characters, context: 32, windows: 4, seed: trial}\n"
         "trials:\n" +
         trial("rtn", "rtn") + trial("gptq", "gptq, zero_in_range: true");
}

/// Different values of a column over the rows of a trial, by model.
std::map<std::string, std::set<std::string>> values_of(const ExperimentFiles& files,
                                                       const std::string& trial,
                                                       const std::string& column) {
  std::map<std::string, std::set<std::string>> values;
  for (auto& row : read_csv(files / "out/results.csv"))
    if (row["name"] == trial) values[row["model"]].insert(row.at(column));
  return values;
}

TEST(IntegrationCalibrationControl, RoundToNearestHasNoSpreadOverSets) {
  const ExperimentFiles files;
  std::string text = plain_text(6000);
  files.write("calib.txt", text.substr(3000));  // of what the evaluation does not reach
  files.write("text.txt", text.substr(0, 3000));
  files.write("e.yaml", experiment());
  const ProgramResult result = run_program({"run", "e.yaml", "--out", "out"}, files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* column : {"id", "nll", "kl", "top1_agreement"}) {
    const auto control = values_of(files, "rtn", column);
    const auto calibrated = values_of(files, "gptq", column);
    EXPECT_EQ(control.size(), 2u);
    for (const char* model : {"opt", "llama"}) {
      EXPECT_EQ(control.at(model).size(), 1u) << model << ' ' << column;
      if (std::string(column) != "top1_agreement") {
        EXPECT_EQ(calibrated.at(model).size(), 6u) << model << ' ' << column;
      }
    }
  }
}

}  // namespace
}  // namespace nf
