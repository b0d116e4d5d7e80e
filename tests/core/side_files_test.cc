#include "core/text/side_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/base/error.h"
#include "core/text/tokenizer.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

/// A directory with the small tokenizer.json, ids 0 to 9, and one added token, <s> with id 10.
class SideFilesTest : public testing::Test {
 protected:
  SideFilesTest() {
    json_["added_tokens"] = SortedJson::array({added_token(10, "<s>")});
    write("tokenizer.json", json_);
  }

  void write(const std::string& name, const SortedJson& content) const {
    std::ofstream(dir_ / name) << content.dump();
  }
  Ids encode(std::string_view text) const { return Tokenizer::load(dir_.path()).encode(text); }
  std::string refusal() const { return tokenizer_refusal(dir_); }

  TempDir dir_;
  SortedJson json_ = small_tokenizer();
};

TEST_F(SideFilesTest, ATokenThatOnlyTheDecoderHasIsAdded) {
  EXPECT_EQ(encode("a<x>b"), (Ids{4})) << "without the file its characters are unknown and dropped";
  write("tokenizer_config.json",
        {{"added_tokens_decoder", {{"10", {{"content", "<s>"}}}, {"11", {{"content", "<x>"}}}}}});
  EXPECT_EQ(encode("a<x>b<s>"), (Ids{0, 11, 1, 10}));
  EXPECT_EQ(Tokenizer::load(dir_.path()).vocab_size(), 12);
}

TEST_F(SideFilesTest, TheDecodersOptionsTakeThePlaceOfTokenizerJsons) {
  EXPECT_EQ(encode("a <s> b"), (Ids{0, 3, 10, 3, 1}));
  write("tokenizer_config.json",
        {{"added_tokens_decoder", {{"10", {{"content", "<s>"}, {"lstrip", true}}}}}});
  EXPECT_EQ(encode("a <s> b"), (Ids{0, 10, 3, 1}));
}

TEST_F(SideFilesTest, AModelsOwnSpecialTokensAreAddedInEveryForm) {
  const SortedJson object = {{"content", "<x>"}, {"lstrip", false}, {"__type", "AddedToken"}};
  for (const SortedJson& file :
       {SortedJson{{"image_token", "<x>"}}, SortedJson{{"image_token", object}},
        SortedJson{{"model_specific_special_tokens", {{"image_token", "<x>"}}}}}) {
    write("tokenizer_config.json", file);
    EXPECT_EQ(encode("a<x>b"), (Ids{0, 11, 1})) << file.dump();
  }
}

/// As in transformers 5.17: <x> by the older name, <y> by the newer, <z> of the model's own.
TEST_F(SideFilesTest, TheNewerNameOfALotOfTokensTakesThePlaceOfTheOlder) {
  const SortedJson x = {{"additional_special_tokens", {"<x>"}}};
  const SortedJson y = {{"extra_special_tokens", {"<y>"}}};
  const SortedJson named = {{"extra_special_tokens", {{"a_token", "<y>"}}}};
  const SortedJson none = {{"extra_special_tokens", SortedJson::array()}};
  const SortedJson z = {{"model_specific_special_tokens", {{"b_token", "<z>"}}}};
  const auto with = [this](SortedJson config, const SortedJson& more, const SortedJson& map) {
    config.update(more);
    write("tokenizer_config.json", config);
    write("special_tokens_map.json", map);
    return encode("a<x>a<y>a<z>");
  };
  const SortedJson empty = SortedJson::object();
  EXPECT_EQ(with(x, empty, empty), (Ids{0, 11, 0, 0}));
  EXPECT_EQ(with(x, y, empty), (Ids{0, 0, 11, 0}));
  EXPECT_EQ(with(x, named, empty), (Ids{0, 0, 11, 0}));
  EXPECT_EQ(with(x, none, empty), (Ids{0, 0, 0}));
  EXPECT_EQ(with(x, z, empty), (Ids{0, 12, 0, 0, 11}));
  EXPECT_EQ(with(y, z, empty), (Ids{0, 0, 12, 0, 11}));
  EXPECT_EQ(with(named, z, empty), (Ids{0, 0, 11, 0})) << "one object, and not the other";
  EXPECT_EQ(with(y, empty, x), (Ids{0, 0, 11, 0}));
  EXPECT_EQ(with(named, empty, x), (Ids{0, 12, 0, 11, 0}));
  EXPECT_EQ(with(x, empty, y), (Ids{0, 11, 0, 12, 0}));
  EXPECT_EQ(with(x, empty, {{"additional_special_tokens", {"<z>"}}}), (Ids{0, 11, 0, 0}));
}

TEST_F(SideFilesTest, AnIdOfTheDecoderThatAppearsTwiceIsRefused) {
  write("tokenizer_config.json",
        {{"added_tokens_decoder", {{" 11", {{"content", "<x>"}}}, {"11", {{"content", "<y>"}}}}}});
  EXPECT_EQ(refusal(), "tokenizer_config.json: added_tokens_decoder.11: the id 11 appears twice");
}

TEST_F(SideFilesTest, ASpecialTokenThatIsOnlyNamedIsAdded) {
  write("tokenizer_config.json",
        {{"eos_token", "ab"}, {"pad_token", "<p>"}, {"bos_token", "<s>"}, {"unk_token", nullptr}});
  EXPECT_EQ(encode("abc<p><s>"), (Ids{4, 2, 11, 10})) << "no merge over it; counted on";
}

TEST_F(SideFilesTest, TheOlderFilesCountWhereTheConfigurationHasNoDecoder) {
  write("added_tokens.json", {{"<x>", 11}, {"<y>", 12}, {"<s>", 10}});
  write("special_tokens_map.json", {{"eos_token", {{"content", "<x>"}, {"lstrip", true}}}});
  EXPECT_EQ(encode("a <x><y><s>"), (Ids{0, 3, 11, 12, 10})) << "added_tokens.json has no options";
  write("tokenizer_config.json",
        {{"added_tokens_decoder", {{"11", {{"content", "<z>"}}}}}, {"eos_token", "<z>"}});
  EXPECT_EQ(encode("<x><y><z>"), (Ids{11}));
}

TEST_F(SideFilesTest, AnIdThatNoFileCanMeanIsRefused) {
  write("tokenizer_config.json", {{"added_tokens_decoder", {{"5", {{"content", "<s>"}}}}}});
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: added_tokens_decoder.5: the id 5 does not fit: '<s>' has the "
            "id 10 already");
  write("tokenizer_config.json", {{"added_tokens_decoder", {{"12", {{"content", "<x>"}}}}}});
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: added_tokens_decoder.12: the id 12 does not fit: '<x>' has the "
            "id 11 when counting on from the vocabulary");
  write("tokenizer_config.json", {{"added_tokens_decoder", {{"12", {{"content", "a"}}}}}});
  EXPECT_EQ(refusal(),
            "tokenizer_config.json: added_tokens_decoder.12: the id 12 does not fit: 'a' has the "
            "id 0 in the vocabulary");
  write("tokenizer_config.json", {{"added_tokens_decoder", {{"11", "<x>"}}}});
  EXPECT_EQ(refusal(), "no error") << "a string will do";
}

TEST_F(SideFilesTest, AKeyOfTheFileNeverBreaksAMessage) {
  write("tokenizer_config.json", {{"added_tokens_decoder", {{"1\n2", {{"content", 7}}}}}});
  EXPECT_EQ(refusal().find('\n'), std::string::npos) << refusal();
  EXPECT_NE(refusal().find("added_tokens_decoder.1?2"), std::string::npos) << refusal();
}

TEST_F(SideFilesTest, OptionsThatWouldChangeIdsAreRefused) {
  const auto with = [this](const SortedJson& config) {
    write("tokenizer_config.json", config);
    const std::string message = refusal();
    const std::string prefix = "tokenizer_config.json: ";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  };
  EXPECT_EQ(with({{"split_special_tokens", true}}),
            "split_special_tokens: only false is supported");
  EXPECT_EQ(with({{"fast_tokenizer_files", {"tokenizer.json", "tokenizer.4.0.json"}}}),
            "fast_tokenizer_files: other files than tokenizer.json are not read; take the entry "
            "out to go by it");
  EXPECT_EQ(with({{"fast_tokenizer_files", {"tokenizer.json"}}}), "no error");
  EXPECT_EQ(with({{"add_prefix_space", false}}), "no error");
  EXPECT_EQ(with({{"add_prefix_space", nullptr}}), "no error");
  EXPECT_EQ(with({{"add_prefix_space", true}}),
            "add_prefix_space: true contradicts tokenizer.json, which puts no space before a text; "
            "make them agree");
  json_["pre_tokenizer"] = {{"type", "Sequence"},
                            {"pretokenizers",
                             {{{"type", "Digits"}, {"individual_digits", true}},
                              {{"type", "ByteLevel"}, {"add_prefix_space", true}}}}};
  write("tokenizer.json", json_);
  EXPECT_EQ(with({{"add_prefix_space", true}}), "no error");
  json_["pre_tokenizer"] = {{"type", "Sequence"},
                            {"pretokenizers", SortedJson::array({json_["pre_tokenizer"]})}};
  write("tokenizer.json", json_);
  EXPECT_EQ(with({{"add_prefix_space", true}}), "no error");
  EXPECT_EQ(with({{"add_prefix_space", false}}),
            "add_prefix_space: false contradicts tokenizer.json, which puts a space before a text; "
            "make them agree");
}

TEST_F(SideFilesTest, WhatChangesNoIdsIsNotLookedAt) {
  write("tokenizer_config.json", {{"add_bos_token", true},
                                  {"add_eos_token", true},
                                  {"legacy", false},
                                  {"chat_template", "x"},
                                  {"tokenizer_class", "LlamaTokenizerFast"},
                                  {"model_max_length", 1}});
  EXPECT_EQ(encode("ab"), (Ids{4}));
}

TEST_F(SideFilesTest, APointerOfGitLfsIsNamedWhereverItStands) {
  const std::string pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n";
  const std::string cause =
      ": a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'";
  for (const std::string name : {"tokenizer_config.json", "special_tokens_map.json",
                                 "added_tokens.json", "tokenizer.json"}) {
    const std::filesystem::path file = dir_ / name;
    const SortedJson before =
        std::filesystem::exists(file) ? read_sorted_json(file) : SortedJson::object();
    std::ofstream(file) << pointer;
    EXPECT_EQ(refusal(), name + cause);
    write(name, before);
  }
  std::filesystem::remove(dir_ / "tokenizer.json");
  for (const std::string name : {"tokenizer.model", "merges.txt", "vocab.json"}) {
    if (name == "merges.txt") write("vocab.json", SortedJson::object());
    std::ofstream(dir_ / name) << pointer;
    EXPECT_EQ(refusal(), name + cause);
    if (name == "tokenizer.model") std::filesystem::remove(dir_ / name);
  }
}

/// Values of the tokenizers library for files that are read apart by other programs.
TEST(GoldenSideFiles, CasesGiveTheirIds) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  for (const char* name : {"sentencepiece-added-tokens", "json-added-token-in-config-only",
                           "pre-tokenizer-punctuation"}) {
    const std::filesystem::path folder = *dir / "cases" / name;
    const Tokenizer tokenizer = Tokenizer::load(folder);
    const SortedJson expected = read_sorted_json(folder / "expected.json");
    std::ifstream texts(folder / "texts.jsonl");
    std::size_t count = 0;
    for (std::string line; std::getline(texts, line); ++count)
      EXPECT_EQ(tokenizer.encode(SortedJson::parse(line).at("text").get<std::string>()),
                expected.at("expect").at("ids").at(count).get<Ids>())
          << name << ": " << line;
    EXPECT_GT(count, 0u);
  }
}

}  // namespace
}  // namespace nf
