#include <gtest/gtest.h>

#include <sstream>

#include "tests/support/experiment_files.h"
#include "tests/support/run_program.h"
#include "tests/support/sentencepiece_model.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

TEST(GoldenTokenizeCommand, EqualsTheTokenizersLibrary) {
  const std::string golden = NF_SOURCE_DIR "/tests/golden/nano/tokenizer.jsonl";
  const std::string model = NF_SOURCE_DIR "/assets/models/opt-nano";
  const ProgramResult result = run_program({"tokenize", "--model", model, "--jsonl", golden});
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

TEST(IntegrationTokenize, ReadsWhicheverFormOfTokenizerIsThere) {
  const TempDir dir;
  std::ofstream(dir / "t.jsonl") << "{\"text\": \"ab a\"}\n";
  const auto tokenize = [&dir] {
    return run_program({"tokenize", "--model", ".", "--jsonl", "t.jsonl"}, dir.path());
  };
  const ProgramResult none = tokenize();
  EXPECT_EQ(none.exit_code, 3);
  EXPECT_NE(
      none.err.find("tokenizer.json, tokenizer.model, or vocab.json together with merges.txt"),
      std::string::npos)
      << none.err;
  std::ofstream(dir / "vocab.json") << R"({"a": 5, "b": 6, "ab": 7, "\u0120": 8, "\u0120a": 9})";
  std::ofstream(dir / "merges.txt") << "#version: 0.2\na b\n\u0120 a\n";
  EXPECT_EQ(tokenize().out, "{\"ids\":[7,9]}\n");
  SentencePieceModel model;
  model.pieces.insert(model.pieces.end(), {{"\u2581", 0}, {"a", 0}, {"b", 0}});
  std::ofstream(dir / "tokenizer.model", std::ios::binary) << model.bytes();
  EXPECT_EQ(tokenize().out, "{\"ids\":[3,4,5,3,4]}\n");
  write_tiny_tokenizer(dir.path());
  const ProgramResult json = tokenize();
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_NE(json.out, "{\"ids\":[3,4,5,3,4]}\n");
}

TEST(IntegrationTokenize, ADamagedSentencePieceModelIsOneLine) {
  const TempDir dir;
  std::ofstream(dir / "t.jsonl") << "{\"text\": \"ab\"}\n";
  SentencePieceModel model;
  model.pieces.push_back({"a", 0});
  const std::string whole = model.bytes();
  std::ofstream(dir / "tokenizer.model", std::ios::binary) << whole.substr(0, whole.size() - 3);
  const ProgramResult result =
      run_program({"tokenize", "--model", ".", "--jsonl", "t.jsonl"}, dir.path());
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, fmt::format("error: ./tokenizer.model: byte {}: the file is cut off\n",
                                    whole.size() - 3));
}

}  // namespace
}  // namespace nf
