#include "eval/experiment/templates.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/config/yaml_reader.h"
#include "tests/support/experiment_files.h"

namespace nf {
namespace {

TEST(Templates, AreTheFilesOfTheirFolder) {
  std::vector<std::string> names;
  for (const ExperimentTemplate& each : builtin_templates()) {
    names.push_back(each.name);
    EXPECT_TRUE(each.text.starts_with("# ")) << each.name << ": begins with what it is for";
    EXPECT_FALSE(each.summary().empty());
    EXPECT_EQ(each.summary().find('\n'), std::string::npos);
    for (const char* place : {"{{name}}", "{{model}}", "{{data}}", "{{context}}", "{{windows}}"})
      EXPECT_NE(each.text.find(place), std::string::npos) << each.name << ": " << place;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"lens", "sensitivity", "tolerance", "w4", "w8a8"}));
}

TEST(Templates, SumUpInTheirFirstSentence) {
  const ExperimentTemplate given{"x", "# One thing,\n# in two lines. More.\nexperiment: x\n"};
  EXPECT_EQ(given.summary(), "One thing, in two lines");
}

const ExperimentTemplate kSmall{
    "small", "experiment: {{name}}\nmodel: {{model}}\ndata: {{{data}}, context: {{context}}}\n"};

TEST(Templates, ArePutWithPathsFromTheirDirectory) {
  const ExperimentFiles files;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(files.dir());
  std::filesystem::create_directories("deep/er");
  const std::string here =
      filled_template(kSmall, {.model = "opt", .text = "text.txt", .context = 64, .directory = ""});
  const std::string there = filled_template(
      kSmall, {.model = "opt/", .text = "./text.txt", .context = 64, .directory = "deep/er"});
  const std::string absolute = filled_template(
      kSmall, {.model = files / "opt", .text = "text.txt", .context = 64, .directory = "deep"});
  std::filesystem::current_path(before);
  EXPECT_EQ(here, "experiment: small-opt\nmodel: opt\ndata: {text: text.txt, context: 64}\n");
  EXPECT_EQ(
      there,
      "experiment: small-opt\nmodel: ../../opt/\ndata: {text: ../../text.txt, context: 64}\n");
  EXPECT_EQ(absolute, "experiment: small-opt\nmodel: \"" + (files / "opt").string() +
                          "\"\ndata: {text: ../text.txt, context: 64}\n");
}

TEST(Templates, TakeAsManyWindowsAsAreAskedFor) {
  const ExperimentTemplate given{"x", "data: {{{data}}, windows: {{windows}}}\n"};
  EXPECT_EQ(filled_template(given, {.model = "m", .text = "/t.txt", .context = 8, .windows = 3}),
            "data: {text: \"/t.txt\", windows: 3}\n");
  EXPECT_EQ(filled_template(given, {.model = "m", .text = "/t.txt", .context = 8}),
            "data: {text: \"/t.txt\", windows: 16}\n");
}

TEST(Templates, QuotePathsThatYamlWouldReadAsSomethingElse) {
  const std::string text =
      filled_template(kSmall, {.model = "/m/a: b", .text = "/t/{x}, y.jsonl", .context = 8});
  ConfigErrors errors;
  const ConfigNode root = parse_yaml(text, "t.yaml", errors);
  EXPECT_TRUE(errors.empty()) << errors.message();
  EXPECT_EQ(root.find("model")->text(), "/m/a: b");
  EXPECT_EQ(root.find("data")->find("jsonl")->text(), "/t/{x}, y.jsonl");
}

}  // namespace
}  // namespace nf
