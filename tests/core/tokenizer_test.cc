#include "core/text/tokenizer.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>
#include <thread>

#include "core/base/error.h"
#include "core/io/read_file.h"
#include "tests/support/sentencepiece_model.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

using Ids = std::vector<std::int32_t>;

/// The message that refuses DIR/tokenizer.json of this content, without "DIR/".
std::string refusal(const std::string& content) {
  const TempDir dir;
  std::ofstream(dir / "tokenizer.json") << content;
  try {
    Tokenizer::load(dir.path());
  } catch (const DataError& error) {
    const std::string message = error.what();
    const std::string prefix = dir.path().string() + "/";
    EXPECT_EQ(message.substr(0, prefix.size()), prefix);
    return message.substr(prefix.size());
  }
  return "no error";
}

Ids encode_bytes(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.encode_with_bytes(text).bytes;
}

TEST(Tokenizer, EncodesWithoutAddingAnything) {
  SortedJson json = small_tokenizer();
  json["post_processor"] = {{"type", "TemplateProcessing"}};
  const TempDir dir;
  const Tokenizer tokenizer = load_tokenizer(dir, json);
  EXPECT_EQ(tokenizer.encode("abcab"), (Ids{5, 4}));
  EXPECT_EQ(tokenizer.encode(""), Ids{});
  EXPECT_EQ(tokenizer.vocab_size(), 10);
}

TEST(Tokenizer, ReadsFilesWithoutOptionalKeys) {
  const SortedJson json = {
      {"model", {{"vocab", {{"a", 0}, {"b", 3}}}, {"merges", SortedJson::array()}}}};
  const TempDir dir;
  const Tokenizer tokenizer = load_tokenizer(dir, json);
  EXPECT_EQ(tokenizer.encode("ba"), (Ids{3, 0}));
  EXPECT_EQ(tokenizer.vocab_size(), 4) << "one more than the largest id, not the number of tokens";
}

/// As transformers, which applies neither unless a call asks.
TEST(Tokenizer, NeitherTruncatesNorPads) {
  SortedJson json = small_tokenizer();
  json["truncation"] = {{"max_length", 2}, {"strategy", "LongestFirst"}, {"stride", 0}};
  json["padding"] = {{"strategy", {{"Fixed", 8}}}, {"pad_id", 6}};
  EXPECT_EQ(encode_with(json, "abcXYZ"), (std::vector<std::int32_t>{5, 6, 7, 8}));
}

TEST(Tokenizer, RefusesInvalidUtf8WithItsOffset) {
  const TempDir dir;
  const Tokenizer tokenizer = load_tokenizer(dir, small_tokenizer());
  try {
    tokenizer.encode("ab\xED\xA0\x80");
    FAIL() << "accepted";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "byte 2: invalid UTF-8");
  }
}

TEST(Tokenizer, SaysWhatItLookedFor) {
  const TempDir dir;
  try {
    Tokenizer::load(dir / "none");
    FAIL() << "loaded";
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()),
              (dir / "none").string() +
                  ": no tokenizer here; it can be tokenizer.json, tokenizer.model, or vocab.json "
                  "together with merges.txt");
  }
  std::ofstream(dir / "vocab.json") << "{}";
  EXPECT_THROW(Tokenizer::load(dir.path()), DataError) << "vocab.json alone";
}

TEST(Tokenizer, ReadsTheFirstOfItsFormsThatIsThere) {
  const TempDir dir;
  std::ofstream(dir / "vocab.json") << R"({"a": 70})";
  std::ofstream(dir / "merges.txt") << "";
  EXPECT_EQ(Tokenizer::load(dir.path()).encode("a"), Ids{70});
  SentencePieceModel model;
  model.pieces.insert(model.pieces.end(), {{"\u2581", 0}, {"a", 0}});
  std::ofstream(dir / "tokenizer.model", std::ios::binary) << model.bytes();
  EXPECT_EQ(Tokenizer::load(dir.path()).encode("a"), (Ids{3, 4}));
  EXPECT_EQ(encode_bytes(Tokenizer::load(dir.path()), "a"), (Ids{0, 1}));
  EXPECT_EQ(load_tokenizer(dir, small_tokenizer()).encode("a"), Ids{0});
}

TEST(Tokenizer, CountsTheBytesThatATokenStandsFor) {
  const TempDir dir;
  SortedJson json = small_tokenizer();
  EXPECT_EQ(encode_bytes(load_tokenizer(dir, json), "abcab a"), (Ids{3, 2, 1, 1}));
  EXPECT_EQ(encode_bytes(load_tokenizer(dir, json), "\u00e9ab\u4f60b"), (Ids{7, 1}))
      << "what the model drops counts for a token beside it";
  json["model"]["unk_token"] = "X";
  EXPECT_EQ(encode_bytes(load_tokenizer(dir, json), "\u00e9ab\u4f60b"), (Ids{2, 2, 3, 1}));
}

TEST(Tokenizer, ASpaceThatTheTokenizerAddsCountsNothing) {
  const TempDir dir;
  SortedJson json = small_tokenizer();
  json["added_tokens"] = SortedJson::array({added_token(10, "<s>")});
  json["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", true}};
  const Tokenizer tokenizer = load_tokenizer(dir, json);
  EXPECT_EQ(tokenizer.encode("ab<s>a<s> a"), (Ids{9, 4, 10, 9, 0, 10, 9, 0}));
  EXPECT_EQ(encode_bytes(tokenizer, "ab<s>a<s> a"), (Ids{0, 2, 3, 0, 1, 3, 1, 1}));
}

TEST(Tokenizer, ANormalizersMarksCountAsTheSpacesTheyAreWrittenFor) {
  const SortedJson prepend = {{"type", "Prepend"}, {"prepend", "\u2581"}};
  const SortedJson replace = {
      {"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}};
  SortedJson json = small_tokenizer();
  json["model"]["vocab"] = {{"a", 0}, {"b", 1}, {"\u2581", 2}, {"\u2581a", 3}, {"?", 4}};
  json["model"]["merges"] = SortedJson::array({SortedJson::array({"\u2581", "a"})});
  json["model"]["unk_token"] = "?";
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", {prepend, replace}}};
  const TempDir dir;
  const Tokenizer tokenizer = load_tokenizer(dir, json);
  EXPECT_EQ(tokenizer.encode(" a\u00e9b a"), (Ids{2, 3, 4, 1, 3}));
  EXPECT_EQ(encode_bytes(tokenizer, " a\u00e9b a"), (Ids{0, 2, 2, 1, 2}));
  EXPECT_EQ(encode_bytes(tokenizer, "a\u2581a"), (Ids{1, 4})) << "one in the text has three bytes";
}

TEST(Tokenizer, OfWhatANormalizerChangesTheResultCounts) {
  SortedJson json = small_tokenizer();
  json["model"]["vocab"] = {{"a", 0}, {"\u00e9", 1}, {"f", 2}, {"i", 3}};
  json["model"]["merges"] = SortedJson::array();
  const TempDir dir;
  json["normalizer"] = {{"type", "NFC"}};
  EXPECT_EQ(encode_bytes(load_tokenizer(dir, json), "ae\u0301"), (Ids{1, 2}));
  json["normalizer"] = {{"type", "NFKC"}};
  EXPECT_EQ(encode_bytes(load_tokenizer(dir, json), "a\ufb01"), (Ids{1, 1, 1}));
}

TEST(Tokenizer, AnAddedTokenCountsTheSpaceThatItSwallows) {
  const TempDir dir;
  SortedJson json = small_tokenizer();
  SortedJson token = added_token(10, "<s>");
  token["lstrip"] = true;
  token["rstrip"] = true;
  json["added_tokens"] = SortedJson::array({token});
  const Tokenizer tokenizer = load_tokenizer(dir, json);
  EXPECT_EQ(tokenizer.encode("a  <s>   b"), (Ids{0, 10, 1}));
  EXPECT_EQ(encode_bytes(tokenizer, "a  <s>   b"), (Ids{1, 8, 1}));
}

TEST(Tokenizer, RefusesWhatIsNoJson) {
  const std::string whole = small_tokenizer().dump();
  const std::string truncated = refusal(whole.substr(0, whole.size() / 2));
  EXPECT_EQ(truncated.substr(0, 21), "tokenizer.json: byte ");
  EXPECT_EQ(refusal("[]"), "tokenizer.json: must be an object, not array");
  EXPECT_EQ(refusal("{\"model\": {}, \"model\": {}}"),
            "tokenizer.json: byte 14: key 'model' appears twice");
}

TEST(Tokenizer, RefusalsNameFilePlaceAndCause) {
  struct Case {
    std::function<void(SortedJson&)> change;
    std::string message;
  };
  const SortedJson split = {{"type", "Split"},
                            {"pattern", {{"Regex", "a"}}},
                            {"behavior", "Isolated"},
                            {"invert", false}};
  const auto pre_tokenizer = [&split](const std::string& key, const SortedJson& value) {
    return [=](SortedJson& json) {
      json["pre_tokenizer"] = split;
      json["pre_tokenizer"][key] = value;
    };
  };
  const auto model = [](const std::string& key, const SortedJson& value) {
    return [=](SortedJson& json) { json["model"][key] = value; };
  };
  const auto top = [](const std::string& key, const SortedJson& value) {
    return [=](SortedJson& json) { json[key] = value; };
  };
  const auto added = [](const SortedJson& a, const SortedJson& b) {
    return [=](SortedJson& json) { json["added_tokens"] = {a, b}; };
  };
  SortedJson incomplete = added_token(10, "<s>");
  incomplete.erase("lstrip");
  const Case cases[] = {
      {top("version", "2.0"), "version: '2.0' is not supported; known: 1.0"},
      {top("version", 1), "version: must be a string, not number"},
      {top("normalizer", {{"type", "NFCC"}}),
       "normalizer.type: the normalizer 'NFCC' is not supported; did you mean 'NFC' or 'NFKC'?"},
      {top("normalizer", "NFC"), "normalizer: must be an object, not string"},
      {[](SortedJson& json) { json.erase("model"); }, "key 'model' is missing"},
      {model("type", "WordPiece"),
       "model.type: the model 'WordPiece' is not supported; known: BPE, Unigram"},
      {model("type", "BpE"), "model.type: the model 'BpE' is not supported; did you mean 'BPE'?"},
      {model("dropout", 0.1), "model.dropout: dropout is not supported: ids would be random"},
      {model("continuing_subword_prefix", "##"),
       "model.continuing_subword_prefix: only \"\" or null is supported"},
      {model("end_of_word_suffix", "</w>"),
       "model.end_of_word_suffix: only \"\" or null is supported"},
      {model("byte_fallback", 1), "model.byte_fallback: must be true or false, not number"},
      {model("fuse_unk", 1), "model.fuse_unk: must be true or false, not number"},
      {model("ignore_merges", 1), "model.ignore_merges: must be true or false, not number"},
      {model("unk_token", 1), "model.unk_token: must be a string, not number"},
      {model("vocab", SortedJson::array()), "model.vocab: must be an object, not array"},
      {model("vocab", {{"a", -1}}),
       "model.vocab: token 'a': a token id must be a whole number from 0 to 2147483647"},
      {model("vocab", {{"a", 1.5}}),
       "model.vocab: token 'a': a token id must be a whole number from 0 to 2147483647"},
      {model("vocab", {{"a", 18446744073709551615U}}),
       "model.vocab: token 'a': a token id must be a whole number from 0 to 2147483647"},
      {model("vocab", {{"a", 2147483648}}),
       "model.vocab: token 'a': a token id must be a whole number from 0 to 2147483647"},
      {model("vocab", {{"a", 1}, {"b", 1}}), "model.vocab: token 'b': its id 1 is that of 'a'"},
      {model("merges", {"a b", "ab"}),
       "model.merges[1]: 'ab' must be two tokens with one space between them"},
      {model("merges", {"a  b"}),
       "model.merges[0]: 'a  b' must be two tokens with one space between them"},
      {model("merges", SortedJson::array({SortedJson::array({"a"})})),
       "model.merges[0]: must be \"LEFT RIGHT\" or [\"LEFT\", \"RIGHT\"]"},
      {model("merges", SortedJson::array({"a b", SortedJson::array({"ab", "c"})})),
       "model.merges[1]: merges must be all strings or all pairs, not some of each"},
      {model("merges", {"a q"}), "model.merges[0]: 'q' is not in model.vocab"},
      {model("merges", {"a c"}), "model.merges[0]: 'ac' is not in model.vocab"},
      {[](SortedJson& json) { json["model"].erase("merges"); }, "model: key 'merges' is missing"},
      {top("pre_tokenizer", {{"type", "Metaspace"}}),
       "pre_tokenizer: key 'replacement' is missing"},
      {top("pre_tokenizer", {{"type", "Bert"}}),
       "pre_tokenizer.type: the pre-tokenizer 'Bert' is not supported; known: "
       "BertPreTokenizer, ByteLevel, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace, "
       "WhitespaceSplit"},
      {top("pre_tokenizer", {{"type", "ByteLevle"}}),
       "pre_tokenizer.type: the pre-tokenizer 'ByteLevle' is not supported; did you mean "
       "'ByteLevel'?"},
      {top("pre_tokenizer", {{"type", "ByteLevel"}}),
       "pre_tokenizer: key 'add_prefix_space' is missing"},
      {top("pre_tokenizer",
           {{"type", "Sequence"}, {"pretokenizers", SortedJson::array({{{"type", "Bert"}}})}}),
       "pre_tokenizer.pretokenizers[0].type: the pre-tokenizer 'Bert' is not supported; known: "
       "BertPreTokenizer, ByteLevel, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace, "
       "WhitespaceSplit"},
      {pre_tokenizer("behavior", "Isolate"),
       "pre_tokenizer.behavior: unknown behavior 'Isolate'; did you mean 'Isolated'?"},
      {pre_tokenizer("pattern", SortedJson::object()),
       "pre_tokenizer.pattern: needs the key 'Regex' or 'String'"},
      {pre_tokenizer("pattern", {{"Regex", "(a"}}),
       "pre_tokenizer.pattern.Regex: pattern '(a': missing closing parenthesis (byte 2 of '(a')"},
      {pre_tokenizer("pattern", {{"Regex", "[\\W]"}}),
       "pre_tokenizer.pattern.Regex: pattern '[\\W]': byte 1: '\\W' inside [...] is not supported"},
      {pre_tokenizer("invert", nullptr), "pre_tokenizer.invert: must be true or false, not null"},
      {top("added_tokens", 1), "added_tokens: must be an array, not number"},
      {added(added_token(10, "<1>"), incomplete), "added_tokens[1]: key 'lstrip' is missing"},
      {added(added_token(10, "<1>"), added_token(11, "<1>")),
       "added_tokens[1]: '<1>' is added_tokens[0] already"},
      {added(added_token(10, "<1>"), added_token(12, "<2>")),
       "added_tokens[1].id: 12 does not fit: '<2>' has the id 11 when counting on from "
       "model.vocab"},
      {added(added_token(10, "<1>"), added_token(11, "a")),
       "added_tokens[1].id: 11 does not fit: 'a' has the id 0 in model.vocab"},
  };
  for (const Case& c : cases) {
    SortedJson json = small_tokenizer();
    c.change(json);
    EXPECT_EQ(refusal(json.dump()), "tokenizer.json: " + c.message);
  }
}

TEST(Tokenizer, ThreadsMayShareIt) {
  SortedJson json = small_tokenizer();
  json["pre_tokenizer"] = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
  const TempDir dir;
  const Tokenizer tokenizer = load_tokenizer(dir, json);
  const std::string text = "abc ab aabbcc " + std::string(1000, 'a') + " abc";
  const Ids expected = tokenizer.encode(text);
  std::vector<Ids> results(8);
  std::vector<std::thread> threads;
  for (Ids& result : results) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) result = tokenizer.encode(text);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Ids& result : results) EXPECT_EQ(result, expected);
}

void expect_equal_in_every_line(const std::filesystem::path& model,
                                const std::filesystem::path& lines) {
  const Tokenizer tokenizer = Tokenizer::load(model);
  const std::vector<EncodedText> texts = read_encoded_texts(lines);
  EXPECT_FALSE(texts.empty()) << lines;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer.encode(texts[i].text), texts[i].ids) << lines << " line " << i + 1;
  }
}

constexpr const char* kNoReference = "NOISEFLOOR_REFERENCE_DIR is not set";

TEST(GoldenTokenizer, EqualsHuggingFaceOnGpt2) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  expect_equal_in_every_line(*dir / "tokenizers/gpt2", *dir / "tokenizers/gpt2/expected.jsonl");
}

TEST(GoldenTokenizer, EqualsHuggingFaceOnMistral) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  expect_equal_in_every_line(*dir / "tokenizers/mistral-7b-v0.3",
                             *dir / "tokenizers/mistral-7b-v0.3/expected.jsonl");
}

TEST(GoldenTokenizer, EqualsHuggingFaceOnOpt23m) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  expect_equal_in_every_line(*dir / "models/opt-23m",
                             *dir / "models/opt-23m/tokenizer.expected.jsonl");
}

TEST(GoldenTokenizer, EncodesAWholeFileAsOneText) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  const Tokenizer tokenizer = Tokenizer::load(*dir / "models/opt-23m");
  EXPECT_EQ(tokenizer.vocab_size(), 8192);
  const Ids ids = tokenizer.encode(read_text_file(*dir / "corpora/wikitext2.test.raw.txt"));
  ASSERT_EQ(ids.size(), 390270u);
  EXPECT_EQ(Ids(ids.begin(), ids.begin() + 16), (Ids{1461, 4659, 3363, 422, 2863, 374, 4659, 1461,
                                                     1461, 3363, 422, 2863, 374, 369, 362, 2400}));
}

TEST(GoldenTokenizer, TheBytesOfATextsTokensAddUpToIt) {
  const auto dir = reference_dir();
  if (!dir) GTEST_SKIP() << kNoReference;
  std::vector<std::string> texts = {read_text_file(*dir / "corpora/wikitext2.test.raw.txt")};
  for (const auto& entry : std::filesystem::directory_iterator(*dir / "corpora/flores200"))
    texts.push_back(read_text_file(entry.path()));
  for (const EncodedText& text : read_encoded_texts(*dir / "tokenizers/gpt2/expected.jsonl"))
    texts.push_back(text.text);
  for (const char* name :
       {"tokenizers/gpt2", "tokenizers/opt", "tokenizers/mistral-7b-v0.3", "models/opt-23m"}) {
    const Tokenizer tokenizer = Tokenizer::load(*dir / name);
    for (const std::string& text : texts) {
      const Encoding encoding = tokenizer.encode_with_bytes(text);
      ASSERT_EQ(encoding.ids.size(), encoding.bytes.size());
      ASSERT_EQ(std::accumulate(encoding.bytes.begin(), encoding.bytes.end(), std::size_t{0}),
                text.size())
          << name << ": " << text.substr(0, 200);
    }
  }
}

TEST(GoldenTokenizer, EqualsHuggingFaceOnTheEmbeddedModel) {
  const std::filesystem::path source = NF_SOURCE_DIR;
  expect_equal_in_every_line(source / "assets/models/opt-nano",
                             source / "tests/golden/nano/tokenizer.jsonl");
}

}  // namespace
}  // namespace nf
