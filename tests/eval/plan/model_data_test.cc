#include "eval/plan/model_data.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/experiment_files.h"

namespace nf {
namespace {

const std::string kTasks =
    "tasks:\n"
    "  - {name: piqa, kind: multiple_choice, file: piqa.jsonl}\n"
    "  - {name: lambada, kind: last_word, file: lambada.jsonl, limit: 1}\n";
const std::string kText = "data: {text: text.txt, context: 32, windows: 4}\n";
const std::string kTrials =
    "trials:\n"
    "  - {name: w4, quantize: [{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
    "channel}]}\n";

class ModelDataOfFiles : public testing::Test {
 protected:
  ModelDataOfFiles() {
    files_.write("piqa.jsonl",
                 "{\"context\": \"the cat\", \"choices\": [\"sat\", \"ran off\"], \"gold\": 1}\n"
                 "{\"context\": \"a dog\", \"choices\": [\"ate\", \"slept\"], \"gold\": 0}\n");
    files_.write("lambada.jsonl",
                 "{\"context\": \"one two\", \"target\": \" three\"}\n"
                 "{\"context\": \"three four\", \"target\": \" five\"}\n");
  }

  ModelData read(const std::string& what, const std::vector<std::string>& overrides = {}) const {
    const auto file =
        files_.write("e.yaml", "experiment: e\nmodel: opt\n" + what + kTrials).string();
    const Experiment experiment = Experiment::load(file, overrides, Kinds::builtin());
    return read_model_data(experiment, experiment.models.front());
  }

  ExperimentFiles files_;
};

TEST_F(ModelDataOfFiles, IsTheTextsWindowsThenTheQuestions) {
  const ModelData data = read(kText + kTasks);
  EXPECT_EQ(data.set.windows, 4);
  ASSERT_EQ(data.set.count(), 7);
  EXPECT_EQ(data.set.names,
            (std::vector<std::string>{"window 0", "window 1", "window 2", "window 3",
                                      "question 0 of piqa", "question 1 of piqa",
                                      "question 0 of lambada"}));
  ASSERT_EQ(data.questions.size(), 3u);
  EXPECT_EQ(data.questions[1].task, "piqa");
  EXPECT_EQ(data.questions[1].question, 1);
  EXPECT_EQ(data.convention, "window/1");
  EXPECT_EQ(data.set.item(3).layout.rows(), 32);
  EXPECT_EQ(data.set.item(3).first_row, 3 * 32);
  EXPECT_EQ(data.set.item(4).parts, 2);
  EXPECT_EQ(data.set.item(6).parts, 1);
}

TEST_F(ModelDataOfFiles, MayBeTextOrTasksAlone) {
  const ModelData text = read(kText);
  EXPECT_EQ(text.set.count(), 4);
  EXPECT_TRUE(text.questions.empty());
  const ModelData tasks = read(kTasks);
  EXPECT_EQ(tasks.set.windows, 0);
  EXPECT_EQ(tasks.set.count(), 3);
  EXPECT_EQ(tasks.convention, "");
  EXPECT_EQ(tasks.set.name(0), "question 0 of piqa");

  // Each item is what it is with both.
  const ModelData both = read(kText + kTasks);
  EXPECT_EQ(hash_items(std::span(both.set.items).first(4), "window/1"), text.hash);
  EXPECT_EQ(hash_items(std::span(both.set.items).subspan(4), ""), hash_items(tasks.set.items, ""));
}

TEST_F(ModelDataOfFiles, HashesEverythingThatARecordSays) {
  std::vector<std::string> hashes = {read(kText).hash, read(kTasks).hash};
  const std::string first = read(kText + kTasks).hash;
  EXPECT_EQ(read(kText + kTasks).hash, first);
  const auto add = [&](const std::vector<std::string>& overrides) {
    hashes.push_back(read(kText + kTasks, overrides).hash);
  };
  add({"data.windows=3"});
  add({"data.context=16"});
  add({"data.convention=llama.cpp"});
  add({"tasks.1.limit=2"});
  files_.write("piqa.jsonl",  // the same ids, another answer
               "{\"context\": \"the cat\", \"choices\": [\"sat\", \"ran off\"], \"gold\": 0}\n"
               "{\"context\": \"a dog\", \"choices\": [\"ate\", \"slept\"], \"gold\": 0}\n");
  add({});
  hashes.push_back(first);
  for (std::size_t i = 0; i < hashes.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) EXPECT_NE(hashes[i], hashes[k]) << i << " and " << k;
}

TEST_F(ModelDataOfFiles, CarriesTheWarningsOfBoth) {
  const ModelData data = read(kText + kTasks, {"data.windows=9999", "tasks.1.limit=9"});
  ASSERT_EQ(data.warnings.size(), 2u);
  EXPECT_NE(data.warnings[0].find("9999 were asked for"), std::string::npos) << data.warnings[0];
  EXPECT_NE(data.warnings[1].find("lambada.jsonl"), std::string::npos) << data.warnings[1];
}

TEST_F(ModelDataOfFiles, RefusesTokensThatTheModelDoesNotHave) {
  const Index bytes = 256;  // without the tokenizer's merges
  tiny_opt({.vocab_size = bytes}).write(files_ / "opt");
  const auto error = [&](const std::string& what) -> std::string {
    try {
      read(what);
    } catch (const DataError& caught) {
      return caught.what();
    }
    return "";
  };
  // The last token of a choice is never read by the model.
  files_.write("piqa.jsonl", R"({"context": "a", "choices": ["b", "th"], "gold": 1})");
  files_.write("lambada.jsonl", R"({"context": "a", "target": "b"})");
  EXPECT_TRUE(
      error(kTasks).ends_with("opt: question 0 of piqa has the token 261, the model's "
                              "vocab_size is 256: is the tokenizer another model's?"))
      << error(kTasks);
  files_.write("text.txt", "in the");
  EXPECT_NE(error(kText).find("opt: window 0 has the token "), std::string::npos) << error(kText);
  files_.write("piqa.jsonl", R"({"context": "a", "choices": ["b", "c"], "gold": 1})");
  EXPECT_EQ(error(kTasks), "");
}

TEST(ModelData, OfWindowsAlone) {
  const ModelData data = text_data(TokenWindows::from_ids(
      {random_ids(70, 300)}, {.context = 24, .convention = Convention::strided}, "ids"));
  EXPECT_EQ(data.convention, "strided/1");
  EXPECT_EQ(data.set.windows, data.set.count());
  EXPECT_EQ(data.set.name(data.set.count() - 1), "window " + std::to_string(data.set.count() - 1));
  EXPECT_EQ(data.hash, hash_items(data.set.items, "strided/1"));
}

}  // namespace
}  // namespace nf
