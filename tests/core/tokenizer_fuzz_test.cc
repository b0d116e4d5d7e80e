// Random texts through Hugging Face's own program. See support/hf_tokenizers.h for what it needs.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <utility>

#include "core/base/utf8.h"
#include "core/text/byte_level.h"
#include "core/text/tokenizer.h"
#include "tests/support/charsmap.h"
#include "tests/support/hf_tokenizers.h"
#include "tests/support/random_text.h"
#include "tests/support/token_models.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

constexpr std::size_t kTextsPerFamily = 60;

SortedJson whole_file(const SortedJson& model, const std::string& normalizer,
                      const std::string& pre_tokenizer, const SortedJson& added_tokens) {
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", added_tokens},
          {"normalizer", SortedJson::parse(normalizer)},
          {"pre_tokenizer", SortedJson::parse(pre_tokenizer)},
          {"post_processor", nullptr},
          {"decoder", nullptr},
          {"model", model}};
}

const std::vector<std::string> kAddedWords = {"<|n|>", "<R>",      "<L>", "<LR>", "wörd",
                                              "é!",    "e\u0301?", "<N>", "q q"};

SortedJson all_added_tokens(const SortedJson& model) {
  auto id = static_cast<std::int32_t>(model["vocab"].size());
  SortedJson tokens = SortedJson::array();
  const auto add = [&](const std::string& content, const std::vector<std::string>& options) {
    SortedJson token = added_token(id++, content);
    for (const std::string& option : options) token[option] = true;
    tokens.push_back(token);
  };
  add("<|n|>", {"special"});
  add("<R>", {"rstrip"});
  add("<L>", {"lstrip", "normalized"});
  add("<LR>", {"lstrip", "rstrip", "special"});
  add("wörd", {"single_word", "normalized"});
  add("é!", {"normalized"});
  add("e\u0301?", {});
  add("<N>", {"normalized", "rstrip"});
  add("q q", {"normalized"});
  return tokens;
}

/// One way in which tokenizer.json files of the Hub are put together.
struct Family {
  const char* name;
  SortedJson (*model)(const std::string& options);
  std::string options;
  std::string normalizer;
  std::string pre_tokenizer;
};

const std::string kBytes =
    R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false})";
const std::string kWordBytes =
    R"({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true})";
const std::string kNfc = R"({"type": "NFC"})";
const std::string kSpaces = R"({"type": "Replace", "pattern": {"String": " "}, "content": "▁"})";
const std::string kDigits = R"({"type": "Digits", "individual_digits": true})";

std::string split(const std::string& regex) {
  return SortedJson{{"type", "Split"},
                    {"pattern", {{"Regex", regex}}},
                    {"behavior", "Isolated"},
                    {"invert", false}}
      .dump();
}
std::string sequence(const std::vector<std::string>& steps) {
  return fmt::format(R"({{"type": "Sequence", "pretokenizers": [{}]}})", fmt::join(steps, ", "));
}
std::string normalizers(const std::vector<std::string>& steps) {
  return fmt::format(R"({{"type": "Sequence", "normalizers": [{}]}})", fmt::join(steps, ", "));
}
std::string punctuation(const std::string& behavior) {
  return fmt::format(R"({{"type": "Punctuation", "behavior": "{}"}})", behavior);
}
std::string metaspace(const std::string& scheme, bool split_it) {
  return fmt::format(
      R"({{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{}", "split": {}}})", scheme,
      split_it);
}
std::string charsmap() {
  return SortedJson{{"type", "Precompiled"},
                    {"precompiled_charsmap", to_base64(make_charsmap({{"ﬁ", "fi"},
                                                                      {"İ", "i"},
                                                                      {"E", "e"},
                                                                      {"e\u0301", "é"},
                                                                      {"\u200b", ""},
                                                                      {"\u3000", " "},
                                                                      {"\t", " "},
                                                                      {"½", "1/2"},
                                                                      {"\r\n", " "}}))}}
      .dump();
}

std::vector<Family> families() {
  const std::string llama3 =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
      R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const std::string qwen2 =
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
      R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const std::string bloom = R"( ?[^(\s|[.,!?…。，、।۔،])]+)";
  const std::string deepseek =
      R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"
      R"(| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
  const std::string fallback = R"({"unk_token": "<unk>", "byte_fallback": true, "fuse_unk": true})";
  const std::string prepend = R"({"type": "Prepend", "prepend": "▁"})";
  const std::string strip_right = R"({"type": "Strip", "strip_left": false, "strip_right": true})";
  const std::string many_spaces =
      R"({"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"})";
  return {
      {"gpt2", byte_level_bpe, "{}", "null", kWordBytes},
      {"opt", byte_level_bpe, "{}", "null",
       R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true})"},
      {"gpt_neox", byte_level_bpe, "{}", kNfc, kWordBytes},
      {"llama3", byte_level_bpe, R"({"ignore_merges": true})", "null",
       sequence({split(llama3), kBytes})},
      {"qwen2", byte_level_bpe, "{}", kNfc, sequence({split(qwen2), kBytes})},
      {"cohere", byte_level_bpe, "{}", kNfc, sequence({kDigits, kWordBytes})},
      {"bloom", byte_level_bpe, "{}", "null", sequence({split(bloom), kBytes})},
      {"deepseek", byte_level_bpe, "{}", normalizers({}),
       sequence({split(R"(\p{N}{1,3})"), split("[一-龥ぁ-ゟァ-ヿ]+"), split(deepseek), kBytes})},
      {"falcon", byte_level_bpe, "{}", "null",
       sequence({punctuation("Contiguous"), kWordBytes,
                 R"({"type": "Digits", "individual_digits": false})", split("[0-9][0-9][0-9]")})},
      {"punctuation_before", byte_level_bpe, "{}", "null",
       sequence({punctuation("MergedWithPrevious"), kBytes})},
      {"punctuation_after", byte_level_bpe, "{}", "null",
       sequence({punctuation("MergedWithNext"), kBytes})},
      {"whitespace", byte_level_bpe, "{}", "null", sequence({R"({"type": "Whitespace"})", kBytes})},
      {"bert", byte_level_bpe, "{}", kNfc, sequence({R"({"type": "BertPreTokenizer"})", kBytes})},
      {"nfkc", byte_level_bpe, "{}", R"({"type": "NFKC"})", kWordBytes},
      {"bytes_first", byte_level_bpe, "{}", R"({"type": "ByteLevel"})", split("Ġ?[^Ġ]+")},
      {"llama2", piece_bpe, fallback, normalizers({prepend, kSpaces}), "null"},
      {"mistral", piece_bpe, fallback, "null", metaspace("first", false)},
      {"first", piece_bpe, R"({"unk_token": "<unk>", "fuse_unk": true})",
       normalizers({R"({"type": "NFKC"})", many_spaces, strip_right}), metaspace("first", true)},
      {"stripped", piece_bpe, R"({"unk_token": "<unk>"})",
       normalizers({R"({"type": "Strip", "strip_left": true, "strip_right": true})",
                    R"({"type": "Replace", "pattern": {"Regex": "[ae]+"}, "content": ""})"}),
       metaspace("first", true)},
      {"always", piece_bpe, R"({"byte_fallback": true})", kNfc, metaspace("always", true)},
      {"never", piece_bpe, "{}", "null", metaspace("never", true)},
      {"unigram", unigram, R"({"byte_fallback": false})", "null", metaspace("always", true)},
      {"unigram_bytes", unigram, R"({"byte_fallback": true})", normalizers({prepend, kSpaces}),
       "null"},
      {"t5", unigram, R"({"byte_fallback": false})", normalizers({charsmap(), strip_right}),
       sequence({R"({"type": "WhitespaceSplit"})", metaspace("always", true)})},
      {"albert", unigram, R"({"byte_fallback": true})",
       normalizers({R"({"type": "NFKD"})", R"({"type": "StripAccents"})",
                    R"({"type": "Lowercase"})", charsmap()}),
       metaspace("first", true)},
  };
}

void expect_equal_ids(const std::vector<HfCase>& cases, const HfAnswer& expected) {
  std::filesystem::path file;
  std::optional<Tokenizer> tokenizer;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (cases[i].file != file) {
      file = cases[i].file;
      tokenizer = Tokenizer::load(file.parent_path());
    }
    ASSERT_EQ(tokenizer->encode(cases[i].text), expected.ids[i])
        << file << " " << SortedJson(cases[i].text).dump(-1, ' ', true);
  }
}

TEST(IntegrationTokenizerFuzz, EveryFamilyEqualsHuggingFace) {
  const TempDir dir;
  RandomText text(1, kAddedWords);
  std::vector<HfCase> cases;
  for (const Family& family : families()) {
    const std::filesystem::path file = dir / family.name / "tokenizer.json";
    std::filesystem::create_directory(file.parent_path());
    const SortedJson model = family.model(family.options);
    std::ofstream(file) << whole_file(model, family.normalizer, family.pre_tokenizer,
                                      all_added_tokens(model));
    for (std::size_t i = 0; i < kTextsPerFamily; ++i) cases.push_back({file, text.draw()});
  }
  const HfAnswer expected = encode_with_hf_tokenizers(cases);
  if (!expected.missing.empty()) GTEST_SKIP() << expected.missing;
  expect_equal_ids(cases, expected);
}

TEST(IntegrationTokenizerFuzz, RealVocabulariesEqualHuggingFace) {
  const auto reference = reference_dir();
  if (!reference) GTEST_SKIP() << "NOISEFLOOR_REFERENCE_DIR is not set";
  RandomText text(2, {"<|endoftext|>", "[INST]", "</s>", "<unk>", "[TOOL_CALLS]"});
  std::vector<HfCase> cases;
  for (const char* name : {"gpt2", "mistral-7b-v0.3"}) {
    for (std::size_t i = 0; i < 5 * kTextsPerFamily; ++i)
      cases.push_back({*reference / "tokenizers" / name / "tokenizer.json", text.draw()});
  }
  const HfAnswer expected = encode_with_hf_tokenizers(cases);
  if (!expected.missing.empty()) GTEST_SKIP() << expected.missing;
  expect_equal_ids(cases, expected);
}

/// Every character that a normalizer may change, between others that it may combine with. The ids
/// of a vocabulary of bytes are the result itself.
TEST(IntegrationTokenizerFuzz, EveryCharacterIsNormalizedAsHuggingFaceDoes) {
  SortedJson vocab;
  for (int byte = 0; byte < 256; ++byte) {
    std::string character;
    append_utf8(byte_character(static_cast<unsigned char>(byte)), character);
    vocab[character] = byte;
  }
  const SortedJson model = {{"type", "BPE"}, {"vocab", vocab}, {"merges", SortedJson::array()}};
  // Without the ideographs and the Hangul syllables in the middle of their blocks, and without what
  // is free.
  constexpr auto kRanges = std::to_array<std::pair<char32_t, char32_t>>({{0x0, 0x3410},
                                                                         {0x9FF0, 0xAC40},
                                                                         {0xD790, 0xD7FF},
                                                                         {0xE000, 0xE010},
                                                                         {0xF8F0, 0x17010},
                                                                         {0x18CF0, 0x20010},
                                                                         {0x2F7F0, 0x2FA30},
                                                                         {0xE0000, 0xE0200}});
  constexpr char32_t kCharactersPerText = 0x400;
  std::vector<std::string> texts;
  for (const auto& [first, last] : kRanges) {
    for (char32_t c = first; c <= last; ++c) {
      if ((c - first) % kCharactersPerText == 0) texts.emplace_back();
      texts.back() += " e";
      append_utf8(c, texts.back());
      texts.back() += "\u0301\u0323";
    }
  }
  const TempDir dir;
  std::vector<HfCase> cases;
  for (const char* form : {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"}) {
    const std::filesystem::path file = dir / form / "tokenizer.json";
    std::filesystem::create_directory(file.parent_path());
    std::ofstream(file) << whole_file(model, SortedJson{{"type", form}}.dump(), kBytes,
                                      SortedJson::array());
    for (const std::string& text : texts) cases.push_back({file, text});
  }
  const HfAnswer expected = encode_with_hf_tokenizers(cases);
  if (!expected.missing.empty()) GTEST_SKIP() << expected.missing;
  expect_equal_ids(cases, expected);
}

}  // namespace
}  // namespace nf
