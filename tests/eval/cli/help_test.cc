#include <gtest/gtest.h>

#include "tests/support/run_program.h"

namespace nf {
namespace {

constexpr const char* kCommands[] = {
    "new",   "run",    "check", "show",   "compare",    "league",   "law",    "allocate",
    "merge", "export", "list",  "logits", "perplexity", "tokenize", "doctor", "bench"};

TEST(IntegrationHelp, NamesEveryCommand) {
  const ProgramResult asked = run_program({"--help"});
  EXPECT_EQ(asked.exit_code, 0);
  EXPECT_EQ(asked.err, "");
  for (const char* command : kCommands)
    EXPECT_NE(asked.out.find(std::string("\n  ") + command + " "), std::string::npos) << command;
}

TEST(IntegrationHelp, ComesWithoutACommandButThatIsAMistake) {
  const ProgramResult bare = run_program({});
  EXPECT_EQ(bare.exit_code, 2);
  EXPECT_NE((bare.out + bare.err).find("usage: noisefloor COMMAND"), std::string::npos);
}

TEST(IntegrationHelp, ExplainsEachCommand) {
  for (const char* command : kCommands) {
    const ProgramResult result = run_program({command, "--help"});
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_EQ(result.err, "") << command;
    EXPECT_TRUE(result.out.starts_with(std::string("usage: noisefloor ") + command + " "))
        << result.out;
    EXPECT_NE(result.out.find("--help"), std::string::npos);
  }
}

TEST(IntegrationHelp, TellsTheVersion) {
  const ProgramResult result = run_program({"--version"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out.starts_with("noisefloor ")) << result.out;
  EXPECT_EQ(result.err, "");
}

struct Mistake {
  std::vector<std::string> arguments;
  std::string message;
};

TEST(IntegrationHelp, NamesMistakesInTheCommandLine) {
  const std::vector<Mistake> mistakes = {
      {{"chekc"}, "error: unknown command 'chekc'; did you mean 'check'?\n"},
      {{"run", "e.yaml", "--quite"}, "error: unknown option '--quite'; did you mean '--quiet'?\n"},
      {{"run", "e.yaml", "--thread", "2"},
       "error: unknown option '--thread'; did you mean '--threads'?\n"},
      {{"merge", "--out", "x"}, "error: RUN... is missing; see 'noisefloor merge --help'\n"},
      {{"merge", "a", "b"}, "error: --out is missing; see 'noisefloor merge --help'\n"},
      {{"export", "a"}, "error: --sqlite or --csv is missing; see 'noisefloor export --help'\n"},
      {{"export", "/nowhere", "--csv", "x"}, "error: /nowhere: no such folder\n"},
      {{"run"}, "error: EXPERIMENT.yaml is missing; see 'noisefloor run --help'\n"},
      {{"tokenize", "--model", "."},
       "error: --jsonl is missing; see 'noisefloor tokenize --help'\n"},
      {{"run", "e.yaml", "--threads", "0"},
       "error: --threads: needs a whole number of at least 1, is '0'\n"},
      {{"perplexity", "--model", "/nowhere", "--text", "a", "--context", "8"},
       "error: --model: no such directory: /nowhere\n"},
      {{"list", "noise"}, "error: list: unknown 'noise'; did you mean 'noises'?\n"},
      {{"check", "/nowhere/e.yaml"},
       "error: /nowhere/e.yaml: cannot open: No such file or directory\n"},
  };
  for (const Mistake& mistake : mistakes) {
    const ProgramResult result = run_program(mistake.arguments);
    EXPECT_EQ(result.exit_code, 2) << mistake.message;
    EXPECT_EQ(result.err, mistake.message);
    EXPECT_EQ(result.out, "") << mistake.message;
  }
}

}  // namespace
}  // namespace nf
