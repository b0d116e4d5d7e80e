/// Fuzzes tokenizer.json. An input is the file, a text, and tokenizer_config.json.

#include "tests/fuzz/json_mutator.h"
#include "tests/fuzz/tokenizers.h"
#include "tests/support/charsmap.h"
#include "tests/support/tokenizer_file.h"

namespace nf {
namespace {

std::string from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < text.size() && text[i] != '='; ++i) {
    bits = (bits << 6U) | static_cast<std::uint32_t>(kDigits.find(text[i]) & 63U);
    if (i % 4 > 0) bytes += static_cast<char>(bits >> (6 - 2 * (i % 4)));
  }
  return bytes;
}

/// A tokenizer without a normalizer leaves the text as it is, unless its pre-tokenizer drops parts.
ByteSum byte_sum_of(std::string_view file) {
  const SortedJson root = SortedJson::parse(file, nullptr, false);
  const auto has = [&root](const char* key) {
    return root.is_object() && root.contains(key) && !root.at(key).is_null();
  };
  if (!root.is_object() || has("normalizer")) return ByteSum::any;
  if (has("pre_tokenizer")) {
    const std::string text =
        root.at("pre_tokenizer").dump(-1, ' ', false, SortedJson::error_handler_t::ignore);
    for (const char* const word : {"Removed", "Whitespace", "Bert"})
      if (text.find(word) != std::string::npos) return ByteSum::any;
  }
  const bool knows_all = has("model") && root.at("model").is_object() &&
                         root.at("model").value("type", SortedJson()) == "Unigram" &&
                         root.at("model").value("unk_id", SortedJson()).is_number();
  return knows_all ? ByteSum::equal : ByteSum::at_most;
}

/// Changes the bytes of a normalizer's table, which stand there as base64.
bool change_charsmap(std::string& file) {
  constexpr std::string_view kKey = "\"precompiled_charsmap\":\"";
  const std::size_t key = file.find(kKey);
  if (key == std::string::npos) return false;
  const std::size_t begin = key + kKey.size();
  const std::size_t end = file.find('"', begin);
  if (end == std::string::npos) return false;
  const std::string changed = mutate_bytes(from_base64(file.substr(begin, end - begin)));
  file.replace(begin, end - begin, to_base64(changed));
  return true;
}

/// Words with a score each, all the bytes among them where they are asked for.
SortedJson unigram_model(bool bytes) {
  SortedJson vocab = SortedJson::array();
  for (const char* const word : {"<unk>", "a", "b", "ab", "abc", "▁", "▁a", "▁the", "e", "1", "é"})
    vocab.push_back({word, -0.5 * static_cast<double>(vocab.size())});
  for (int byte = 0; bytes && byte < 256; ++byte)
    vocab.push_back({fmt::format("<0x{:02X}>", byte), -9.0});
  return {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", vocab}, {"byte_fallback", bytes}};
}

SortedJson added_tokens(std::int32_t first_id) {
  SortedJson tokens = {added_token(first_id, "<|n|>"), added_token(first_id + 1, "<mask>"),
                       added_token(first_id + 2, "aX")};
  tokens[0]["special"] = true;
  tokens[1]["lstrip"] = tokens[1]["rstrip"] = true;
  tokens[2]["normalized"] = tokens[2]["single_word"] = true;
  return tokens;
}

/// The parts of a tokenizer around its model.
struct Form {
  const char* name;
  SortedJson normalizer, pre_tokenizer;
};

std::vector<Form> forms() {
  const auto json = [](const char* text) { return SortedJson::parse(text); };
  const auto sequence = [](const char* key, const SortedJson& list) {
    return SortedJson{{"type", "Sequence"}, {key, list}};
  };
  const SortedJson table = {
      {"type", "Precompiled"},
      {"precompiled_charsmap", to_base64(make_charsmap({{"a", "b"}, {"ab", "X"}, {"é", "e"}}))}};
  return {
      {"byte-level", nullptr,
       json(R"({"type": "ByteLevel", "add_prefix_space": true, "use_regex": true})")},
      {"marks", sequence("normalizers", json(R"([{"type": "Prepend", "prepend": "▁"},
           {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}])")),
       nullptr},
      {"metaspace", table,
       json(R"({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"})")},
      {"unicode",
       sequence("normalizers", json(R"([{"type": "NFD"}, {"type": "Lowercase"}, {"type": "NFKC"},
           {"type": "StripAccents"}, {"type": "Strip", "strip_left": true, "strip_right": true}])")),
       sequence("pretokenizers", json(R"([{"type": "Digits", "individual_digits": true},
           {"type": "WhitespaceSplit"}])"))},
      {"split", json(R"({"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "})"),
       json(R"-({"type": "Split", "behavior": "MergedWithPrevious", "invert": false, "pattern":
           {"Regex": "'s|\\p{L}+|\\p{N}{1,3}|[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)"}})-")}};
}

}  // namespace

void make_seeds(const SaveSeed& save) {
  for (const Form& form : forms()) {
    for (const bool is_bpe : {true, false}) {
      SortedJson file = small_tokenizer();
      file["normalizer"] = form.normalizer;
      file["pre_tokenizer"] = form.pre_tokenizer;
      if (!is_bpe) file["model"] = unigram_model(form.normalizer.is_null());
      file["added_tokens"] = added_tokens(static_cast<std::int32_t>(file["model"]["vocab"].size()));
      save(fmt::format("{}-{}", form.name, is_bpe ? "bpe" : "unigram"),
           join_input({file.dump(), "a <mask> abcX aXé 12",
                       R"({"add_prefix_space": false, "added_tokens_decoder": {}})"}));
    }
  }
}

}  // namespace nf

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nf;
  const std::vector<std::string_view> parts = split_input(as_text(data, size), 3);
  write_input("tokenizer.json", parts[0]);
  write_or_remove_input("tokenizer_config.json", parts[2]);
  check_tokenizer(fuzz_folder(), parts[1], byte_sum_of(parts[0]));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  using namespace nf;
  JsonMutator mutator(seed, fuzz_words());
  return mutate_parts(mutator, 3, data, size, most, [&](std::size_t part, std::string& file) {
    return part == 0 && mutator.below(4) == 0 && change_charsmap(file);
  });
}
