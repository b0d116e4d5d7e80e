#include "eval/experiment/calibration_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/config/yaml_reader.h"
#include "tests/support/builtin_kinds.h"
#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/without_folder.h"

namespace nf {
namespace {

class CalibrationOfAnExperiment : public testing::Test {
 protected:
  CalibrationOfAnExperiment() { std::ofstream(temp_ / "a.txt") << "some text"; }

  std::vector<CalibrationConfig> read(const std::string& yaml, ConfigErrors& errors) const {
    const auto sets = calibration_form(builtin_tasks())
                          .read(parse_yaml(yaml, (temp_ / "e.yaml").string(), errors), errors);
    return sets.value_or(std::vector<CalibrationConfig>());
  }
  std::vector<CalibrationConfig> read(const std::string& yaml) const {
    ConfigErrors errors;
    std::vector<CalibrationConfig> sets = read(yaml, errors);
    errors.throw_if_any();
    return sets;
  }
  std::string message_of(const std::string& yaml) const {
    return without_folder(config_error_of([&] { read(yaml); }), temp_.path());
  }

  TempDir temp_;
};

TEST_F(CalibrationOfAnExperiment, IsReadInTheOrderOfTheFile) {
  const std::vector<CalibrationConfig> sets = read(
      "b: {text: a.txt, context: 16, windows: 4, seed: 3}\n"
      "a: {nonsense: characters, context: 8, windows: 2, seed: trial}\n"
      "c: {jsonl: a.txt, field: body, join: false, context: 8}\n"
      "d: {task: {kind: multiple_choice, file: a.txt, limit: 5}, context: 8}\n"
      "e: {ids: a.txt}\n");
  ASSERT_EQ(sets.size(), 5u);
  EXPECT_EQ(sets[0].name, "b");
  EXPECT_EQ(sets[0].seed->at(99), 3u);
  EXPECT_FALSE(sets[0].is_drawn_by_trial());
  EXPECT_TRUE(sets[1].is_drawn_by_trial());
  EXPECT_EQ(sets[1].seed->at(99), 99u);
  EXPECT_EQ(sets[1].source(), "nonsense characters");
  EXPECT_FALSE(sets[2].join);
  EXPECT_EQ(sets[2].field, "body");
  EXPECT_EQ(sets[3].task->limit, 5);
  EXPECT_FALSE(sets[4].context.has_value());
  EXPECT_EQ(find_calibration(sets, "c"), &sets[2]);
  EXPECT_EQ(find_calibration(sets, "x"), nullptr);
}

TEST_F(CalibrationOfAnExperiment, IsWrittenAsItIsReadAgain) {
  const std::vector<CalibrationConfig> sets =
      read("b: {text: a.txt, context: 16, windows: 4, seed: trial}\n");
  EXPECT_EQ(calibration_form(builtin_tasks()).write(sets),
            Json({{"b",
                   {{"text", (temp_ / "a.txt").string()},
                    {"context", 16},
                    {"windows", 4},
                    {"seed", "trial"}}}}));
}

TEST_F(CalibrationOfAnExperiment, NamesEachMistakeAndItsPlace) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"a.txt",
       "e.yaml:1:1: cannot read 'a.txt' as a mapping; write {NAME: {text: FILE, context: 512, "
       "windows: 64}}"},
      {"a: {text: b.txt, context: 8}", "e.yaml:1:11: a.text: no such file: b.txt"},
      {"a: {context: 8}", "e.yaml:1:4: a: needs exactly one of: ids, text, jsonl, task, nonsense"},
      {"a: {text: a.txt, ids: a.txt, context: 8}",
       "e.yaml:1:4: a: needs exactly one of: ids, text, jsonl, task, nonsense"},
      {"a: {text: a.txt}", "e.yaml:1:4: a: needs 'context': the length of a window, in tokens"},
      {"a: {text: a.txt, context: 8, join: false}", "e.yaml:1:36: a.join: only goes with jsonl"},
      {"a: {nonsense: tokens, context: 8}", "e.yaml:1:4: a: needs 'windows': nonsense has no end"},
      {"a: {text: a.txt, context: 8, seed: 1}",
       "e.yaml:1:36: a.seed: needs 'windows': how many of them are drawn"},
      {"a: {text: a.txt, context: 8, windows: 1, seed: trail}",
       "e.yaml:1:48: a.seed: cannot read 'trail' as a number or 'trial'"},
      {"a: {text: a.txt, context: 8, windows: 1, seed: -1}",
       "e.yaml:1:48: a.seed: must be at least 0, is -1"},
      {"a: {nonsense: letters, context: 8, windows: 1}",
       "e.yaml:1:15: a.nonsense: unknown value 'letters'; known: characters (independent "
       "characters out of Python's string.punctuation + string.whitespace, 38 in all, tokenized "
       "whole), tokens (independent ids out of the model's vocabulary)"},
      {"a b: {text: a.txt, context: 8}",
       "e.yaml:1:1: a b: names a set, which entries and tables call by it: letters, digits, '_', "
       "'-' and '.' only"},
      {"a: {text: a.txt, context: 8, window: 1}",
       "e.yaml:1:30: a: unknown key 'window'; did you mean 'windows'?"},
  };
  for (const auto& [yaml, expected] : mistakes) EXPECT_EQ(message_of(yaml), expected) << yaml;
}

TEST_F(CalibrationOfAnExperiment, KeepsNamesOfSetsWithMistakes) {
  ConfigErrors errors;
  EXPECT_EQ(read("a: {context: 8}\nb: {text: a.txt, context: 8}\n", errors).size(), 2u);
  EXPECT_EQ(errors.count(), 1);
}

}  // namespace
}  // namespace nf
