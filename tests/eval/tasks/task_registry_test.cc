#include "eval/tasks/task_registry.h"

#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/builtin_kinds.h"

namespace nf {
namespace {

std::vector<std::string> names_of(const TaskRegistry& registry) {
  std::vector<std::string> names;
  for (const TaskKind& kind : registry.kinds()) names.push_back(kind.name);
  return names;
}

TEST(TaskRegistry, HasTheBuiltinKindsInTheOrderOfTheirNames) {
  const TaskRegistry& registry = builtin_tasks();
  EXPECT_EQ(names_of(registry), (std::vector<std::string>{"last_word", "multiple_choice", "slot"}));
  for (const TaskKind& kind : registry.kinds()) {
    EXPECT_FALSE(kind.summary.empty()) << kind.name;
    EXPECT_FALSE(kind.line.empty()) << kind.name;
    EXPECT_NE(kind.read, nullptr) << kind.name;
    EXPECT_NE(kind.judge, nullptr) << kind.name;
  }
}

TEST(TaskRegistry, RefusesANameGivenTwiceAndOneItDoesNotHave) {
  TaskRegistry registry;
  registry.add({.name = "b", .summary = "", .line = ""});
  registry.add({.name = "a", .summary = "", .line = ""});
  EXPECT_EQ(names_of(registry), (std::vector<std::string>{"a", "b"}));
  EXPECT_THROW(registry.add({.name = "a", .summary = "", .line = ""}), InternalError);
  EXPECT_EQ(registry.find("c"), nullptr);
  EXPECT_EQ(registry.at("b").name, "b");
  EXPECT_THROW(registry.at("c"), InternalError);
}

}  // namespace
}  // namespace nf
