#include "eval/tasks/task_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/builtin_kinds.h"
#include "tests/support/config_support.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

ConfigForm<std::vector<TaskConfig>> list_form() {
  return list_of(TaskConfig::fields(builtin_tasks()).form());
}

/// Reads `tasks:` as an experiment does. The file that tasks name must be there.
std::vector<TaskConfig> read_list(const ConfigNode& root, ConfigErrors& errors) {
  const ConfigNode list = *root.find("tasks");
  const auto tasks = list_form().read(list, errors);
  if (tasks && errors.empty()) {
    check_tasks(*tasks, list, builtin_metrics(), errors);
    if (const auto trials = root.find("trials"))
      check_task_columns(*tasks, trials->items(), errors);
  }
  return tasks.value_or(std::vector<TaskConfig>());
}

class TaskConfigText : public testing::Test {
 protected:
  TaskConfigText() { std::ofstream(dir_ / "q.jsonl") << "{}\n"; }
  /// A task's line; `file` is the one that is there.
  std::string line(const std::string& keys) const {
    return "  - {" + keys + ", file: " + (dir_ / "q.jsonl").string() + "}\n";
  }
  std::string message(const std::string& lines) const {
    return config_message("tasks:\n" + lines, read_list);
  }

  TempDir dir_;
};

TEST_F(TaskConfigText, IsReadWithItsDefaults) {
  ConfigErrors errors;
  const std::vector<TaskConfig> tasks =
      read_list(parse_good("tasks:\n" + line("name: piqa, kind: multiple_choice") +
                           line("name: lambada-2.1_x, kind: last_word, limit: 20, bos: true")),
                errors);
  EXPECT_EQ(errors.message(), "");
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].name, "piqa");
  EXPECT_EQ(tasks[0].kind, "multiple_choice");
  EXPECT_EQ(tasks[0].file.resolved, dir_ / "q.jsonl");
  EXPECT_EQ(tasks[0].limit, std::nullopt);
  EXPECT_FALSE(tasks[0].bos);
  EXPECT_EQ(tasks[1].limit, 20);
  EXPECT_TRUE(tasks[1].bos);
  EXPECT_EQ(list_form().write(tasks)[1], Json({{"name", "lambada-2.1_x"},
                                               {"kind", "last_word"},
                                               {"file", (dir_ / "q.jsonl").string()},
                                               {"limit", 20},
                                               {"bos", true}}));
}

TEST_F(TaskConfigText, NamesEachMistakeAndItsPlace) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {line("name: a, kind: multiple_choise"),
       "f.yaml:2:21: tasks[0].kind: unknown value 'multiple_choise'; did you mean "
       "'multiple_choice'?"},
      {line("name: a, kind: [slot]"),
       "f.yaml:2:21: tasks[0].kind: cannot read a list as last_word | multiple_choice | slot"},
      {line("name: a, kind: slot, limit: 0"),
       "f.yaml:2:34: tasks[0].limit: must be at least 1, is 0"},
      {line("name: a, kind: slot, limits: 1"),
       "f.yaml:2:27: tasks[0]: unknown key 'limits'; did you mean 'limit'?"},
      {line("kind: slot"), "f.yaml:2:5: tasks[0]: required key 'name' is missing"},
      {line("name: a b, kind: slot"),
       "f.yaml:2:12: tasks[0].name: begins the names of columns: letters, digits, '_', '-' and '.' "
       "only"},
      {line("name: '', kind: slot"),
       "f.yaml:2:12: tasks[0].name: begins the names of columns: letters, digits, '_', '-' and '.' "
       "only"},
      {"  - {name: a, kind: slot, file: none.jsonl}\n",
       "f.yaml:2:33: tasks[0].file: no such file: none.jsonl"},
      {line("name: a, kind: slot") + line("name: b, kind: slot") + line("name: a, kind: last_word"),
       "f.yaml:4:12: tasks[2].name: the name 'a' stands at f.yaml:2:12 already"},
      {line("name: a, kind: slot") + line("name: A, kind: slot"),
       "f.yaml:3:12: tasks[1].name: the name 'A' stands at f.yaml:2:12 already, as 'a': SQL does "
       "not tell the two apart"},
      {line("name: a, kind: slot, few_shot: 5"),
       "f.yaml:2:37: tasks[0].few_shot: needs 'examples': the file that they are taken from"},
      {line("name: a, kind: slot, few_shot: 5, examples: none.jsonl"),
       "f.yaml:2:50: tasks[0].examples: no such file: none.jsonl"},
      {"  []\n", "f.yaml:2:3: tasks: needs at least one task"},
      {line("name: a, kind: slot") + "trials:\n  - {name: t, sweep: {a_acc: [1], b: [2]}}\n  - "
                                     "{name: u, zip: {a_ppl: [1]}}\n",
       "f.yaml:4:23: trials[0].sweep.a_acc: a variable cannot be called 'a_acc', which is a task's "
       "column\n"
       "f.yaml:5:21: trials[1].zip.a_ppl: a variable cannot be called 'a_ppl', which is a task's "
       "column"},
  };
  for (const auto& [lines, expected] : mistakes) EXPECT_EQ(message(lines), expected) << lines;
}

TEST_F(TaskConfigText, HasRoomForSoManyTasksOnly) {
  std::string lines;
  for (int i = 0; i < 33; ++i) lines += line(fmt::format("name: t{}, kind: slot", i));
  EXPECT_EQ(message(lines), "f.yaml:2:3: tasks: 33 tasks; at most 32 fit");
}

TEST_F(TaskConfigText, SaysWhichKindsThereAre) {
  const FieldDoc kind = TaskConfig::fields(builtin_tasks()).docs().at(1);
  EXPECT_EQ(kind.name, "kind");
  EXPECT_EQ(kind.type, "last_word | multiple_choice | slot");
  EXPECT_EQ(kind.choices.size(), 3u);
  EXPECT_EQ(kind.schema["oneOf"][2]["const"], "slot");
}

}  // namespace
}  // namespace nf
