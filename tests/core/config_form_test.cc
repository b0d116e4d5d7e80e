#include "core/config/config_form.h"

#include <gtest/gtest.h>

#include "core/config/field_table.h"
#include "tests/support/config_support.h"

namespace nf {
namespace {

/// Kinds that only the running program knows.
const std::vector<Choice> kKinds = {{"slot", "the blank of a sentence"},
                                    {"last_word", "the last word of a text"}};

struct Task {
  std::string kind;
  Index limit = 7;

  static FieldTable<Task> fields(const std::vector<Choice>& kinds) {
    FieldTable<Task> table;
    table.required("kind", &Task::kind, one_of(kinds), {.summary = "a kind", .example = "slot"});
    table.optional("limit", &Task::limit, {.summary = "how many", .range = at_least(1)});
    return table;
  }
};

struct Tasks {
  std::vector<Task> tasks;

  static FieldTable<Tasks> fields(const std::vector<Choice>& kinds) {
    FieldTable<Tasks> table;
    table.optional("tasks", &Tasks::tasks, list_of(Task::fields(kinds).form()),
                   {.summary = "a list"});
    return table;
  }
};

std::string message(const std::string& text) {
  return config_message(text, [](const ConfigNode& root, ConfigErrors& errors) {
    Tasks::fields(kKinds).read(root, errors);
  });
}

TEST(ConfigForm, ReadsAndWritesWhatTheTablesOfItsItemsSay) {
  ConfigErrors errors;
  const FieldTable<Tasks> table = Tasks::fields(kKinds);
  const Tasks read =
      table.read(parse_good("tasks: [{kind: slot}, {kind: last_word, limit: 2}]\n"), errors);
  EXPECT_EQ(errors.message(), "");
  ASSERT_EQ(read.tasks.size(), 2u);
  EXPECT_EQ(read.tasks[0].kind, "slot");
  EXPECT_EQ(read.tasks[0].limit, 7);
  EXPECT_EQ(read.tasks[1].limit, 2);
  EXPECT_EQ(table.write(read), Json::parse(R"({"tasks": [{"kind": "slot", "limit": 7},
                                                        {"kind": "last_word", "limit": 2}]})"));
}

TEST(ConfigForm, NamesEachMistakeAndItsPlace) {
  EXPECT_EQ(message("tasks: [{kind: slots}]\n"),
            "f.yaml:1:16: tasks[0].kind: unknown value 'slots'; did you mean 'slot'?");
  EXPECT_EQ(message("tasks: [{kind: [slot]}]\n"),
            "f.yaml:1:16: tasks[0].kind: cannot read a list as slot | last_word");
  EXPECT_EQ(message("tasks: [{kind: slot, limit: 0}]\n"),
            "f.yaml:1:29: tasks[0].limit: must be at least 1, is 0");
  EXPECT_EQ(message("tasks: {kind: slot}\n"),
            "f.yaml:1:8: tasks: cannot read a mapping as a list; begin each item with '- '");
}

TEST(ConfigForm, IsDocumentedWithItsWords) {
  const FieldDoc doc = Tasks::fields(kKinds).docs().front();
  EXPECT_EQ(doc.type, "[{kind: slot | last_word, limit: integer}, ...]");
  const Json kind = doc.schema.at("items").at("properties").at("kind");
  EXPECT_EQ(kind.at("oneOf").at(1),
            Json({{"const", "last_word"}, {"description", "the last word of a text"}}));
  const std::vector<Choice> words = Task::fields(kKinds).docs().front().choices;
  ASSERT_EQ(words.size(), 2u);
  EXPECT_EQ(words[0].name, "slot");
}

}  // namespace
}  // namespace nf
