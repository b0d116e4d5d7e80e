#include "core/text/sentencepiece.h"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <random>
#include <thread>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "tests/reference/sentencepiece_reference.h"
#include "tests/support/sentencepiece_model.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Tokens = std::vector<Token>;
using Ids = std::vector<std::int32_t>;

std::filesystem::path write(const TempDir& dir, const std::string& bytes) {
  std::ofstream(dir / "tokenizer.model", std::ios::binary) << bytes;
  return dir / "tokenizer.model";
}

Tokens encode(const SentencePieceModel& model, std::string_view text) {
  const TempDir dir;
  return SentencePiece(write(dir, model.bytes())).encode(text);
}

/// Ids 3 "▁", 4 "a", 5 "b", 6 "ab", 7 "▁ab".
SentencePieceModel small_model() {
  SentencePieceModel model;
  model.pieces.insert(model.pieces.end(), {{"\u2581", -9}, {"a", -9}, {"b", -9}});
  model.pieces.insert(model.pieces.end(), {{"ab", -1}, {"\u2581ab", -2}});
  return model;
}

TEST(SentencePiece, TheSpaceItAddsStandsForNothing) {
  EXPECT_EQ(encode(small_model(), "ab ab"), (Tokens{{7, 2}, {7, 3}}));
  EXPECT_EQ(encode(small_model(), " ab"), (Tokens{{3, 0}, {7, 3}}));
  EXPECT_EQ(encode(small_model(), ""), Tokens{});
  SentencePieceModel plain = small_model();
  plain.add_dummy_prefix = false;
  EXPECT_EQ(encode(plain, "ab ab"), (Tokens{{6, 2}, {7, 3}}));
}

TEST(SentencePiece, AnUnknownRunStandsForItsBytes) {
  EXPECT_EQ(encode(small_model(), "a\u00e9\u4f60b"), (Tokens{{3, 0}, {4, 1}, {0, 5}, {5, 1}}));
}

TEST(SentencePiece, ByteTokensStandForOneByteEach) {
  SentencePieceModel model = small_model();
  model.add_byte_pieces();
  const std::int32_t first = 8;  // <0x00>
  EXPECT_EQ(encode(model, "\u00e9\n\u4f60"), (Tokens{{3, 0},
                                                     {first + 0xC3, 1},
                                                     {first + 0xA9, 1},
                                                     {first + 0x0A, 1},
                                                     {first + 0xE4, 1},
                                                     {first + 0xBD, 1},
                                                     {first + 0xA0, 1}}));
}

TEST(SentencePiece, ControlTokensInATextAreTextToTheModelAlone) {
  SentencePieceModel model = small_model();
  EXPECT_EQ(encode(model, "</s>"), (Tokens{{3, 0}, {0, 4}}));
  model.pieces.push_back({"<sep>", 0, SentencePieceModel::user_defined});
  EXPECT_EQ(encode(model, "ab<sep>ab"), (Tokens{{7, 2}, {8, 5}, {6, 2}}));
}

/// The small model with files beside it.
class SentencePieceSideFiles : public testing::Test {
 protected:
  SentencePieceSideFiles() { write(dir_, small_model().bytes()); }

  void add(const std::string& name, const SortedJson& json) const {
    std::ofstream(dir_ / name) << json.dump();
  }
  Ids ids(std::string_view text) const { return Tokenizer::load(dir_.path()).encode(text); }
  std::string refusal() const { return tokenizer_refusal(dir_); }

  TempDir dir_;
};

TEST_F(SentencePieceSideFiles, ControlPiecesAndTheUnknownOneInATextAreOneId) {
  add("special_tokens_map.json", SortedJson::object());
  const Encoding encoding = Tokenizer::load(dir_.path()).encode_with_bytes("ab</s>ab<unk> b");
  EXPECT_EQ(encoding.ids, (Ids{7, 2, 6, 0, 3, 5}));
  EXPECT_EQ(encoding.bytes, (Ids{2, 4, 2, 5, 1, 1}));
}

TEST_F(SentencePieceSideFiles, TheirTokensAreCutOut) {
  add("added_tokens.json", {{"<y>", 9}, {"<x>", 8}, {"a", 4}});
  add("special_tokens_map.json", {{"eos_token", "<x>"}});
  EXPECT_EQ(ids("ab<x>ab<y></s>"), (Ids{4, 5, 8, 4, 5, 9, 2})) << "a is one as well";
  EXPECT_EQ(Tokenizer::load(dir_.path()).vocab_size(), 10);
}

TEST_F(SentencePieceSideFiles, TheirOptionsCountForTheModelsOwnPiecesToo) {
  add("tokenizer_config.json",
      {{"added_tokens_decoder",
        {{"2", {{"content", "</s>"}, {"lstrip", true}}},
         {"8", {{"content", "<w>"}, {"single_word", true}, {"rstrip", true}}}}}});
  EXPECT_EQ(ids("ab </s>ab"), (Ids{7, 2, 6}));
  EXPECT_EQ(ids("<w>  ab"), (Ids{8, 6}));
  EXPECT_EQ(ids("a<w>").size(), 3u) << "touches a word";
}

/// As in transformers 5.17, where the option is false by default.
TEST_F(SentencePieceSideFiles, LegacyPutsTheSpaceBehindAddedTokensToo) {
  for (const SortedJson& config :
       {SortedJson::object(), SortedJson{{"legacy", false}}, SortedJson{{"legacy", nullptr}},
        SortedJson{{"legacy", true}, {"tokenizer_class", "CodeLlamaTokenizer"}}}) {
    add("tokenizer_config.json", config);
    EXPECT_EQ(ids("ab</s>ab</s> ab"), (Ids{7, 2, 6, 2, 7})) << config.dump();
    EXPECT_EQ(ids("</s>ab"), (Ids{2, 6})) << config.dump();
    EXPECT_EQ(ids(" ab"), (Ids{7})) << "a space is there";
  }
  add("tokenizer_config.json", {{"legacy", true}});
  EXPECT_EQ(ids("ab</s>ab</s> ab"), (Ids{7, 2, 7, 2, 3, 7}));
  EXPECT_EQ(ids(" ab"), (Ids{3, 7})) << "beside one that is there";
}

TEST_F(SentencePieceSideFiles, AddPrefixSpaceTakesThePlaceOfTheModelsOwn) {
  add("tokenizer_config.json", {{"add_prefix_space", false}});
  EXPECT_EQ(ids("ab</s>ab ab"), (Ids{6, 2, 6, 7}));
  SentencePieceModel bare = small_model();
  bare.add_dummy_prefix = false;
  write(dir_, bare.bytes());
  add("tokenizer_config.json", {{"add_prefix_space", true}});
  EXPECT_EQ(ids("ab"), (Ids{7}));
  add("tokenizer_config.json", {{"add_prefix_space", nullptr}});
  EXPECT_EQ(ids("ab"), (Ids{6}));
}

TEST_F(SentencePieceSideFiles, WhatIsNotBuiltIsRefusedByName) {
  add("tokenizer_config.json", {{"tokenizer_class", "T5Tokenizer"}});
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: tokenizer_class: 'T5Tokenizer' is not supported with "
            "tokenizer.model, only LlamaTokenizer, CodeLlamaTokenizer, GemmaTokenizer, "
            "PreTrainedTokenizer, TokenizersBackend; put the tokenizer.json of the same model "
            "beside it");
  add("tokenizer_config.json", {{"sp_model_kwargs", {{"enable_sampling", true}}}});
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: sp_model_kwargs.enable_sampling: sampling is not supported: "
            "ids would be random");
  add("tokenizer_config.json", {{"auto_map", {{"AutoTokenizer", {"tokenization_x.X", nullptr}}}}});
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: auto_map: a tokenizer that is code of its own is not run; put "
            "the tokenizer.json of the same model beside it");
  add("tokenizer_config.json", {{"tokenizer_class", "LlamaTokenizerFast"}});
  add("added_tokens.json", {{"<x>", 9}});
  EXPECT_EQ(refusal(),
            "added_tokens.json: the id 9 does not fit: '<x>' has the id 8 when counting on from "
            "the vocabulary");
  add("added_tokens.json", {{"<x>", 8}, {"<y>", 8}});
  EXPECT_EQ(refusal(), "added_tokens.json: <y>: its id 8 is that of '<x>'");
  add("added_tokens.json", {{"<x>", "8"}});
  EXPECT_EQ(refusal(),
            "added_tokens.json: <x>: a token id must be a whole number from 0 to 2147483647");
}

TEST(SentencePiece, NormalizedCharactersStandForTheirOriginal) {
  SentencePieceModel model = small_model();
  model.charsmap = a_to_b_charsmap();
  EXPECT_EQ(encode(model, "ab"), (Tokens{{3, 0}, {5, 1}, {5, 1}}));
}

TEST(SentencePiece, RunsUnigramModels) {
  SentencePieceModel model = small_model();
  model.kind = SentencePieceModel::unigram;
  EXPECT_EQ(encode(model, "ab ab"), (Tokens{{7, 2}, {7, 3}}));
}

TEST(SentencePiece, VocabSizeCountsAllPieces) {
  const TempDir dir;
  EXPECT_EQ(SentencePiece(write(dir, small_model().bytes())).vocab_size(), 8);
}

TEST(SentencePiece, AFailingSelfTestIsNotRun) {
  SentencePieceModel model = small_model();
  model.self_test = "ab";
  EXPECT_EQ(encode(model, "ab"), (Tokens{{7, 2}}));
}

TEST(SentencePiece, RefusalsNameTheFile) {
  const TempDir dir;
  const auto refusal = [&dir](const std::string& bytes) {
    const std::string file = write(dir, bytes).string();
    try {
      const SentencePiece loaded(file);
    } catch (const DataError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.substr(0, file.size()), file);
      return message.substr(file.size());
    }
    return std::string("no error");
  };
  EXPECT_EQ(refusal("<html>\n"), ": byte 0: not a SentencePiece model");
  EXPECT_EQ(refusal("IQ== 0\nIg== 1\n"),
            ": a tiktoken vocabulary, not a SentencePiece model; put the tokenizer.json of the "
            "same model beside it");
  SentencePieceModel model = small_model();
  model.pieces.push_back(model.pieces.back());
  EXPECT_EQ(refusal(model.bytes()).substr(0, 35), ": not a sound SentencePiece model: ") << "twice";
  model = small_model();
  model.pieces.erase(model.pieces.begin());
  EXPECT_NE(refusal(model.bytes()), "no error") << "no unknown token";
  model = small_model();
  model.byte_fallback = true;
  EXPECT_NE(refusal(model.bytes()), "no error") << "byte fallback without bytes";
}

constexpr const char* kNoReference = "NOISEFLOOR_REFERENCE_DIR is not set";

TEST(GoldenSentencePiece, KnownIdsOfLlama2) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  const Tokenizer tokenizer = Tokenizer::load(*dir / "tokenizers/llama2");
  EXPECT_EQ(tokenizer.vocab_size(), 32000);
  EXPECT_EQ(tokenizer.encode("Hello world"), (Ids{15043, 3186}));
  EXPECT_EQ(tokenizer.encode(" Hello"), (Ids{29871, 15043}));
  EXPECT_EQ(tokenizer.encode("\n"), (Ids{29871, 13}));
  EXPECT_EQ(tokenizer.encode("</s> hi"), (Ids{1533, 29879, 29958, 7251}));
  EXPECT_EQ(tokenizer.encode("\u4f60\u597d"), (Ids{29871, 30919, 31076}));
  EXPECT_EQ(tokenizer.encode(""), Ids{});
}

TEST(GoldenSentencePiece, EqualsTheLibraryOnRealTexts) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  const Tokenizer tokenizer = Tokenizer::load(*dir / "tokenizers/llama2");
  std::vector<std::string> texts = {
      read_text_file(*dir / "corpora/wikitext2.test.raw.txt").substr(0, 100'000)};
  for (const auto& entry : std::filesystem::directory_iterator(*dir / "corpora/flores200"))
    texts.push_back(read_text_file(entry.path()).substr(0, 20'000));
  for (std::string& text : texts) {
    while (!text.empty() && (text.back() & 0x80) != 0) text.pop_back();  // no half characters
  }
  for (const char* name : {"gpt2", "mistral-7b-v0.3"}) {
    for (EncodedText& text : read_encoded_texts(*dir / "tokenizers" / name / "expected.jsonl"))
      texts.push_back(std::move(text.text));
  }
  ASSERT_GT(texts.size(), 100u);
  const std::vector<Ids> expected =
      reference::sentencepiece(*dir / "tokenizers/llama2/tokenizer.model", texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Encoding encoding = tokenizer.encode_with_bytes(texts[i]);
    ASSERT_EQ(encoding.ids, expected[i]) << texts[i].substr(0, 200);
    ASSERT_EQ(std::accumulate(encoding.bytes.begin(), encoding.bytes.end(), std::size_t{0}),
              texts[i].size());
  }
}

// Most damage to the pieces makes another model that is as sound; what counts is that the process
// lives on.
TEST(GoldenSentencePiece, DamagedFilesAreRefusedOrRun) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  const std::string whole = read_text_file(*dir / "tokenizers/llama2/tokenizer.model");
  std::mt19937 random(1);
  const TempDir scratch;
  int refused = 0;
  for (int round = 0; round < 60; ++round) {
    std::string bytes = whole;
    if (round % 3 == 0) {
      bytes.resize(random() % bytes.size());
    } else {
      // A third in the trainer's and the normalizer's part at the end.
      const std::size_t range = round % 3 == 1 ? bytes.size() : 200;
      for (int i = 0; i < 8; ++i)
        bytes[bytes.size() - 1 - random() % range] = static_cast<char>(random());
    }
    try {
      SentencePiece(write(scratch, bytes)).encode("Some text, \u4f60\u597d.\n");
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GE(refused, 20) << "all truncated ones at least";
}

TEST(GoldenSentencePiece, ThreadsMayShareIt) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  const SentencePiece model(*dir / "tokenizers/llama2/tokenizer.model");
  const std::string text =
      read_text_file(*dir / "corpora/wikitext2.test.raw.txt").substr(0, 20'000);
  const Tokens expected = model.encode(text);
  std::vector<Tokens> results(4);
  std::vector<std::thread> threads;
  for (Tokens& result : results) threads.emplace_back([&] { result = model.encode(text); });
  for (std::thread& thread : threads) thread.join();
  for (const Tokens& result : results) EXPECT_EQ(result, expected);
}

}  // namespace
}  // namespace nf
