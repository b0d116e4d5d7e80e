#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

TEST(GoldenTokenizeCommand, EqualsTheTokenizersLibrary) {
  const std::string golden = NF_SOURCE_DIR "/tests/golden/nano/tokenizer.jsonl";
  const ProgramResult result = run_program(
      {"tokenize", "--model", NF_SOURCE_DIR "/assets/models/opt-nano", "--jsonl", golden});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  const std::vector<EncodedText> texts = read_encoded_texts(golden);
  ASSERT_GT(texts.size(), 100u);
  std::istringstream lines(result.out);
  std::string line;
  for (const EncodedText& text : texts) {
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(Json::parse(line)["ids"].get<std::vector<std::int32_t>>(), text.ids) << text.text;
  }
  EXPECT_FALSE(std::getline(lines, line));
}

TEST(IntegrationTokenize, NeedsTheTokenizerAloneAndIgnoresOtherKeys) {
  const TempDir dir;
  write_tiny_tokenizer(dir.path());
  std::ofstream(dir / "t.jsonl") << "{\"id\": 7, \"text\": \"the\", \"ids\": [1]}\n"
                                 << "{\"text\": \"\"}\n";
  const ProgramResult result =
      run_program({"tokenize", "--model", ".", "--jsonl", "t.jsonl"}, dir.path());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\"ids\":[262]}\n{\"ids\":[]}\n");
}

TEST(IntegrationTokenize, NamesTheLineOfAMistake) {
  const TempDir dir;
  write_tiny_tokenizer(dir.path());
  std::ofstream(dir / "t.jsonl") << "{\"text\": \"the\"}\n{\"txt\": \"a\"}\n";
  const ProgramResult result =
      run_program({"tokenize", "--model", ".", "--jsonl", "t.jsonl"}, dir.path());
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err, "error: t.jsonl:2: no text under \"text\"\n");
  EXPECT_EQ(result.out, "");
  const ProgramResult missing =
      run_program({"tokenize", "--model", ".", "--jsonl", "none.jsonl"}, dir.path());
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_EQ(missing.err, "error: --jsonl: no such file: none.jsonl\n");
}

}  // namespace
}  // namespace nf
