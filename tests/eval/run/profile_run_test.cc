/// run_experiment with `profile:`: what it keeps is of the tensors that the untouched model reads,
/// however the run was cut, and changes no result.

#include <gtest/gtest.h>

#include <filesystem>

#include "core/io/read_file.h"
#include "eval/records/file_names.h"
#include "eval/records/trial_profile.h"
#include "eval/run/run_experiment.h"
#include "tests/support/experiment_files.h"
#include "tests/support/threads.h"

namespace nf {
namespace {

namespace fs = std::filesystem;

constexpr Index kContext = 32, kWindows = 6;

const std::string kTrials =
    "  - {name: a8, quantize: [{sites: {tensor: input}, grid: uniform, bits: 8, granularity: "
    "token}]}\n"
    "  - {name: noise, repeat: 2, perturb: [{sites: {tensor: weight, roles: [down_proj]}, noise: "
    "gaussian, strength: {relative_l2: 0.1}}]}\n";

class IntegrationProfile : public testing::Test {
 protected:
  RunOutcome run(const std::string& out, const std::string& profile,
                 const RunOptions& options = {}) const {
    const fs::path yaml = files_.write(
        "e.yaml",
        fmt::format("experiment: e\nmodel: [llama, opt]\ndata: {{text: text.txt, context: {}, "
                    "windows: {}}}\n{}trials:\n{}",
                    kContext, kWindows,
                    profile.empty() ? "" : fmt::format("profile: {}\n", profile), kTrials));
    Experiment experiment = Experiment::load(yaml.string(), {}, Kinds::builtin());
    RunOptions here = options;
    here.out = files_ / out;
    Progress progress(stderr, Progress::Style::quiet);
    return run_experiment(experiment, here, progress);
  }
  std::vector<TrialProfile> profiles(const std::string& out) const {
    return read_profiles(files_ / out);
  }
  const TrialProfile* find(const std::vector<TrialProfile>& all, const std::string& trial,
                           const std::string& text, const std::string& model = "llama") const {
    for (const TrialProfile& each : all)
      if (each.model == model && each.trial == trial && each.text == text) return &each;
    return nullptr;
  }
  std::string text(const std::string& out, const char* file) const {
    return read_text_file(files_ / out / file);
  }

  ExperimentFiles files_;
};

TEST_F(IntegrationProfile, SeesEveryTensorOfTheUntouchedModelAndChangesNoResult) {
  run("plain", "");
  run("seen", "true");
  EXPECT_EQ(text("seen", "results.csv"), text("plain", "results.csv"));
  EXPECT_EQ(text("seen", "sites.csv"), text("plain", "sites.csv"));
  EXPECT_FALSE(fs::exists(files_ / "plain" / kProfilesCsv));
  const std::vector<TrialProfile> all = profiles("seen");
  const TrialProfile* const data = find(all, "baseline", kDataText);
  ASSERT_NE(data, nullptr);
  for (const char* site :
       {"layers.0.q_proj.input", "layers.0.o_proj.input", "layers.1.gate_proj.input",
        "layers.1.down_proj.input", "layers.0.k_cache", "layers.1.v_cache", "layers.1.resid",
        "lm_head.input"}) {
    const SiteProfile* const seen = data->parts.find(site);
    ASSERT_NE(seen, nullptr) << site;
    EXPECT_EQ(seen->values.windows(), kWindows) << site;
    EXPECT_EQ(std::ssize(seen->values.row_max), kContext) << site;
    EXPECT_GT(seen->values.max_abs(), 0.0) << site;
    EXPECT_EQ(seen->values.moments().count,
              kWindows * kContext * std::ssize(seen->values.column_max))
        << site;
  }
  ASSERT_FALSE(data->parts.attention.empty());
  for (const AttentionProfile& attention : data->parts.attention) {
    EXPECT_EQ(attention.queries, kWindows * (kContext - 1));
    for (std::size_t head = 0; head < attention.sums.size(); ++head) {
      EXPECT_GT(attention.mean(head), 0.0);
      EXPECT_LT(attention.mean(head), 1.0);
    }
  }
  const TrialProfile* const weights = find(all, "baseline", "");
  ASSERT_NE(weights, nullptr);
  EXPECT_NE(weights->parts.find("layers.1.down_proj.weight"), nullptr);
  EXPECT_NE(weights->parts.find("embed_tokens.weight"), nullptr);
  EXPECT_NE(find(all, "baseline", kDataText, "opt"), nullptr);
  EXPECT_TRUE(text("seen", kProfilesCsv)
                  .starts_with("model,trial,text,site,layer,role,tensor,statistic,index,value\n"));
}

TEST_F(IntegrationProfile, HasTheSameBytesForThreadsCutsAndLateQuestions) {
  const std::string profile = "{texts: {other: text.txt}, trials: [a8], windows: 3}";
  run("straight", profile);
  {
    const Threads one(1);
    run("one", profile, {.save_every = 1e-6});
  }
  EXPECT_EQ(text("one", kProfilesCsv), text("straight", kProfilesCsv));
  // Windows that had been run before anybody asked are passed behind the run.
  run("late", "");
  run("late", profile);
  EXPECT_EQ(text("late", kProfilesCsv).size(), text("straight", kProfilesCsv).size());
  const std::vector<TrialProfile> late = profiles("late"), straight = profiles("straight");
  for (const TrialProfile& each : straight) {
    const TrialProfile* const same = find(late, each.trial, each.text, each.model);
    ASSERT_NE(same, nullptr);
    for (const SiteProfile& site : each.parts.sites) {
      ASSERT_NE(same->parts.find(site.site), nullptr) << site.site;
      EXPECT_TRUE(*same->parts.find(site.site) == site) << each.trial << " " << site.site;
    }
    EXPECT_TRUE(same->parts.attention == each.parts.attention);
  }
}

TEST_F(IntegrationProfile, SeesTrialsAsTheyAreDistorted) {
  run("out", "{trials: ['a8', 'noise']}");
  const std::vector<TrialProfile> all = profiles("out");
  const TrialProfile *const baseline = find(all, "baseline", kDataText),
                            *const a8 = find(all, "a8", kDataText),
                            *const noise = find(all, "noise seed=1", kDataText);
  ASSERT_NE(a8, nullptr);
  ASSERT_NE(noise, nullptr);
  ASSERT_NE(find(all, "noise seed=0", kDataText), nullptr);
  // What the first linear reads is rounded in one, untouched in the other.
  const std::string first = "layers.0.q_proj.input";
  EXPECT_FALSE(*a8->parts.find(first) == *baseline->parts.find(first));
  EXPECT_TRUE(*noise->parts.find(first) == *baseline->parts.find(first));
  EXPECT_FALSE(*noise->parts.find("layers.0.resid") == *baseline->parts.find("layers.0.resid"));
}

TEST_F(IntegrationProfile, FindsASuperWeightAndConfirmsItByZeroing) {
  // Feature 9 of the MLP is large, and one weight of down_proj turns it into an outlying output.
  TinyModel model = tiny_llama();
  for (const char* name : {"gate_proj", "up_proj"}) {
    TestTensor& weight = model.tensor(fmt::format("model.layers.1.mlp.{}.weight", name));
    for (Index c = 0; c < weight.shape[1]; ++c)
      weight.values[static_cast<std::size_t>(9 * weight.shape[1] + c)] *= 8.0f;
  }
  TestTensor& down = model.tensor("model.layers.1.mlp.down_proj.weight");
  for (Index r = 0; r < down.shape[0]; ++r)
    down.values[static_cast<std::size_t>(r * down.shape[1] + 9)] = r == 5 ? 4.0f : 0.0f;
  fs::remove_all(files_ / "llama");
  model.write(files_ / "llama");
  run("out", "true");
  const std::vector<TrialProfile> all = profiles("out");
  const TrialProfile* const data = find(all, "baseline", kDataText);
  ASSERT_EQ(data->super_weights.size(), 1u);
  const SuperWeight& found = data->super_weights.front();
  EXPECT_EQ(found.site, "layers.1.down_proj.weight");
  EXPECT_EQ(found.row, 5);
  EXPECT_EQ(found.column, 9);
  EXPECT_EQ(found.weight, 4.0);
  EXPECT_GT(found.share, 0.9);
  EXPECT_EQ(found.tokens, 4 * (kContext - 1));
  EXPECT_GT(found.kl, 10.0 * found.control);
  const TrialProfile* const other = find(all, "baseline", kDataText, "opt");
  EXPECT_TRUE(other->is_searched);
  EXPECT_TRUE(other->super_weights.empty());
}

TEST_F(IntegrationProfile, SaysWhatIsWrong) {
  const auto error = [&](const std::string& profile) -> std::string {
    try {
      run("wrong", profile);
    } catch (const ConfigError& problem) {
      return problem.what();
    }
    return "";
  };
  EXPECT_NE(error("{trials: [a9]}").find("profile.trials: 'a9' matches no trial"),
            std::string::npos);
  EXPECT_NE(error("{texts: {data: text.txt}}").find("is the experiment's own text"),
            std::string::npos);
  EXPECT_NE(error("{texts: {fr: none.txt}}").find("no such file"), std::string::npos);
  EXPECT_NE(error("{contxt: 3}").find("did you mean 'context'?"), std::string::npos);
  EXPECT_NE(error("{context: 100000}").find("positions of"), std::string::npos);
}

}  // namespace
}  // namespace nf
