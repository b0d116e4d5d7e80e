#include "eval/plan/calibration_sets.h"

#include <gtest/gtest.h>

#include <set>

#include "core/random/draw_key.h"
#include "core/random/philox.h"
#include "eval/plan/model_plan.h"
#include "tests/support/config_support.h"
#include "tests/support/experiment_files.h"
#include "tests/support/gzip.h"
#include "tests/support/task_support.h"
#include "tests/support/tokenizer_file.h"
#include "tests/support/trial_support.h"
#include "tests/support/without_folder.h"
#include "tests/support/write_npy.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

std::vector<Ids> windows_of(const CalibrationSetPtr& set) {
  std::vector<Ids> windows;
  for (const EvalItem& item : set->items) windows.push_back(item.ids);
  return windows;
}

Ids flat(const std::vector<Ids>& windows) {
  Ids all;
  for (const Ids& window : windows) all.insert(all.end(), window.begin(), window.end());
  return all;
}

class CalibrationSetsOfFiles : public testing::Test {
 protected:
  Experiment load(const std::string& sets, const std::string& trials = "trials: []\n") const {
    const auto file = files_.write(
        "e.yaml", "experiment: e\nmodel: opt\ndata: {text: text.txt, context: 32, windows: 4}\n" +
                      sets + trials);
    return Experiment::load(file.string(), {}, kinds_with_needy());
  }
  /// The set of that form, for a trial of that seed.
  CalibrationSetPtr read(const std::string& form, std::uint64_t seed = 0,
                         const std::string& name = "s") const {
    const Experiment experiment = load("calibration: {" + name + ": {" + form + "}}\n");
    CalibrationSets sets(experiment, experiment.models.front(), nothing_);
    return sets.read(name, seed).set;
  }
  std::vector<Ids> windows(const std::string& form, std::uint64_t seed = 0) const {
    return windows_of(read(form, seed));
  }
  Ids encode(const std::string& text) const { return Tokenizer::load(files_ / "opt").encode(text); }
  std::string message_of(const std::string& form) const {
    return without_folder(config_error_of([&] { read(form); }), files_.dir());
  }

  ExperimentFiles files_;
  EvalSet nothing_;
};

TEST_F(CalibrationSetsOfFiles, AreTheFirstRowsOfIds) {
  const Ids ids = random_ids(6 * 16, 300);
  write_npy(files_ / "ids.npy", "6, 16", ids);
  const std::vector<Ids> first = windows("ids: ids.npy, windows: 4");
  ASSERT_EQ(first.size(), 4u);
  EXPECT_EQ(flat(first), Ids(ids.begin(), ids.begin() + 4 * 16));
  EXPECT_EQ(windows("ids: ids.npy").size(), 6u);
  // With a context rows are documents: each is cut by itself, and a tail dropped.
  const std::vector<Ids> cut = windows("ids: ids.npy, context: 7");
  ASSERT_EQ(cut.size(), 12u);
  EXPECT_EQ(cut[2], Ids(ids.begin() + 16, ids.begin() + 23));
  write_npy(files_ / "row.npy", "96,", ids);
  EXPECT_EQ(flat(windows("ids: row.npy, context: 32")), ids);
}

TEST_F(CalibrationSetsOfFiles, AreTheFirstWindowsOfAText) {
  const std::vector<Ids> first = windows("text: text.txt, context: 20, windows: 3");
  const Ids all = encode(plain_text(2000));
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(flat(first), Ids(all.begin(), all.begin() + 60));
  EXPECT_EQ(std::ssize(windows("text: text.txt, context: 20")), std::ssize(all) / 20);
  files_.write("text.gz", gzip(plain_text(2000)));
  EXPECT_EQ(read("text: text.gz, context: 20, windows: 3")->hash,
            read("text: text.txt, context: 20, windows: 3")->hash);
}

TEST_F(CalibrationSetsOfFiles, AreDrawnOutOfAllWindowsByCounter) {
  const std::vector<Ids> all = windows("text: text.txt, context: 20");
  const std::vector<Ids> drawn = windows("text: text.txt, context: 20, windows: 8, seed: 3");
  // Those with the smallest draws, each by the counter of its place, in the order of the text.
  std::vector<std::uint64_t> draws(all.size());
  philox_kernels().draw_u64(draws.data(), std::ssize(all), 0, draw_key("calibration.s", 0), 3);
  std::vector<std::uint64_t> sorted = draws;
  std::sort(sorted.begin(), sorted.end());
  std::vector<Ids> expected;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (draws[i] <= sorted[7]) expected.push_back(all[i]);
  EXPECT_EQ(drawn, expected);
  EXPECT_NE(drawn, windows("text: text.txt, context: 20, windows: 8, seed: 4"));
  EXPECT_NE(drawn, windows("text: text.txt, context: 20, windows: 8"));
  // Fewer are among the more, and all of them are the text.
  const std::vector<Ids> fewer = windows("text: text.txt, context: 20, windows: 3, seed: 3");
  EXPECT_TRUE(std::includes(
      drawn.begin(), drawn.end(), fewer.begin(), fewer.end(), [&](const Ids& a, const Ids& b) {
        return std::find(all.begin(), all.end(), a) < std::find(all.begin(), all.end(), b);
      }));
  EXPECT_EQ(windows(fmt::format("text: text.txt, context: 20, windows: {}, seed: 3", all.size())),
            all);
}

TEST_F(CalibrationSetsOfFiles, AreDrawnByTheTrialWhereItIsAskedFor) {
  const std::string form = "text: text.txt, context: 20, windows: 8, seed: ";
  EXPECT_EQ(windows(form + "trial", 3), windows(form + "3"));
  EXPECT_EQ(windows(form + "trial", 4), windows(form + "4"));
  EXPECT_EQ(windows(form + "3", 9), windows(form + "3"));
}

TEST_F(CalibrationSetsOfFiles, JoinDocumentsOrCutThemApart) {
  files_.write("d.jsonl",
               "{\"text\": \"one two three\", \"body\": \"abcdef\"}\n"
               "{\"text\": \"four five six seven eight\", \"body\": \"ghijklmnop\"}\n");
  const Ids joined = encode("one two three\n\nfour five six seven eight");
  const std::vector<Ids> cut = windows("jsonl: d.jsonl, context: 6");
  EXPECT_EQ(std::ssize(cut), std::ssize(joined) / 6);
  EXPECT_EQ(flat(cut), Ids(joined.begin(), joined.begin() + std::ssize(joined) / 6 * 6));
  // Apart: a short document is a shorter window, a tail is dropped.
  EXPECT_EQ(windows("jsonl: d.jsonl, field: body, join: false, context: 8"),
            (std::vector<Ids>{encode("abcdef"), encode("ghijklmn")}));
}

TEST_F(CalibrationSetsOfFiles, AreQuestionsWithTheirRightChoices) {
  files_.write("arc.jsonl",
               "{\"context\": \"the cat\", \"choices\": [\"sat\", \"ran off\"], \"gold\": 1}\n"
               "{\"context\": \"a dog\", \"choices\": [\"ate\", \"slept\"], \"gold\": 0}\n"
               "{\"context\": \"a cow\", \"choices\": [\"ate\", \"slept\"], \"gold\": 0}\n");
  const Ids all = encode("the cat ran off\n\na dog ate");
  EXPECT_EQ(flat(windows("task: {kind: multiple_choice, file: arc.jsonl, limit: 2}, context: 4")),
            Ids(all.begin(), all.begin() + std::ssize(all) / 4 * 4));
}

TEST_F(CalibrationSetsOfFiles, AreNonsense) {
  const auto characters = read("nonsense: characters, context: 32, windows: 40, seed: 2");
  ASSERT_EQ(characters->items.size(), 40u);
  // Byte-level tokens of single characters: each of the 38 about as often.
  std::vector<Index> counts(256);
  for (const std::int32_t id : flat(windows_of(characters)))
    if (id < 256) ++counts[static_cast<std::size_t>(id)];
  EXPECT_EQ(std::count_if(counts.begin(), counts.end(), [](Index count) { return count > 0; }), 38);
  EXPECT_GT(*std::max_element(counts.begin(), counts.end()), 20);
  EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 60);
  const std::string tokens = "nonsense: tokens, context: 32, windows: 40, seed: ";
  const Ids ids = flat(windows(tokens + "2"));
  EXPECT_EQ(ids.size(), 40u * 32u);
  EXPECT_GT(std::set<std::int32_t>(ids.begin(), ids.end()).size(), 270u);
  EXPECT_LT(*std::max_element(ids.begin(), ids.end()), 300);
  EXPECT_NE(ids, flat(windows(tokens + "3")));
  EXPECT_EQ(flat(windows(tokens + "0")),
            flat(windows("nonsense: tokens, context: 32, windows: 40")));
  // The fewer are the beginning of the more, and another name has other draws.
  EXPECT_EQ(flat(windows("nonsense: tokens, context: 32, windows: 2, seed: 2")),
            Ids(ids.begin(), ids.begin() + 64));
  EXPECT_NE(read(tokens + "2", 0, "other")->hash, read(tokens + "2")->hash);
}

TEST_F(CalibrationSetsOfFiles, SayWhatIsWrongWithThem) {
  const Ids ids = random_ids(96, 300);
  write_npy(files_ / "ids.npy", "6, 16", ids);
  write_npy(files_ / "row.npy", "96,", ids);
  write_npy(files_ / "long.npy", "2, 600", random_ids(1200, 300));
  files_.write("short.txt", "a few words");
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"ids: ids.npy, windows: 7",
       "e.yaml:4:42: calibration.s.windows: ids.npy has 6 windows, 7 are asked for; take a longer "
       "text or fewer windows"},
      {"ids: row.npy",
       "e.yaml:4:18: calibration.s: row.npy is one row of 96 ids: needs 'context', the length of a "
       "window"},
      {"ids: long.npy",
       "e.yaml:4:18: calibration.s: long.npy has rows of 600 ids, more than the 512 positions of "
       "opt: needs 'context', the length of a window"},
      {"text: short.txt, context: 32",
       "e.yaml:4:18: calibration.s: short.txt has 0 windows of 32 tokens; take a longer text or "
       "fewer windows"},
      {"text: text.txt, context: 32, windows: 5000, seed: 1",
       "e.yaml:4:57: calibration.s.windows: text.txt has 53 windows of 32 tokens, 5000 are asked "
       "for; take a longer text or fewer windows"},
  };
  for (const auto& [form, expected] : mistakes) EXPECT_EQ(message_of(form), expected) << form;
  write_npy(files_ / "ids.npy", "1, 2", {5, 300});
  EXPECT_TRUE(
      data_error_of([&] {
        read("ids: ids.npy");
      }).ends_with("[0, 1]: token id 300 is outside the vocabulary of the model, vocab_size 300"));
}

TEST_F(CalibrationSetsOfFiles, AreTheWindowsThatReferenceResultsWereMadeFrom) {
  const auto reference = reference_dir();
  if (!reference) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  const auto hash = [&](const std::string& form) {
    const auto file =
        files_.write("r.yaml", "experiment: r\nmodel: " + (*reference / "models/opt-23m").string() +
                                   "\ndata: {text: text.txt, context: 32}\n"
                                   "calibration: {s: {" +
                                   form + "}}\ntrials: []\n");
    const Experiment experiment = Experiment::load(file.string(), {}, kinds_with_needy());
    CalibrationSets sets(experiment, experiment.models.front(), nothing_);
    return sets.read("s", 0).set->hash;
  };
  const std::string ids = (*reference / "reference/calibrated/ids").string();
  const std::string texts = (*reference / "corpora").string();
  EXPECT_EQ(hash("text: " + texts + "/valid-en.txt, context: 512, windows: 64"),
            hash("ids: " + ids + "/ref64.npy"));
  EXPECT_EQ(hash("text: " + texts + "/flores200/deu_Latn.txt, context: 512, windows: 32"),
            hash("ids: " + ids + "/deu.npy, windows: 32"));
}

/// Trials of a model with their sets.
class CalibratedPlan : public CalibrationSetsOfFiles {
 protected:
  static std::string trial(const std::string& name, const std::string& entry,
                           const std::string& more = "") {
    return "  - {name: " + name + ", distort: [" + entry + "]" + more + "}\n";
  }
  static std::string needy(const std::string& set) {
    return "{sites: {tensor: weight}, noise: needy, factor: 0.5, calibration: " + set + "}";
  }
};

const std::string kSets =
    "calibration:\n"
    "  seen: {text: text.txt, context: 64, windows: 2}\n"
    "  drawn: {nonsense: tokens, context: 64, windows: 2, seed: trial}\n"
    "  unused: {nonsense: tokens, context: 64, windows: 2}\n"
    "trials:\n";

TEST_F(CalibratedPlan, HasAnIdOfItsOwnForEachSet) {
  const Experiment experiment =
      load(kSets, trial("a", needy("seen")) + trial("b", needy("drawn"), ", repeat: 3") +
                      trial("rtn",
                            "{sites: {tensor: weight}, grid: uniform, bits: 4, granularity: "
                            "channel, calibration: \"${set}\"}",
                            ", sweep: {set: [seen, drawn]}, repeat: 2"));
  const ModelPlan plan(experiment, experiment.models.front(), {});
  std::set<std::string> ids;
  for (const Job& job : plan.jobs()) ids.insert(job.key.id);
  EXPECT_EQ(ids.size(), 1u + 3u + 1u);  // the control is one, whatever the set and the seed
  const std::vector<CalibrationIdentity>& sets = plan.identity().calibration;
  ASSERT_EQ(sets.size(), 4u);
  EXPECT_EQ(sets[0].name, "seen");
  EXPECT_EQ(sets[0].seed, std::nullopt);
  EXPECT_EQ(sets[0].windows, 2);
  EXPECT_EQ(sets[0].tokens, 128);
  EXPECT_EQ(sets[3].name, "drawn");
  EXPECT_EQ(sets[3].seed, 2u);
  EXPECT_NE(sets[2].hash, sets[3].hash);
  EXPECT_EQ(CalibrationIdentity::from_json(sets[3].to_json()).to_json(), sets[3].to_json());
}

TEST_F(CalibratedPlan, TellsWhatIsEvaluatedOnItsOwnCalibration) {
  const Experiment experiment = load(kSets, trial("a", needy("seen")) + trial("b", needy("drawn")));
  const ModelPlan plan(experiment, experiment.models.front(), {});
  EXPECT_EQ(plan.identity().calibration[0].overlap, 128);
  EXPECT_EQ(plan.identity().calibration[1].overlap, 0);
  EXPECT_EQ(plan.jobs()[0].key.calibration_overlap, 128);
  EXPECT_EQ(plan.jobs()[1].key.calibration_overlap, 0);
  ASSERT_EQ(plan.calibration().warnings().size(), 1u);
  EXPECT_TRUE(plan.calibration().warnings().front().ends_with(
      "e.yaml:5:9: calibration.seen: shares 128 tokens with what opt is evaluated on, up to 128 in "
      "a row, the first in window 0: what is made from it looks better than it is"))
      << plan.calibration().warnings().front();
}

/// text.txt holds as many windows as the set takes, so that each seed draws the same.
TEST_F(CalibratedPlan, TellsOfDrawsThatAreOneSet) {
  const auto warned = [this](Index count) {
    const std::string sets = fmt::format(
        "calibration:\n  c: {{text: text.txt, context: 64, windows: {}, seed: trial}}\ntrials:\n",
        count);
    const Experiment experiment = load(sets, trial("a", needy("c"), ", repeat: 2"));
    const ModelPlan plan(experiment, experiment.models.front(), {});
    std::string text;
    for (const std::string& line : plan.calibration().warnings()) text += line + '\n';
    return text.find("its draws are one set") != std::string::npos;
  };
  const Index all = std::ssize(windows("text: text.txt, context: 64"));
  EXPECT_TRUE(warned(all));
  EXPECT_FALSE(warned(all - 1));
}

}  // namespace
}  // namespace nf
