#include "eval/tasks/task_registry.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace nf {
namespace {

TEST(TaskRegistry, HasTheBuiltinKindsInTheOrderOfTheirNames) {
  const TaskRegistry registry = TaskRegistry::builtin();
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"last_word", "multiple_choice", "slot"}));
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
  EXPECT_EQ(registry.names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_THROW(registry.add({.name = "a", .summary = "", .line = ""}), InternalError);
  EXPECT_EQ(registry.find("c"), nullptr);
  EXPECT_EQ(registry.at("b").name, "b");
  EXPECT_THROW(registry.at("c"), InternalError);
}

}  // namespace
}  // namespace nf
