#include <gtest/gtest.h>

#include <map>

#include "core/io/read_file.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

/// "id" of every record by its trial's name and level, in the run folder.
std::map<std::string, std::string> ids_of(const ExperimentFiles& files) {
  std::map<std::string, std::string> ids;
  for (const std::string& line : comparable_records(files / "out")) {
    const Json record = Json::parse(line);
    ids[record["model"].get<std::string>() + " " + record["name"].get<std::string>() +
        record["vars"].dump()] = record["id"];
  }
  return ids;
}

ProgramResult run(const ExperimentFiles& files, const std::string& trials) {
  std::filesystem::remove_all(files / "out");
  files.write_experiment(trials);
  return run_program({"run", "e.yaml", "--out", "out", "--quiet"}, files.dir());
}

TEST(IntegrationDesign, RunsTheConditionsOfTrialsWrittenByHand) {
  const ExperimentFiles files;
  const std::string noise = "noise: gaussian, strength: {relative_l2: 0.1}}]}\n";
  const ProgramResult made =
      run(files, "  - {name: d, each: layer, perturb: [{sites: {tensor: weight}, " + noise +
                     "  - {name: l, leave_one_out: site, perturb: [{sites: {tensor: weight, roles: "
                     "q_proj}, " +
                     noise);
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::map<std::string, std::string> of_designs = ids_of(files);
  const ProgramResult written = run(
      files, "  - {name: a, perturb: [{sites: {tensor: weight, layers: 0}, " + noise +
                 "  - {name: b, perturb: [{sites: {tensor: weight, layers: last}, " + noise +
                 "  - {name: c, perturb: [{sites: {tensor: weight, roles: q_proj, layers: 1}, " +
                 noise);
  ASSERT_EQ(written.exit_code, 0) << written.err;
  const std::map<std::string, std::string> by_hand = ids_of(files);
  for (const std::string model : {"opt ", "llama "}) {
    EXPECT_EQ(of_designs.at(model + R"(d{"layer":0})"), by_hand.at(model + "a{}"));
    EXPECT_EQ(of_designs.at(model + R"(d{"layer":1})"), by_hand.at(model + "b{}"));
    EXPECT_EQ(of_designs.at(model + R"(l{"site":"layers.0.q_proj"})"), by_hand.at(model + "c{}"));
  }
}

TEST(IntegrationDesign, RunsTheUntouchedModelsAlone) {
  const ExperimentFiles files;
  files.write("e.yaml",
              "experiment: e\nmodel: [opt, llama]\ndata: {text: text.txt, context: 32, windows: "
              "4}\ntrials: []\n");
  const ProgramResult result =
      run_program({"run", "e.yaml", "--out", "out", "--quiet"}, files.dir());
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto rows = read_csv(files / "out/results.csv");
  ASSERT_EQ(rows.size(), 2u);
  for (const auto& row : rows) {
    EXPECT_EQ(row.at("name"), "baseline");
    EXPECT_EQ(row.at("status"), "ok");
    EXPECT_FALSE(row.at("nll").empty());
  }
}

}  // namespace
}  // namespace nf
