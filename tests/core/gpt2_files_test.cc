#include "core/text/gpt2_files.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/read_file.h"
#include "core/text/byte_level.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

/// A directory with GPT-2's files of a few words, to which tests add others.
class Gpt2Files : public testing::Test {
 protected:
  Gpt2Files() {
    write("vocab.json",
          R"({"<s>": 0, "</s>": 1, "a": 2, "b": 3, "\u0120": 4, "ab": 5, "\u0120ab": 6,
              "<": 7, "/": 8, "s": 9, ">": 10, "<|endoftext|>": 11})");
    write("merges.txt", "#version: 0.2\na b\n\u0120 ab\n");
  }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(dir_ / name) << content;
  }
  Ids encode(std::string_view text) const { return Tokenizer::load(dir_.path()).encode(text); }
  std::string refusal() const { return tokenizer_refusal(dir_); }

  TempDir dir_;
};

TEST_F(Gpt2Files, GivesTheIdsOfVocabJson) {
  EXPECT_EQ(encode("ab ab a"), (Ids{5, 6, 4, 2}));
  EXPECT_EQ(Tokenizer::load(dir_.path()).vocab_size(), 12);
}

TEST_F(Gpt2Files, TheVersionLineMayBeMissing) {
  write("merges.txt", "a b\n\u0120 ab");
  EXPECT_EQ(encode("ab ab"), (Ids{5, 6}));
  write("merges.txt", "#version: 0.2 - by somebody\r\na b\r\n\u0120 ab\r\n");
  EXPECT_EQ(encode("ab ab"), (Ids{5, 6}));
}

TEST_F(Gpt2Files, AloneTheyHaveEndOfTextAsTheOnlySpecialToken) {
  EXPECT_EQ(encode("a<|endoftext|>b"), (Ids{2, 11, 3}));
  EXPECT_EQ(encode("a</s>"), (Ids{2, 7, 8, 9, 10}));
}

TEST_F(Gpt2Files, ASpecialTokenThatTheVocabularyLacksCountsOnFromIt) {
  write("vocab.json", R"({"a": 0, "b": 1})");
  write("merges.txt", "");
  EXPECT_EQ(encode("a<|endoftext|>b"), (Ids{0, 2, 1}));
  EXPECT_EQ(Tokenizer::load(dir_.path()).vocab_size(), 3);
}

TEST_F(Gpt2Files, TheConfigurationNamesOtherSpecialTokens) {
  write("tokenizer_config.json",
        R"({"bos_token": {"__type": "AddedToken", "content": "</s>", "lstrip": false,
             "normalized": true, "rstrip": false, "single_word": false},
            "eos_token": "</s>", "unk_token": "</s>", "add_bos_token": true})");
  EXPECT_EQ(encode("a</s>b<s>"), (Ids{2, 1, 3, 7, 9, 10}));
  EXPECT_EQ(encode("<|endoftext|>"), (Ids{7, 10})) << "no token any more";
}

TEST_F(Gpt2Files, NullMeansNoSuchToken) {
  write("tokenizer_config.json", R"({"bos_token": null, "eos_token": null, "unk_token": null})");
  EXPECT_EQ(read_gpt2_files(dir_.path(), SideFiles(dir_.path()))["added_tokens"],
            SortedJson::array());
}

TEST_F(Gpt2Files, TheSpecialTokensMapComesBeforeTheConfiguration) {
  write("tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "a", "unk_token": "b"})");
  write(
      "special_tokens_map.json",
      R"({"bos_token": {"content": "</s>", "lstrip": true}, "additional_special_tokens": ["s"]})");
  EXPECT_EQ(encode("> </s><s>"), (Ids{10, 1, 7, 9, 10}));
  SortedJson contents = SortedJson::array();
  const SortedJson files = read_gpt2_files(dir_.path(), SideFiles(dir_.path()));
  for (const SortedJson& token : files["added_tokens"]) contents.push_back(token["content"]);
  EXPECT_EQ(contents, SortedJson({"</s>", "a", "b", "s"}));
}

TEST_F(Gpt2Files, ReadsAddedTokensJson) {
  write("added_tokens.json", R"({"<y>": 13, "<x>": 12, "ab": 5, "</s>": 1})");
  write("special_tokens_map.json", R"({"eos_token": "</s>", "pad_token": "<x>"})");
  EXPECT_EQ(encode("<x>a<y>ab</s>"), (Ids{12, 2, 13, 5, 1}));
  const SortedJson tokens = read_gpt2_files(dir_.path(), SideFiles(dir_.path()))["added_tokens"];
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(tokens[0], (SortedJson{{"id", 1},
                                   {"content", "</s>"},
                                   {"single_word", false},
                                   {"lstrip", false},
                                   {"rstrip", false},
                                   {"normalized", false},
                                   {"special", true}}));
  EXPECT_EQ(tokens[1]["content"], "ab");
  EXPECT_EQ(tokens[1]["normalized"], true) << "no special token";
  EXPECT_EQ(tokens[2]["special"], true) << "the padding";
  EXPECT_EQ(tokens[4]["content"], "<|endoftext|>") << "the class's own, which no file replaces";
}

TEST_F(Gpt2Files, TheDecoderTakesThePlaceOfTheOlderFiles) {
  write("added_tokens.json", R"({"b": 3})");
  write("special_tokens_map.json", R"({"bos_token": "<s>"})");
  write(
      "tokenizer_config.json",
      R"({"added_tokens_decoder": {"12": {"content": "<x>", "rstrip": true}, "1": {"content": "</s>"}},
            "bos_token": "</s>", "image_token": "<i>", "extra_special_tokens": {"boi": "<b>"}})");
  const SortedJson tokens = read_gpt2_files(dir_.path(), SideFiles(dir_.path()))["added_tokens"];
  std::vector<std::string> contents;
  Ids ids;
  for (const SortedJson& token : tokens) {
    contents.push_back(token["content"].get<std::string>());
    ids.push_back(token["id"].get<std::int32_t>());
  }
  EXPECT_EQ(contents, (std::vector<std::string>{"</s>", "<x>", "<|endoftext|>", "<i>", "<b>"}));
  EXPECT_EQ(ids, (Ids{1, 12, 11, 13, 14}));
  EXPECT_EQ(encode("<x>  a<s>"), (Ids{12, 2, 7, 9, 10}));
}

TEST_F(Gpt2Files, AddPrefixSpaceStandsForNothing) {
  write("tokenizer_config.json", R"({"add_prefix_space": true})");
  const Encoding encoding = Tokenizer::load(dir_.path()).encode_with_bytes("ab ab");
  EXPECT_EQ(encoding.ids, (Ids{6, 6}));
  EXPECT_EQ(encoding.bytes, (Ids{2, 3}));
}

TEST_F(Gpt2Files, RefusesOtherTokenizers) {
  write("tokenizer_config.json", R"({"tokenizer_class": "Qwen2Tokenizer"})");
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: tokenizer_class: 'Qwen2Tokenizer' is not supported with "
            "vocab.json and merges.txt, only GPT2Tokenizer; put the tokenizer.json of the same "
            "model beside it");
  write("tokenizer_config.json", R"({"split_special_tokens": true})");
  EXPECT_EQ(refusal(), "tokenizer_config.json: split_special_tokens: only false is supported");
  write("tokenizer_config.json",
        R"({"tokenizer_class": "GPT2TokenizerFast", "split_special_tokens": false})");
  EXPECT_EQ(refusal(), "no error");
}

TEST_F(Gpt2Files, WithoutATokenizerClassTheFamilyTellsThatItIsNotGpt2s) {
  write("config.json", R"({"model_type": "qwen2"})");
  EXPECT_EQ(refusal(),
            "config.json: model_type: the tokenizer of 'qwen2' cuts words otherwise than GPT-2's; "
            "put the tokenizer.json of the same model beside vocab.json and merges.txt");
  write("tokenizer_config.json", R"({"tokenizer_class": "GPT2Tokenizer"})");
  EXPECT_EQ(refusal(), "no error");
  std::filesystem::remove(dir_ / "tokenizer_config.json");
  write("config.json", R"({"model_type": "opt"})");
  EXPECT_EQ(refusal(), "no error");
}

TEST_F(Gpt2Files, RefusalsNameFileAndPlace) {
  const auto with = [this](const std::string& name, const std::string& content) {
    const std::string before = read_text_file(dir_ / "merges.txt");
    write(name, content);
    std::string message = refusal();
    std::filesystem::remove(dir_ / name);
    if (name == "merges.txt") write(name, before);
    return message;
  };
  EXPECT_EQ(with("merges.txt", "#version: 0.2\na b\nab\n"),
            "merges.txt:3: 'ab' must be two tokens with one space between them");
  EXPECT_EQ(with("merges.txt", "a b c\n"),
            "merges.txt:1: 'a b c' must be two tokens with one space between them");
  EXPECT_EQ(with("merges.txt", "a q\n"), "merges.txt:1: 'q' is not in vocab.json");
  EXPECT_EQ(with("merges.txt", "a a\n"), "merges.txt:1: 'aa' is not in vocab.json");
  EXPECT_EQ(with("merges.txt", "a \xff\n"), "merges.txt: byte 2: invalid UTF-8");
  EXPECT_EQ(
      with("added_tokens.json", R"({"<x>": 99})"),
      "added_tokens.json: the id 99 does not fit: '<x>' has the id 12 when counting on from the "
      "vocabulary");
  EXPECT_EQ(with("tokenizer_config.json", R"({"added_tokens_decoder": {"5": {"content": "a"}}})"),
            "tokenizer_config.json: added_tokens_decoder.5: the id 5 does not fit: 'a' has the id "
            "2 in the vocabulary");
  EXPECT_EQ(with("tokenizer_config.json", R"({"added_tokens_decoder": {"x": {"content": "a"}}})"),
            "tokenizer_config.json: added_tokens_decoder.x: a token id must be a whole number from "
            "0 to 2147483647");
  EXPECT_EQ(with("tokenizer_config.json", R"({"bos_token": 5})"),
            "tokenizer_config.json: bos_token: must be a string, not number");
  EXPECT_EQ(with("special_tokens_map.json", "[]"),
            "special_tokens_map.json: must be an object, not array");
  write("vocab.json", R"({"a": 0, "b": 0})");
  EXPECT_EQ(with("merges.txt", ""), "vocab.json: model.vocab: token 'b': its id 0 is that of 'a'");
  write("vocab.json", "[]");
  EXPECT_EQ(refusal(), "vocab.json: must be an object, not array");
}

constexpr const char* kNoReference = "NOISEFLOOR_REFERENCE_DIR is not set";

/// The byte-level vocabularies of GPT-2 and OPT hold the same words under other ids.
TEST(GoldenGpt2Files, OptIsGpt2ThroughItsOwnVocabulary) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  const Tokenizer opt = Tokenizer::load(*dir / "tokenizers/opt");
  EXPECT_EQ(opt.vocab_size(), 50265);
  const SortedJson vocab = read_sorted_json(*dir / "tokenizers/opt/vocab.json");
  std::map<std::int32_t, std::int32_t> opt_id;
  const SortedJson gpt2 = read_sorted_json(*dir / "tokenizers/gpt2/tokenizer.json");
  for (const auto& [piece, id] : gpt2["model"]["vocab"].items())
    opt_id[id.get<std::int32_t>()] = vocab.at(piece).get<std::int32_t>();
  const std::vector<EncodedText> texts =
      read_encoded_texts(*dir / "tokenizers/gpt2/expected.jsonl");
  EXPECT_GT(texts.size(), 100u);
  for (const EncodedText& text : texts) {
    Ids expected;
    for (const std::int32_t id : text.ids) expected.push_back(opt_id.at(id));
    EXPECT_EQ(opt.encode(text.text), expected) << text.text;
  }
}

/// As its tokenizer_config.json has it, the special tokens are others than GPT-2's.
TEST(GoldenGpt2Files, OptWithItsConfigurationCutsItsOwnTokens) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  const TempDir files;
  for (const char* name : {"vocab.json", "merges.txt"})
    std::filesystem::create_symlink(*dir / "tokenizers/opt" / name, files / name);
  const Ids before = Tokenizer::load(files.path()).encode("Hello</s>world<|endoftext|>");
  EXPECT_EQ(before.back(), 50260);
  const SortedJson end = {{"__type", "AddedToken"}, {"content", "</s>"}, {"lstrip", false},
                          {"normalized", true},     {"rstrip", false},   {"single_word", false}};
  SortedJson config = {{"add_bos_token", true},
                       {"add_prefix_space", false},
                       {"bos_token", end},
                       {"eos_token", end},
                       {"errors", "replace"},
                       {"pad_token", end},
                       {"special_tokens_map_file", nullptr},
                       {"tokenizer_class", "GPT2Tokenizer"},
                       {"unk_token", end}};
  config["pad_token"]["content"] = "<pad>";
  std::ofstream(files / "tokenizer_config.json") << config.dump();
  const Tokenizer opt = Tokenizer::load(files.path());
  EXPECT_EQ(opt.vocab_size(), 50265);
  EXPECT_EQ(opt.encode("Hello</s>world<pad>"), (Ids{31414, 2, 8331, 1}));
  EXPECT_GT(opt.encode("<|endoftext|>").size(), 1u);
}

/// Each byte of a text is one character of the pieces.
TEST(GoldenGpt2Files, ATokenOfOptStandsForItsCharacters) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  std::map<std::int32_t, std::int32_t> characters;
  const SortedJson vocab = read_sorted_json(*dir / "tokenizers/opt/vocab.json");
  for (const auto& [piece, id] : vocab.items()) {
    std::int32_t& count = characters[id.get<std::int32_t>()];
    for (std::size_t i = 0; i < piece.size(); i += static_cast<std::size_t>(utf8_length(piece[i])))
      ++count;
  }
  const Tokenizer opt = Tokenizer::load(*dir / "tokenizers/opt");
  const std::string text = read_text_file(*dir / "corpora/flores200/hin_Deva.txt");
  const Encoding encoding = opt.encode_with_bytes(text);
  ASSERT_EQ(encoding.ids.size(), encoding.bytes.size());
  for (std::size_t i = 0; i < encoding.ids.size(); ++i)
    ASSERT_EQ(encoding.bytes[i], characters.at(encoding.ids[i])) << "token " << i;
}

}  // namespace
}  // namespace nf
