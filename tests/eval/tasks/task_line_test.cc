#include "eval/tasks/task_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/task_support.h"

namespace nf {
namespace {

TaskLine line_of(const std::string& text) { return TaskLine(text, "f.jsonl:3"); }

std::filesystem::path write(const TempDir& dir, const std::string& text) {
  std::ofstream(dir / "f.jsonl", std::ios::binary) << text;
  return dir / "f.jsonl";
}

TEST(TaskLine, ReadsWhatIsAskedForAndIgnoresTheRest) {
  const TaskLine line =
      line_of(R"({"id": "x", "context": "naïve", "choices": ["a", " b"], "gold": 1})");
  EXPECT_EQ(line.text("context"), "naïve");
  EXPECT_EQ(line.choices("choices"), (std::vector<std::string>{"a", " b"}));
  EXPECT_EQ(line.number("gold", 2), 1);
  EXPECT_TRUE(line.has("id"));
  EXPECT_FALSE(line.has("passage"));
}

TEST(TaskLine, NamesTheLineOfAMistake) {
  EXPECT_EQ(data_error_of([] { line_of("{\"a\": }"); }).substr(0, 11), "f.jsonl:3: ");
  EXPECT_EQ(data_error_of([] { line_of("[1]"); }), "f.jsonl:3: not a JSON object");
  EXPECT_EQ(data_error_of([] { line_of("{\"a\": \"\xff\"}"); }),
            "f.jsonl:3: byte 7: invalid UTF-8");
  const TaskLine line =
      line_of(R"({"contxt": "a", "one": ["a"], "empty": ["a", ""], "two": ["a", 1], "gold": -1, )"
              R"("half": 0.5})");
  EXPECT_EQ(data_error_of([&] { line.text("context"); }),
            "f.jsonl:3: no \"context\" here; did you mean 'contxt'?");
  EXPECT_EQ(data_error_of([&] { line.text("one"); }), "f.jsonl:3: \"one\" is no text");
  for (const char* key : {"contxt", "one", "empty", "two"})
    EXPECT_EQ(
        data_error_of([&] { line.choices(key); }),
        fmt::format("f.jsonl:3: \"{}\" is no list of at least two texts that are not empty", key));
  for (const char* key : {"contxt", "gold", "half"})
    EXPECT_EQ(data_error_of([&] { line.number(key, 4); }),
              fmt::format("f.jsonl:3: \"{}\" is no whole number from 0 to 3", key));
  EXPECT_EQ(line_of(R"({"gold": 3})").number("gold", 4), 3);
  EXPECT_THROW(line_of(R"({"gold": 4})").number("gold", 4), DataError);
}

TEST(TaskLines, AreThoseOfTheFileThatAreNotBlank) {
  const TempDir dir;
  const auto path = write(dir, "{\"a\": \"x\"}\r\n\n  \n{\"a\": \"y\"}");
  const std::vector<TaskLine> lines = read_task_lines(path);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[1].text("a"), "y");
  EXPECT_EQ(lines[1].place(), path.string() + ":4");
}

TEST(TaskLines, BehindTheLimitAreNotLookedAt) {
  const TempDir dir;
  const auto path = write(dir, "{\"a\": 1}\n{\"a\": 2}\nno JSON\n");
  EXPECT_EQ(read_task_lines(path, 2).size(), 2u);
  EXPECT_EQ(data_error_of([&] { read_task_lines(path, 3); }).find(path.string() + ":3: "), 0u);
}

TEST(TaskLines, MustBeThere) {
  const TempDir dir;
  const auto path = write(dir, "\n\n");
  EXPECT_EQ(data_error_of([&] { read_task_lines(path); }),
            path.string() + ": no question in this file");
  EXPECT_THROW(read_task_lines(dir / "none.jsonl"), DataError);
}

}  // namespace
}  // namespace nf
