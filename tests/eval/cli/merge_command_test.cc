#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/io/read_file.h"
#include "eval/experiment/experiment.h"
#include "eval/output/csv_reader.h"
#include "eval/records/run_folder.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/sqlite_query.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

const std::string kNoise =
    "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
    "{relative_l2: 0.1}}]}\n";
const std::string kInputs =
    "  - {name: inputs, sweep: {s: [20, 30]}, perturb: [{sites: {tensor: input}, noise: uniform, "
    "strength: {snr_db: \"${s}\"}}]}\n";

/// Two shards of an experiment, and the whole of it.
class IntegrationMerge : public testing::Test {
 protected:
  IntegrationMerge() {
    files_.write_experiment(kNoise + kInputs);
    fs::rename(files_ / "e.yaml", files_ / "whole.yaml");
    files_.write_experiment(kNoise);
    EXPECT_EQ(program({"run", "e.yaml", "--out", "a", "--quiet"}).exit_code, 0);
    files_.write_experiment(kInputs);
    EXPECT_EQ(program({"run", "e.yaml", "--out", "b", "--quiet"}).exit_code, 0);
  }

  ProgramResult program(const std::vector<std::string>& arguments) const {
    return run_program(arguments, files_.dir());
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationMerge, OfShardsIsWhatOneRunWouldHaveLeft) {
  ASSERT_EQ(program({"run", "whole.yaml", "--out", "whole", "--quiet"}).exit_code, 0);
  const ProgramResult merged = program({"merge", "a", "b", "--out", "m"});
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(merged.out, "m: 10 rows from 12 records of 2 runs (4 were there twice)\n");
  EXPECT_EQ(comparable_records(files_ / "m"), comparable_records(files_ / "whole"));
  for (const char* name : {"results.csv", "sites.csv"})
    EXPECT_EQ(read_text_file(files_ / "m" / name), read_text_file(files_ / "whole" / name)) << name;

  // Nothing is left to do for the experiment that has all its trials.
  const std::string records = read_text_file(files_ / "m/records.jsonl");
  ASSERT_EQ(program({"run", "whole.yaml", "--out", "m", "--quiet"}).exit_code, 0);
  EXPECT_EQ(read_text_file(files_ / "m/records.jsonl"), records);
  EXPECT_EQ(read_text_file(files_ / "m/results.csv"), read_text_file(files_ / "whole/results.csv"));
}

TEST_F(IntegrationMerge, NamesTheTrialsOfTheShardThatIsMissing) {
  for (const char* shard : {"1/3", "2/3", "3/3"})
    ASSERT_EQ(program({"run", "whole.yaml", "--out", std::string("part") + shard[0], "--set",
                       "model=opt", "--shard", shard, "--quiet"})
                  .exit_code,
              0);
  const ProgramResult merged = program({"merge", "part1", "part2", "--out", "two"});
  ASSERT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_NE(merged.err.find(" of shard 3/3 "), std::string::npos) << merged.err;
  EXPECT_EQ(merged.err.find(" of shard 2/3 "), std::string::npos) << merged.err;
  const std::string one = program({"merge", "part1", "--out", "one"}).err;
  EXPECT_NE(one.find(" of shard 2/3 "), std::string::npos) << one;
  EXPECT_NE(one.find(" of shard 3/3 "), std::string::npos) << one;
  EXPECT_EQ(program({"merge", "two", "part3", "--out", "all"}).err, "");
}

TEST_F(IntegrationMerge, NamesTrialsThatNoFolderHas) {
  ASSERT_EQ(program({"run", "whole.yaml", "--out", "part", "--set", "model=opt", "--trials",
                     "inputs", "--quiet"})
                .exit_code,
            0);
  EXPECT_EQ(program({"merge", "part", "--out", "m"}).err,
            "warning: 2 trials are not here: noise (seed 0), noise (seed 1)\n");
}

TEST_F(IntegrationMerge, IsGoneOnWithByARunOfMore) {
  ASSERT_EQ(program({"merge", "a", "--out", "m"}).exit_code, 0);
  ASSERT_EQ(program({"run", "whole.yaml", "--out", "m", "--quiet"}).exit_code, 0);
  ASSERT_EQ(program({"run", "whole.yaml", "--out", "whole", "--quiet"}).exit_code, 0);
  EXPECT_EQ(comparable_records(files_ / "m"), comparable_records(files_ / "whole"));
  EXPECT_EQ(read_text_file(files_ / "m/results.csv"), read_text_file(files_ / "whole/results.csv"));
}

TEST_F(IntegrationMerge, SaysWhatDoesNotAgreeAndWritesNothing) {
  std::istringstream lines(read_text_file(files_ / "b/records.jsonl"));
  std::ofstream changed(files_ / "b/records.jsonl");
  for (std::string line; std::getline(lines, line);) {
    Json record = Json::parse(line);
    if (record["name"] == "baseline" && record["model"] == "llama") {
      Json& window = record["windows"][2];
      window["tokens"] = 30;
      window.erase("kl_bins");  // a histogram of 31
      window.erase("kl_max");
    }
    changed << record << '\n';
  }
  changed.close();
  const ProgramResult merged = program({"merge", "a", "b", "--out", "m"});
  EXPECT_EQ(merged.exit_code, 3);
  EXPECT_NE(merged.err.find("error: trial 'baseline' of llama: window 2: tokens: 31 in a/records"),
            std::string::npos)
      << merged.err;
  EXPECT_NE(merged.err.find(", 30 in b/records.jsonl:"), std::string::npos) << merged.err;
  EXPECT_FALSE(fs::exists(files_ / "m"));
}

TEST_F(IntegrationMerge, OfHalfARunKeepsWhatIsThere) {
  const std::string records = read_text_file(files_ / "a/records.jsonl");
  std::ofstream(files_ / "a/records.jsonl") << records.substr(0, records.size() / 2);  // torn
  ASSERT_EQ(program({"merge", "a", "b", "--out", "m"}).exit_code, 0);
  ASSERT_EQ(program({"run", "whole.yaml", "--out", "m", "--quiet"}).exit_code, 0);
  ASSERT_EQ(program({"run", "whole.yaml", "--out", "whole", "--quiet"}).exit_code, 0);
  EXPECT_EQ(comparable_records(files_ / "m"), comparable_records(files_ / "whole"));
}

TEST_F(IntegrationMerge, IsExportedLikeAnyRun) {
  ASSERT_EQ(program({"merge", "a", "b", "--out", "m"}).exit_code, 0);
  const ProgramResult exported = program({"export", "m", "--sqlite", "m.db", "--csv", "m.csv"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_EQ(exported.out,
            "m.db: 10 rows from 12 records\nm.csv: 48 rows from 12 records\n");  // of 4 windows
  EXPECT_EQ(sqlite_query(files_ / "m.db", "SELECT name, seed, s FROM results WHERE model = 'opt'"),
            (std::vector<std::vector<std::string>>{{"baseline", "NULL", "NULL"},
                                                   {"noise", "0", "NULL"},
                                                   {"noise", "1", "NULL"},
                                                   {"inputs", "0", "20"},
                                                   {"inputs", "0", "30"}}));
  EXPECT_EQ(parse_csv(read_text_file(files_ / "m.csv")).size(), 1u + 12 * 4);  // the floors too
  // Once more in its place, but not over something else.
  EXPECT_EQ(program({"export", "m", "--sqlite", "m.db"}).exit_code, 0);
  const ProgramResult refused = program({"export", "m", "--sqlite", "text.txt"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_EQ(refused.err,
            "error: --sqlite text.txt: is there already and no export of noisefloor; choose "
            "another name\n");
}

TEST_F(IntegrationMerge, LoadsItsExperimentFromInsideTheFolder) {
  ASSERT_EQ(program({"run", "e.yaml", "--out", "b", "--quiet", "--set", "model=[opt]", "--any-set"})
                .exit_code,
            0);
  const RunContents run = RunFolder::read(files_ / "b");
  const Experiment experiment = Experiment::load(run.source(), Kinds::builtin());
  ASSERT_EQ(experiment.models.size(), 1u);
  EXPECT_EQ(experiment.models[0].path.resolved, files_ / "opt");
  EXPECT_EQ(experiment.config.data->source().resolved, files_ / "text.txt");
}

}  // namespace
}  // namespace nf
