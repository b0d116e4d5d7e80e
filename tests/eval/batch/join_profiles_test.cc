#include "eval/batch/join_profiles.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "eval/batch/merge.h"
#include "eval/records/file_names.h"
#include "eval/run/run_experiment.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

/// A profile of windows [first, last), whose largest value is that of the last.
TrialProfile profile_of(Index first, Index last, const SuperWeight& found = {}) {
  SiteProfile site{.site = "layers.0.down_proj.input", .values = {}};
  for (Index w = first; w < last; ++w) {
    Matrix x(5, 2);
    for (Index r = 0; r < 5; ++r) x(r, 0) = x(r, 1) = 0.5f + static_cast<float>(w);
    site.values.add_window(w, x);
  }
  TrialProfile profile{
      .model = "m", .trial = "baseline", .id = "b", .text = kDataText, .hash = "h"};
  profile.parts.sites.push_back(site);
  if (!found.site.empty()) {
    profile.super_weights.push_back(found);
    profile.is_searched = true;
  }
  return profile;
}

TEST(JoinProfiles, TakesTheMostWindowsAndEachOnce) {
  const TempDir temp;
  const std::vector<std::pair<Index, Index>> attempts = {{0, 2}, {4, 7}, {0, 4}, {3, 6}};
  std::vector<fs::path> folders;
  for (const auto& [first, last] : attempts) {
    folders.push_back(temp.path() / fmt::format("{}-{}", first, last));
    fs::create_directory(folders.back());
    write_profiles(folders.back(), {profile_of(first, last)});
  }
  const std::vector<TrialProfile> joined = join_profiles(folders);
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_TRUE(joined.front().parts.sites == profile_of(0, 7).parts.sites);
}

TEST(JoinProfiles, KeepsSuperWeightsThatAllWindowsShow) {
  const TempDir temp;
  const SuperWeight small{.site = "layers.0.down_proj.weight", .row = 1, .input = 2.5, .tokens = 9};
  const SuperWeight large{.site = "layers.0.down_proj.weight", .row = 2, .input = 6.5, .tokens = 9};
  write_profiles(temp.path(), {profile_of(0, 3, small)});
  fs::create_directory(temp.path() / "b");
  write_profiles(temp.path() / "b", {profile_of(3, 7, large)});
  const std::vector<TrialProfile> joined = join_profiles({temp.path(), temp.path() / "b"});
  ASSERT_EQ(joined.size(), 1u);
  EXPECT_TRUE(joined.front().is_searched);
  EXPECT_EQ(joined.front().super_weights, std::vector<SuperWeight>{large});
}

/// Trials of two shapes, other texts, two models.
constexpr const char* kExperiment = R"(experiment: e
model: [opt, llama]
data: {text: text.txt, context: 32, windows: 5}
profile: {texts: {zulu: text.txt, other: text.txt}, windows: 2, trials: [w4, noise, shaped]}
trials:
  - {name: w4, quantize: W4 g16}
  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]}
  - {name: shaped, reshape: {outliers: {channels: 3, factor: 8}}, quantize: W4 g16}
)";

class IntegrationProfilesOfShards : public testing::Test {
 protected:
  IntegrationProfilesOfShards() { files_.write("e.yaml", kExperiment); }

  void run(const std::string& out, RunOptions options = {}) const {
    Experiment experiment = Experiment::load((files_ / "e.yaml").string(), {}, Kinds::builtin());
    Progress progress(stderr, Progress::Style::quiet);
    options.out = files_ / out;
    run_experiment(experiment, options, progress);
  }
  void merge(const std::vector<std::string>& names, const std::string& out) const {
    std::vector<fs::path> runs;
    for (const std::string& name : names) runs.push_back(files_ / name);
    merge_runs({.runs = runs, .out = files_ / out}, builtin_metrics());
  }
  std::string csv(const std::string& out) const {
    return read_text_file(files_ / out / kProfilesCsv);
  }
  /// The trials that a folder has looked at on a text, with their models.
  std::set<std::string> seen(const std::string& out, const std::string& text) const {
    std::set<std::string> trials;
    for (const TrialProfile& profile : read_profiles(files_ / out))
      if (profile.text == text) trials.insert(profile.model + " " + profile.trial);
    return trials;
  }

  Threads threads_{1};
  ExperimentFiles files_;
};

TEST_F(IntegrationProfilesOfShards, AreThoseOfTheRun) {
  run("whole");
  EXPECT_EQ(seen("whole", "other").size(), 10u);  // 2 models, baseline and 4 trials
  EXPECT_EQ(seen("whole", "zulu"), seen("whole", "other"));
  EXPECT_TRUE(seen("whole", "other").contains("opt shaped"));
  for (const auto& [by, name] :
       {std::pair(ShardBy::trials, "trials"), {ShardBy::text, "text"}, {ShardBy::both, "both"}}) {
    std::vector<std::string> shards;
    std::size_t passed = 0;
    for (Index i = 2; i >= 0; --i) {
      shards.push_back(fmt::format("{}-{}", name, i));
      run(shards.back(), {.shard = {.index = i, .count = 3, .by = by}});
      passed += seen(shards.back(), "other").size();
    }
    EXPECT_EQ(passed, 10u) << name;  // no part looks at the work of another
    merge(shards, name);
    EXPECT_EQ(csv(name), csv("whole")) << name;
  }
}

TEST_F(IntegrationProfilesOfShards, OfAnAttemptThatWasStoppedAreMadeWhole) {
  run("whole");
  int asked = 0;
  run("first", {.save_every = 1e-9, .should_stop = [&asked] { return ++asked > 40; }});
  run("second");
  merge({"first", "second"}, "joined");
  EXPECT_EQ(csv("joined"), csv("whole"));
}

TEST_F(IntegrationProfilesOfShards, TellABadTextBeforeAnythingIsWritten) {
  files_.write("bad.jsonl", "{\"txt\": \"no text\"}\n");
  files_.write("e.yaml", std::string(kExperiment)
                             .replace(std::string(kExperiment).find("zulu: text.txt"), 14,
                                      "zulu: bad.jsonl"));
  EXPECT_THROW(run("out"), Error);
  EXPECT_FALSE(fs::exists(files_ / "out" / kManifest));
}

}  // namespace
}  // namespace nf
