#include <gtest/gtest.h>

#include <fstream>

#include "core/io/read_file.h"
#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/temp_dir.h"

namespace nf {
namespace {

const std::filesystem::path kAssets = std::filesystem::path(NF_SOURCE_DIR) / "assets";
constexpr const char* kTemplates[] = {"lens", "w4", "w8a8", "sensitivity", "tolerance"};

TEST(IntegrationNew, EachTemplateIsAnExperimentForBothEmbeddedModels) {
  const TempDir dir;
  for (const char* model : {"opt-nano", "llama-nano"}) {
    for (const char* name : kTemplates) {
      const std::string file = std::string(name) + "-" + model + ".yaml";
      const ProgramResult made =
          run_program({"new", name, "--model", (kAssets / "models" / model).string(), "--text",
                       (kAssets / "text/eval-en.txt").string(), "--out", file},
                      dir.path());
      EXPECT_EQ(made.exit_code, 0) << made.err;
      const ProgramResult checked = run_program({"check", file}, dir.path());
      EXPECT_EQ(checked.exit_code, 0) << checked.err;
      EXPECT_EQ(checked.err, "") << file;
    }
  }
}

TEST(IntegrationNew, ItsExperimentRuns) {
  const ExperimentFiles files;
  std::filesystem::create_directory(files / "sub");
  const ProgramResult made = run_program(
      {"new", "w4", "--model", "opt", "--text", "text.txt", "--out", "sub/w4.yaml"}, files.dir());
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("noisefloor run sub/w4.yaml"), std::string::npos);
  const ProgramResult ran = run_program({"run", "sub/w4.yaml", "--set", "data.windows=2", "--set",
                                         "data.context=16", "--out", "run", "--quiet"},
                                        files.dir());
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(read_csv(files / "run/results.csv").size(), 1u + 2 + 6 + 3);
}

TEST(IntegrationNew, PrintsWhatItWouldWriteHere) {
  const ExperimentFiles files;
  const std::vector<std::string> words = {"new",   "tolerance", "--model",
                                          "llama", "--text",    "text.txt"};
  const ProgramResult printed = run_program(words, files.dir());
  EXPECT_EQ(printed.exit_code, 0) << printed.err;
  std::vector<std::string> written = words;
  written.insert(written.end(), {"--out", "t.yaml"});
  EXPECT_EQ(run_program(written, files.dir()).exit_code, 0);
  EXPECT_EQ(read_text_file(files / "t.yaml"), printed.out);
  EXPECT_NE(printed.out.find("\nmodel: llama\n"), std::string::npos) << printed.out;
}

TEST(IntegrationNew, TakesAsMuchTextAsIsAskedFor) {
  const ExperimentFiles files;
  const ProgramResult made = run_program(
      {"new", "w4", "--model", "opt", "--text", "text.txt", "--context", "16", "--windows", "2"},
      files.dir());
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_NE(made.out.find("\ndata: {text: text.txt, context: 16, windows: 2}  "), std::string::npos)
      << made.out;
}

TEST(IntegrationNew, NamesMistakes) {
  const ExperimentFiles files;
  const std::vector<std::string> rest = {"--model", "opt", "--text", "text.txt"};
  const auto error = [&](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    const ProgramResult result = run_program(words, files.dir());
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.out, "");
    return result.err;
  };
  EXPECT_EQ(error({"new", "lense"}, rest),
            "error: new: unknown template 'lense'; did you mean 'lens'?\n");
  const std::string unknown = error({"new", "gptq"}, rest);
  EXPECT_TRUE(unknown.starts_with("error: new: unknown template 'gptq'; known: lens (")) << unknown;
  for (const char* name : kTemplates)
    EXPECT_NE(unknown.find(std::string(name) + " ("), std::string::npos) << unknown;
  EXPECT_EQ(error({"new", "w4"}, {"--model", "facebook/opt-125m", "--text", "text.txt"}),
            "error: --model: no such directory: facebook/opt-125m; nothing is downloaded: get it "
            "with `hf download facebook/opt-125m --local-dir facebook/opt-125m` or `git lfs clone "
            "https://huggingface.co/facebook/opt-125m facebook/opt-125m`\n");
  EXPECT_EQ(error({"new", "w4"}, {"--model", "opt", "--text", "texts.txt"}),
            "error: --text: no such file: texts.txt\n");
  const std::string too_long = error({"new", "w4", "--context", "99999"}, rest);
  EXPECT_TRUE(too_long.starts_with("error: --context: 99999 tokens are more than the "))
      << too_long;
  EXPECT_TRUE(too_long.ends_with(" positions of opt\n")) << too_long;
  files.write("here.yaml", "mine");
  EXPECT_EQ(error({"new", "w4", "--out", "here.yaml"}, rest),
            "error: --out: here.yaml is there already; choose another name\n");
  EXPECT_EQ(read_text_file(files / "here.yaml"), "mine");
}

}  // namespace
}  // namespace nf
