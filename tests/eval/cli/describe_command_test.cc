/// The man page and the completions know what --help knows, of every command.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "eval/cli/bash_completion.h"
#include "eval/cli/command.h"
#include "eval/cli/man_page.h"
#include "eval/cli/option_values.h"
#include "eval/cli/zsh_completion.h"
#include "eval/output/table_format.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

TEST(DescribeCommand, EveryOptionOfEveryCommandIsInAll) {
  const std::string bash = bash_completion(commands()), zsh = zsh_completion(commands()),
                    man = man_page(commands());
  int options = 0;
  for (const Command& command : commands()) {
    if (command.is_hidden) continue;
    for (const std::string* text : {&bash, &zsh})
      EXPECT_NE(text->find("    " + command.name + ")\n"), std::string::npos) << command.name;
    EXPECT_NE(man.find(".SS \"" + command.name + " "), std::string::npos) << command.name;
    for (const CommandHelp::Option& option : help_of(command).options) {
      EXPECT_NE(bash.find("--" + option.name), std::string::npos) << option.name;
      EXPECT_NE(zsh.find("--" + option.name + "["), std::string::npos) << option.name;
      ++options;
    }
  }
  EXPECT_GT(options, 40);
  for (const std::string* text : {&bash, &zsh, &man})
    for (const char* heading : {".SS \"describe", "    describe)", "'describe:"})
      EXPECT_EQ(text->find(heading), std::string::npos) << "hidden";
}

TEST(DescribeCommand, HelpIsAskedForWithoutRunning) {
  const auto run = std::find_if(commands().begin(), commands().end(), [](const Command& command) {
    return std::string_view(command.name) == "run";
  });
  const CommandHelp help = help_of(*run);
  EXPECT_TRUE(help.usage.starts_with("run EXPERIMENT.yaml"));
  EXPECT_EQ(help.words.front().name, "EXPERIMENT.yaml");
  EXPECT_EQ(help.options.front().name, "help");
  EXPECT_FALSE(help.options.front().takes_value);
}

TEST(DescribeCommand, ChoicesFollowFromTheUsage) {
  EXPECT_EQ((CommandHelp{.usage = "list a|b|c [--model DIR]", .about = {}}.choices()),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE((CommandHelp{.usage = "run FILE [a|b]", .about = {}}.choices().empty()));
  EXPECT_EQ(completion_of({"EXPERIMENT.yaml", ""}), Completion::experiment);
  EXPECT_EQ(completion_of({"RUN...", ""}), Completion::folder);
  EXPECT_EQ(completion_of({"WHAT", ""}), Completion::file);
}

/// What is offered must be taken, and everything with a closed list of words has one.
TEST(DescribeCommand, OptionsOfferTheirValues) {
  using Kind = OptionValues::Kind;
  EXPECT_EQ(option_values("show", "format").choices, table_format_names());
  EXPECT_EQ(option_values("perplexity", "convention").choices,
            (std::vector<std::string>{"window", "strided", "llama.cpp"}));
  EXPECT_EQ(option_values("law", "size").choices.size(), 3u);
  EXPECT_EQ(option_values("allocate", "size").kind, Kind::nothing);
  EXPECT_EQ(option_values("allocate", "model").kind, Kind::nothing);
  EXPECT_EQ(option_values("perplexity", "model").kind, Kind::folder);
  EXPECT_EQ(option_values("run", "out").kind, Kind::folder);
  EXPECT_EQ(option_values("new", "out").kind, Kind::file);
  EXPECT_EQ(option_values("run", "threads").kind, Kind::nothing);
  for (const char* option : {"by", "arithmetic", "law", "measure", "bos"})
    EXPECT_EQ(option_values("x", option).kind, Kind::choices) << option;
  const std::string zsh = zsh_completion(commands());
  for (const char* action : {":VALUE:(table markdown latex csv json)'", ":VALUE:_files -/'",
                             ":VALUE:_files'", ":VALUE: '"})
    EXPECT_NE(zsh.find(action), std::string::npos) << action;
}

/// The words that bash offers behind a line.
std::string completed(const TempDir& dir, const std::string& line) {
  const std::string script =
      "$NF describe bash > completion && bash --norc -c '. ./completion; COMP_WORDS=(" + line +
      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; _noisefloor; "
      "printf \"%s \" \"${COMPREPLY[@]}\"'";
  const ProgramResult result = run_shell(script, dir.path());
  EXPECT_EQ(result.err, "") << line;
  return result.out;
}

TEST(IntegrationDescribe, BashCompletes) {
  const TempDir dir;
  std::ofstream(dir / "mine.yaml").flush();
  std::ofstream(dir / "mine.txt").flush();
  std::filesystem::create_directory(dir / "my-run");
  EXPECT_EQ(completed(dir, "noisefloor ver"), "verify ");
  EXPECT_EQ(completed(dir, "noisefloor verify --sa"), "--sample ");
  EXPECT_EQ(completed(dir, "noisefloor verify my"), "my-run ");
  EXPECT_EQ(completed(dir, "noisefloor list si"), "sites ");
  EXPECT_EQ(completed(dir, "noisefloor run mi"), "mine.yaml ");
  EXPECT_EQ(completed(dir, "noisefloor run --out m"), "my-run ");
  EXPECT_EQ(completed(dir, "noisefloor new --text m"), " ") << "left to readline";
  EXPECT_EQ(completed(dir, "noisefloor show my-run --format m"), "markdown ");
  EXPECT_EQ(completed(dir, "noisefloor law my-run --size o"), "output_error ");
  EXPECT_EQ(completed(dir, "noisefloor plan mine.yaml --by t"), "trials text ");
  EXPECT_EQ(completed(dir, "noisefloor new sens"), "sensitivity ");
  EXPECT_EQ(completed(dir, "\"$NF\" run quick"), "quickstart ");
}

TEST(IntegrationDescribe, NamesMistakes) {
  EXPECT_EQ(run_program({"describe", "bsh"}).err,
            "error: describe: unknown 'bsh'; did you mean 'bash' or 'zsh'?\n");
}

}  // namespace
}  // namespace nf
