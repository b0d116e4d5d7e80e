#include <gtest/gtest.h>

#include <fstream>

#include "core/base/json.h"
#include "core/io/read_file.h"
#include "core/io/read_json.h"
#include "eval/run/preparation.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const std::string kTrials =
    "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n";

/// A partition of machines that differ: this one, and it as if it had AVX2 alone.
class IntegrationMixedMachines : public testing::Test {
 protected:
  IntegrationMixedMachines() { files_.write_experiment(kTrials); }

  ProgramResult here(const std::vector<std::string>& words) const {
    return run_program(words, files_.dir());
  }
  ProgramResult on_older(const std::vector<std::string>& words) const {
    return run_program(words, files_.dir(), {"ONEDNN_MAX_CPU_ISA=AVX2"});
  }
  void add_isa(const std::string& isa) const {
    files_.write("e.yaml", "isa: " + isa + "\n" + read_text_file(files_ / "e.yaml"));
  }
  std::string products(const char* folder) const {
    return read_json(files_ / folder / "manifest.json").at("env").at("products");
  }
  static bool has_avx512() { return numerics_env().at("isa") != "avx2"; }

  ExperimentFiles files_;
};

TEST_F(IntegrationMixedMachines, AgreeWhereTheExperimentNamesAnInstructionSet) {
  add_isa("avx2");
  ASSERT_EQ(here({"run", "e.yaml", "--out", "whole", "--quiet"}).exit_code, 0);
  EXPECT_EQ(read_json(files_ / "whole/manifest.json").at("env").at("isa"), "avx2");
  ASSERT_EQ(here({"run", "e.yaml", "--out", "a", "--shard", "1/2", "--quiet"}).exit_code, 0);
  ASSERT_EQ(on_older({"run", "e.yaml", "--out", "b", "--shard", "2/2", "--quiet"}).exit_code, 0);
  EXPECT_EQ(products("a"), products("b"));
  const ProgramResult merged = here({"merge", "a", "b", "--out", "m"});
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(merged.err, "");
  for (const char* name : {"results.csv", "sites.csv", "statistics.csv"})
    EXPECT_EQ(read_text_file(files_ / "m" / name), read_text_file(files_ / "whole" / name)) << name;
  EXPECT_EQ(here({"verify", "b"}).exit_code, 0);
  EXPECT_EQ(here({"doctor", "b"}).exit_code, 0);
}

TEST_F(IntegrationMixedMachines, AreJoinedOnlyWhereThatIsAskedForAndResultsSaySo) {
  if (!has_avx512()) GTEST_SKIP() << "this machine has no other instruction set";
  ASSERT_EQ(here({"run", "e.yaml", "--out", "a", "--shard", "1/2", "--quiet"}).exit_code, 0);
  ASSERT_EQ(on_older({"run", "e.yaml", "--out", "b", "--shard", "2/2", "--quiet"}).exit_code, 0);
  ASSERT_NE(products("a"), products("b"));
  const ProgramResult refused = here({"merge", "a", "b", "--out", "m"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("eight fixed products had other bits"), std::string::npos)
      << refused.err;
  EXPECT_NE(refused.err.find("--mixed-env"), std::string::npos) << refused.err;
  EXPECT_FALSE(fs::exists(files_ / "m"));

  const std::string mixed = "mixed: records of machines whose matrix products differ";
  const ProgramResult merged = here({"merge", "a", "b", "--mixed-env", "--out", "m"});
  EXPECT_EQ(merged.exit_code, 0);
  EXPECT_TRUE(merged.err.starts_with("warning: " + mixed)) << merged.err;
  EXPECT_NE(here({"show", "m"}).out.find(mixed), std::string::npos);
  EXPECT_NE(here({"show", "m", "--format", "csv"}).err.find(mixed), std::string::npos);
  const Json others = read_json(files_ / "m/manifest.json").at("other_envs");
  ASSERT_EQ(others.size(), 1u);
  EXPECT_EQ(others[0].at("isa"), "avx2");

  // A run that goes on in it, here, changes nothing about that.
  EXPECT_NE(here({"run", "e.yaml", "--out", "m"}).out.find(mixed), std::string::npos);
  const ProgramResult doctor = on_older({"doctor", "a"});
  EXPECT_EQ(doctor.exit_code, 3) << doctor.out;
  EXPECT_NE(doctor.out.find("isa: avx2"), std::string::npos) << doctor.out;
}

TEST_F(IntegrationMixedMachines, AnInstructionSetThatIsNotThereIsRefused) {
  add_isa("avx512_core");
  const ProgramResult refused = on_older({"run", "e.yaml", "--out", "a", "--quiet"});
  // The experiment's word goes before the variable: a machine that has it computes with it.
  if (has_avx512()) {
    EXPECT_EQ(refused.exit_code, 0) << refused.err;
  } else {
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_NE(refused.err.find("isa: avx512_core: products would run with"), std::string::npos);
  }
  files_.write_experiment(kTrials);
  add_isa("avx3");
  const ProgramResult unknown = here({"check", "e.yaml"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("did you mean 'avx2'"), std::string::npos) << unknown.err;
}

TEST(IntegrationDoctor, WritesOneObject) {
  const TempDir dir;
  const ProgramResult result = run_program({"doctor", "my runs/ä", "--json"}, dir.path());
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(result.err, "");
  const Json json = Json::parse(result.out);
  EXPECT_TRUE(json.at("fit").get<bool>());
  for (const char* rate : {"threads", "block_flops", "integer_flops", "head_flops", "packing",
                           "distorting", "measuring", "reading"})
    EXPECT_GT(json.at("rates").at(rate).get<double>(), 0.0) << rate;
  EXPECT_TRUE(fs::is_empty(dir.path()));
}

TEST(IntegrationDoctor, SaysWhatToChange) {
  const ProgramResult result = run_program({"doctor", "/proc/self"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.out.find("! folder"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("change:"), std::string::npos) << result.out;
  EXPECT_TRUE(result.out.ends_with("not fit to work: see what to change above\n")) << result.out;
  const ProgramResult given = run_program({"doctor"}, {}, {"SLURM_CPUS_PER_TASK=100000"});
  EXPECT_NE(given.out.find("SLURM_CPUS_PER_TASK"), std::string::npos) << given.out;
}

}  // namespace
}  // namespace nf
