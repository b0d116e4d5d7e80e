#include "eval/experiment/experiment.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

const std::string kQuantizer = "grid: uniform, bits: 4, granularity: channel";
const std::string kTrial =
    "  - {name: a, quantize: [{sites: {tensor: weight}, " + kQuantizer + "}]}\n";
const std::string kHead =
    "experiment: e\nmodel: [opt, llama]\ndata: {text: text.txt, context: 32}\n";

/// The folder is made once: no test changes a model.
class ExperimentFile : public testing::Test {
 protected:
  static void SetUpTestSuite() { files_ = std::make_unique<ExperimentFiles>(); }
  static void TearDownTestSuite() { files_.reset(); }

  static Experiment load(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
    return Experiment::load(files_->write("e.yaml", yaml).string(), overrides, Kinds::builtin());
  }
  /// The message of loading, the folder's own path left out.
  static std::string message_of(const std::string& yaml,
                                const std::vector<std::string>& overrides = {}) {
    return without_folder(config_error_of([&] { load(yaml, overrides); }), files_->dir());
  }

  static inline std::unique_ptr<ExperimentFiles> files_;
};

TEST_F(ExperimentFile, OpensItsModelsAndExpandsItsTrials) {
  const Experiment experiment =
      load(kHead + "seed: 7\ntrials:\n" + kTrial +
           "  - {name: n, repeat: 2, perturb: [{sites: {tensor: input}, noise: uniform, strength: "
           "{snr_db: 20}}]}\n");
  ASSERT_EQ(experiment.models.size(), 2u);
  EXPECT_EQ(experiment.models[0].name, "opt");
  EXPECT_EQ(experiment.models[1].name, "llama");
  EXPECT_EQ(experiment.models[1].decoder.spec().architecture, "LlamaForCausalLM");
  ASSERT_EQ(experiment.models[0].trials.size(), 3u);
  EXPECT_EQ(experiment.models[0].trials[0].seed, 7u);
  EXPECT_EQ(experiment.models[0].trials[2].seed, 8u);
  EXPECT_EQ(experiment.config.stats, StatsMode::weights);
  EXPECT_EQ(experiment.config.detail, DetailMode::none);
}

TEST_F(ExperimentFile, TakesOneModelWithoutBrackets) {
  EXPECT_EQ(
      load("experiment: e\nmodel: llama\ndata: {text: text.txt, context: 32}\ntrials:\n" + kTrial)
          .models.size(),
      1u);
}

TEST_F(ExperimentFile, NamesModelsByAsMuchOfThePathAsTellsThemApart) {
  tiny_opt().write(*files_ / "other/opt");
  const Experiment experiment = load(
      "experiment: e\nmodel: [opt, other/opt, llama/.]\ndata: {text: text.txt, context: 32}\n"
      "trials:\n" +
      kTrial);
  EXPECT_EQ(experiment.models[0].name, files_->dir().filename().string() + "/opt");
  EXPECT_EQ(experiment.models[1].name, "other/opt");
  EXPECT_EQ(experiment.models[2].name, "llama");
}

TEST_F(ExperimentFile, ResolvesToYamlWithEverythingFilledIn) {
  const Json resolved = load(kHead + "trials:\n" + kTrial).resolved();
  EXPECT_EQ(resolved["experiment"], "e");
  EXPECT_EQ(resolved["model"][0]["name"], "opt");
  EXPECT_EQ(resolved["model"][0]["path"], (*files_ / "opt").generic_string());
  EXPECT_EQ(resolved["model"][1]["num_hidden_layers"], 2);
  EXPECT_EQ(resolved["data"]["bos"], "none");
  EXPECT_EQ(resolved["data"]["convention"], "window");
  EXPECT_EQ(resolved["stats"], "weights");
  EXPECT_EQ(resolved["detail"], "none");
  EXPECT_EQ(resolved["floor"], true);
  EXPECT_EQ(resolved["trials"][0].dump(),
            R"({"name":"a","seed":0,"distort":[{"sites":{"tensor":"weight","roles":"*"},)"
            R"("grid":"uniform","bits":4,"granularity":"channel","symmetric":true,)"
            R"("method":"rtn"}]})");
}

TEST_F(ExperimentFile, SaysHowMuchDetailIsKept) {
  const Experiment experiment = load(kHead + "detail: tokens\ntrials:\n" + kTrial);
  EXPECT_EQ(experiment.config.detail, DetailMode::tokens);
  EXPECT_EQ(experiment.resolved()["detail"], "tokens");
  EXPECT_EQ(load(kHead + "detail: confidence\ntrials:\n" + kTrial).config.detail,
            DetailMode::confidence);
}

TEST_F(ExperimentFile, TakesOverridesThroughTheSameChecks) {
  const std::string yaml = kHead + "trials:\n" + kTrial;
  EXPECT_EQ(load(yaml, {"data.windows=3", "seed=9"}).config.data->windows, 3);
  EXPECT_EQ(
      load(yaml, {"trials.0.quantize.0.bits=8"}).models[0].trials[0].entries[0].config()["bits"],
      8);
  EXPECT_EQ(message_of(yaml, {"data.windows=0"}),
            "--set data.windows=0: data.windows: must be at least 1, is 0");
  EXPECT_EQ(message_of(yaml, {"data.window=4"}),
            "--set data.window=4: data: unknown key 'window'; did you mean 'windows'?");
  EXPECT_EQ(
      message_of(yaml, {"trials.0.quantize.0.bits=nine"}),
      "--set trials.0.quantize.0.bits=nine: trials[0].quantize[0].bits: cannot read 'nine' as an "
      "integer");
}

struct Mistake {
  std::string yaml;
  std::string message;
};

TEST_F(ExperimentFile, NamesEachMistakeAndItsPlace) {
  const std::vector<Mistake> mistakes = {
      {kHead + "trails:\n" + kTrial, "e.yaml:4:1: unknown key 'trails'; did you mean 'trials'?"},
      {kHead + "trials:\n", "e.yaml:4:1: trials: cannot read an empty value as a list"},
      {kHead + "trials:\n  - {name: a, quantize: [{sites: {tensor: weight, layers: 0-12}, " +
           kQuantizer + "}]}\n",
       "e.yaml:5:59: trials[0].quantize[0].sites.layers: '0-12' goes beyond opt, which has layers "
       "0-1\n"
       "e.yaml:5:59: trials[0].quantize[0].sites.layers: '0-12' goes beyond llama, which has "
       "layers 0-1"},
      {kHead +
           "trials:\n  - {name: a, each: layer, quantize: [{sites: {tensor: weight, layers: "
           "1}, " +
           kQuantizer + "}]}\n",
       "e.yaml:5:21: trials[0].each: needs at least two layers, and the sites of this trial have "
       "not so many in opt\n"
       "e.yaml:5:21: trials[0].each: needs at least two layers, and the sites of this trial have "
       "not so many in llama"},
      {"experiment: a/b\nmodel: opt\ndata: {text: text.txt, context: 32}\ntrials:\n" + kTrial,
       "e.yaml:1:13: experiment: names a folder: it must not hold a '/'"},
      {"experiment: e\nmodel: [opt, lama]\ndata: {text: text.txt, context: 32}\ntrials:\n" + kTrial,
       "e.yaml:2:14: model[1]: no such directory: lama; nothing is downloaded: get one of the Hub "
       "with `hf download ORGANIZATION/lama --local-dir lama`"},
      {"experiment: e\nmodel: facebook/opt-125m\ndata: {text: text.txt, context: 32}\ntrials:\n" +
           kTrial,
       "e.yaml:2:8: model: no such directory: facebook/opt-125m; nothing is downloaded: get it "
       "with `hf download facebook/opt-125m --local-dir facebook/opt-125m` or `git lfs clone "
       "https://huggingface.co/facebook/opt-125m facebook/opt-125m`"},
      {"experiment: e\nmodel: opt/config.json\ndata: {text: text.txt, context: 32}\ntrials:\n" +
           kTrial,
       "e.yaml:2:8: model: opt/config.json is a file; name the directory of the checkpoint, with "
       "its config.json"},
      {"experiment: e\nmodel: ~/opt\ndata: {text: text.txt, context: 32}\ntrials:\n" + kTrial,
       "e.yaml:2:8: model: no such directory: ~/opt; '~' is not replaced here, write the whole "
       "path"},
      {"experiment: e\nmodel: opt\ndata: text.txt\ntrials:\n" + kTrial,
       "e.yaml:3:7: data: cannot read 'text.txt' as a mapping; write {text: text.txt, context: "
       "512}"},
      {"experiment: e\nmodel: [opt, llama/../opt]\ndata: {text: text.txt, context: 32}\ntrials:\n" +
           kTrial,
       "e.yaml:2:14: model[1]: the same model stands here twice"},
      {"experiment: e\nmodel: opt\ndata: {text: texts.txt, context: 32}\ntrials:\n" + kTrial,
       "e.yaml:3:14: data.text: no such file: texts.txt"},
      {"experiment: e\nmodel: opt\ndata: {text: text.txt, context: 513}\ntrials:\n" + kTrial,
       "e.yaml:3:33: data.context: 513 tokens are more than the 512 positions of opt"},
      {kHead + "stats: weigths\ntrials:\n" + kTrial,
       "e.yaml:4:8: stats: unknown value 'weigths'; did you mean 'weights'?"},
      {kHead + "detail: token\ntrials:\n" + kTrial,
       "e.yaml:4:9: detail: unknown value 'token'; did you mean 'tokens'?"},
      {kHead + "seed: 0.5\ntrials:\n" + kTrial,
       "e.yaml:4:7: seed: cannot read '0.5' as an integer; only whole numbers of up to 64 bits fit "
       "here"},
      {kHead + "seed: 1\nseed: 2\ntrials:\n" + kTrial,
       "e.yaml:5:1: key 'seed' is given twice; it stands on line 4 already"},
      {kHead + "trials:\n" + kTrial + kTrial,
       "e.yaml:6:12: trials[1].name: the name 'a' stands at e.yaml:5:12 already"},
      {kHead +
           "trials:\n  - {name: a, quantize: [{sites: {tensor: weight, roles: [q_proj, "
           "k_prj]}, " +
           kQuantizer + "}]}\n",
       "e.yaml:5:58: trials[0].quantize[0].sites.roles: unknown role 'k_prj'; did you mean "
       "'k_proj'?"},
      {kHead + "trials:\n  - {name: a, quantize: [{sites: {tensor: weight, roles: gate_proj}, " +
           kQuantizer + "}]}\n",
       "e.yaml:5:34: trials[0].quantize[0].sites: selects nothing in opt, which has no gate_proj; "
       "its roles: q_proj, k_proj, v_proj, o_proj (out_proj), up_proj (fc1), down_proj (fc2), "
       "embed_tokens, lm_head"},
      {kHead + "trials:\n  - {name: a, quantize: [{sites: {tensor: weight, layers: [0, 2-3]}, " +
           kQuantizer + "}]}\n",
       "e.yaml:5:59: trials[0].quantize[0].sites.layers: '2-3' matches no layer of opt, which has "
       "layers 0-1\n"
       "e.yaml:5:59: trials[0].quantize[0].sites.layers: '2-3' matches no layer of llama, which "
       "has layers 0-1"},
  };
  for (const Mistake& mistake : mistakes)
    EXPECT_EQ(message_of(mistake.yaml), mistake.message) << mistake.yaml;
}

TEST_F(ExperimentFile, NamesMistakesOfAllPartsAtOnce) {
  EXPECT_EQ(message_of("experiment: e\n"
                       "model: [opt, lama]\n"
                       "data: {text: texts.txt, context: 32}\n"
                       "trials:\n"
                       "  - {name: a, perturb: [{sites: {tensor: weight}, noise: gausian, "
                       "strength: {snr_db: 3}}]}\n"
                       "  - {name: b, quantize: [{sites: {tensor: weight, roles: qproj}, " +
                       kQuantizer +
                       "}]}\n"
                       "  - {name: a, repeats: 3, quantize: [{sites: {tensor: weight}, " +
                       kQuantizer + "}]}\n"),
            "e.yaml:2:14: model[1]: no such directory: lama; nothing is downloaded: get one of the "
            "Hub with `hf download ORGANIZATION/lama --local-dir lama`\n"
            "e.yaml:3:14: data.text: no such file: texts.txt\n"
            "e.yaml:5:58: trials[0].perturb[0].noise: unknown noise 'gausian'; did you mean "
            "'gaussian'?\n"
            "e.yaml:6:58: trials[1].quantize[0].sites.roles: unknown role 'qproj'; did you mean "
            "'q_proj'?\n"
            "e.yaml:7:12: trials[2].name: the name 'a' stands at e.yaml:5:12 already\n"
            "e.yaml:7:15: trials[2]: unknown key 'repeats'; did you mean 'repeat'?");
}

TEST_F(ExperimentFile, CountsWhatItDoesNotShow) {
  std::string trials;
  for (int i = 0; i < 13; ++i)
    trials += fmt::format(
        "  - {{name: t{}, quantize: [{{sites: {{tensor: weight}}, grid: cubic, bits: 4, "
        "granularity: channel}}]}}\n",
        i);
  const std::string message = message_of(kHead + "trials:\n" + trials);
  EXPECT_TRUE(message.ends_with("\n... and 3 more")) << message;
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 10);
}

const std::string kTask = "  - {name: piqa, kind: multiple_choice, file: q.jsonl, bos: true}\n";

TEST_F(ExperimentFile, AsksTasksBesideATextOrInItsPlace) {
  files_->write("q.jsonl", "");
  const Experiment both = load(kHead + "tasks:\n" + kTask + "trials:\n" + kTrial);
  ASSERT_EQ(both.config.tasks.size(), 1u);
  EXPECT_EQ(both.config.tasks[0].file.resolved, *files_ / "q.jsonl");
  EXPECT_EQ(both.config.data->context, 32);
  const Experiment tasks =
      load("experiment: e\nmodel: opt\ntasks:\n" + kTask + "trials:\n" + kTrial);
  EXPECT_FALSE(tasks.config.data.has_value());
  const Json resolved = tasks.resolved();
  EXPECT_FALSE(resolved.contains("data"));
  EXPECT_EQ(resolved["tasks"][0]["file"], (*files_ / "q.jsonl").generic_string());
  EXPECT_EQ(resolved["tasks"][0]["bos"], true);
  EXPECT_FALSE(load(kHead + "trials:\n" + kTrial).resolved().contains("tasks"));
}

TEST_F(ExperimentFile, NeedsSomethingToEvaluateAndModelsThatCan) {
  EXPECT_EQ(message_of("experiment: e\nmodel: opt\ntrials:\n" + kTrial),
            "e.yaml:1:1: needs something to evaluate: data, tasks or both");
  files_->write("q.jsonl", "");
  TinyModel model = tiny_opt();
  model.config.erase("bos_token_id");
  model.write(*files_ / "nobos");
  EXPECT_EQ(
      message_of("experiment: e\nmodel: nobos\ntasks:\n" + kTask + "trials:\n" + kTrial),
      "e.yaml:2:8: model: bos of task 'piqa' needs a model with a bos_token_id in config.json");
  EXPECT_EQ(message_of(kHead + "tasks:\n" + kTask +
                       "trials:\n  - {name: s, sweep: {piqa_acc: [0.1]}, perturb: [{sites: "
                       "{tensor: weight}, noise: gaussian, strength: {relative_l2: "
                       "\"${piqa_acc}\"}}]}\n"),
            "e.yaml:7:23: trials[0].sweep.piqa_acc: a variable cannot be called 'piqa_acc', which "
            "is a task's column");
}

TEST_F(ExperimentFile, IsLoadedAgainFromItsSource) {
  const Experiment first = load(kHead + "trials:\n" + kTrial, {"data.windows=3"});
  EXPECT_EQ(first.source.text, kHead + "trials:\n" + kTrial);
  EXPECT_EQ(first.source.directory, files_->dir().string());
  EXPECT_EQ(first.source.set, std::vector<std::string>{"data.windows=3"});
  EXPECT_EQ(first.source.set_directory, files_->dir().string());

  ExperimentSource source = first.source;
  source.name = "kept.yaml";
  EXPECT_EQ(Experiment::load(source, Kinds::builtin()).resolved(), first.resolved());
  source.set = {"model=[opt]"};  // as if the command had been given there
  source.set_directory = files_->dir().string();
  EXPECT_EQ(Experiment::load(source, Kinds::builtin()).models.size(), 1u);
  source.text.insert(0, "x: 1\n");
  const std::string message = config_error_of([&] { Experiment::load(source, Kinds::builtin()); });
  EXPECT_NE(message.find("kept.yaml:1:1: unknown key 'x'"), std::string::npos) << message;
}

/// As they must run, word for word.
const std::string kDesigns = R"(
memory: 4GiB                                  # top level; also --memory
stop: {kl_halfwidth: 0.002, min_blocks: 8}    # top level, optional; or per trial
trials:
  - {name: layer-map, each: layer, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]}
  - {name: without-one, leave_one_out: role, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}]}
  - {name: first-k, cumulative: layer, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: channel}]}
  - {name: inter, pairs: role, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: 0.1}}]}
  - name: tolerance
    each: role
    bisect: {range: [0.001, 1], target: {kl: 0.05}, rel_tolerance: 0.05, max_steps: 12}
    perturb: [{sites: {tensor: weight}, noise: gaussian, strength: {relative_l2: "${bisect}"}}]
)";

TEST_F(ExperimentFile, MakesItsDesignsForEachModel) {
  tiny_opt({.layers = 3}).write(*files_ / "opt3");
  const Experiment experiment =
      load("experiment: e\nmodel: [opt3, llama]\ndata: {text: text.txt, context: 32}" + kDesigns);
  std::vector<std::map<std::string, int>> counts;
  for (const ExperimentModel& model : experiment.models) {
    counts.emplace_back();
    for (const Trial& trial : model.trials) ++counts.back()[trial.name];
  }
  // 3 layers of 6 linears, and 2 layers of 7.
  EXPECT_EQ(counts[0], (std::map<std::string, int>{{"layer-map", 3},
                                                   {"without-one", 6},
                                                   {"first-k", 3},
                                                   {"inter", 6 + 15 + 1},
                                                   {"tolerance", 6}}));
  EXPECT_EQ(counts[1], (std::map<std::string, int>{{"layer-map", 2},
                                                   {"without-one", 7},
                                                   {"first-k", 2},
                                                   {"inter", 7 + 21 + 1},
                                                   {"tolerance", 7}}));
  const Trial& last = experiment.models[0].trials.back();
  EXPECT_EQ(last.stop->kl_halfwidth, 0.002);
  EXPECT_EQ(last.bisect->max_steps, 12);
  const Json resolved = experiment.resolved();
  ASSERT_EQ(resolved["trials"].size(), 2u);
  EXPECT_EQ(resolved["trials"]["opt3"][0].dump(),
            R"({"name":"layer-map","seed":0,"each":"layer",)"
            R"("stop":{"kl_halfwidth":0.002,"min_blocks":8},"vars":{"layer":0},)"
            R"("distort":[{"sites":{"tensor":"weight","roles":"*","layers":0},"noise":"gaussian",)"
            R"("relation":"independent","strength":{"relative_l2":0.1},"scope":"tensor"}]})");
  const Json tolerance = resolved["trials"]["llama"].back();
  EXPECT_EQ(tolerance["bisect"].dump(),
            R"({"range":[0.001,1.0],"target":{"kl":0.05},"rel_tolerance":0.05,"max_steps":12})");
  EXPECT_EQ(tolerance["vars"].dump(), R"({"role":"down_proj"})");
  EXPECT_EQ(tolerance["distort"][0]["strength"]["relative_l2"], "${bisect}");
}

TEST_F(ExperimentFile, PrintsTrialsOnceWhereModelsAgree) {
  const std::string trial =
      "  - {name: a, each: layer, quantize: [{sites: {tensor: weight, roles: q_proj}, " +
      kQuantizer + "}]}\n";
  const Json agree = load(kHead + "trials:\n" + trial).resolved();
  ASSERT_TRUE(agree["trials"].is_array());
  EXPECT_EQ(agree["trials"].size(), 2u);
  EXPECT_FALSE(agree["trials"][0].contains("stop"));
}

TEST_F(ExperimentFile, MayAskForTheUntouchedModelsAlone) {
  const Experiment experiment = load(kHead + "trials: []\n");
  EXPECT_TRUE(experiment.models[0].trials.empty());
  EXPECT_EQ(experiment.resolved()["trials"], Json::array());
}

TEST_F(ExperimentFile, SearchesAndEndsEarlyOnlyByAText) {
  files_->write("q.jsonl", "");
  EXPECT_EQ(message_of("experiment: e\nmodel: opt\nstop: {kl_halfwidth: 1}\ntasks:\n" + kTask +
                       "trials:\n  - {name: a, stop: none, bisect: {range: [0.1, 1], target: {kl: "
                       "1}}, perturb: [{sites: {tensor: weight}, noise: gaussian, strength: "
                       "{relative_l2: \"${bisect}\"}}]}\n"),
            "e.yaml:3:7: stop: needs 'data': it goes by metrics of a text\n"
            "e.yaml:7:35: trials[0].bisect: needs 'data': it goes by metrics of a text");
}

TEST_F(ExperimentFile, SaysThatThereIsNoSuchFile) {
  EXPECT_EQ(config_error_of([] { Experiment::load("/nowhere/e.yaml", {}, Kinds::builtin()); }),
            "/nowhere/e.yaml: cannot open: No such file or directory");
}

}  // namespace
}  // namespace nf
