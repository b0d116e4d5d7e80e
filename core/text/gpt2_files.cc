#include "core/text/gpt2_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/utf8.h"
#include "core/io/read_file.h"
#include "core/text/json_place.h"

namespace nf {
namespace {

/// A JSON file that need not be there.
class OptionalFile {
 public:
  OptionalFile(const std::filesystem::path& dir, std::string_view name) : path_(dir / name) {
    std::error_code ignored;
    exists_ = std::filesystem::exists(path_, ignored);
    if (exists_) root_ = read_sorted_json(path_);
  }
  bool exists() const { return exists_; }
  JsonPlace root() const { return {path_.string(), root_}; }

 private:
  std::filesystem::path path_;
  bool exists_ = false;
  SortedJson root_ = SortedJson::object();
};

/// The pairs of merges.txt in the order of its lines, each checked against `vocab`.
SortedJson read_merges(const std::filesystem::path& path, const SortedJson::object_t& vocab) {
  const std::string text = read_text_file(path);
  check_utf8(text, path.string());
  SortedJson merges = SortedJson::array();
  Index number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    const auto fail = [&](std::string_view cause) {
      throw DataError(fmt::format("{}:{}: {}", path.string(), number, cause));
    };
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("#version")) continue;
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || line.find(' ', space + 1) != std::string::npos)
      fail(fmt::format("'{}' must be two tokens with one space between them", printable(line)));
    const std::string left = line.substr(0, space);
    const std::string right = line.substr(space + 1);
    for (const std::string& token : {left, right, left + right}) {
      if (!vocab.contains(token)) fail(fmt::format("'{}' is not in vocab.json", printable(token)));
    }
    merges.push_back({left, right});
  }
  return merges;
}

/// A token is written as a string or as an object {"content": ...}.
JsonPlace content_of(const JsonPlace& token) {
  return token.value().is_object() ? token.at("content") : token;
}

/// The tokens that are cut out of a text whole, in the order in which they get their ids.
class TokenList {
 public:
  explicit TokenList(const SortedJson::object_t& vocab) : vocab_(&vocab) {}

  /// The first of several with one content counts. `special` where the token does not say so
  /// itself; `id` is the one that the file gives it, which must be what it comes out as.
  void add(const JsonPlace& token, bool special, std::optional<std::int32_t> id = std::nullopt) {
    const bool is_object = token.value().is_object();
    const auto option = [&](std::string_view key, bool fallback) {
      return is_object ? token.bool_or(key, fallback) : fallback;
    };
    const JsonPlace content_place = content_of(token);
    const std::string& content = content_place.as_string();
    if (content.empty() || !known_.insert(content).second) return;
    const bool is_special = option("special", special);
    list_.push_back({{"id", checked_id(token, content, id)},
                     {"content", content},
                     {"single_word", option("single_word", false)},
                     {"lstrip", option("lstrip", false)},
                     {"rstrip", option("rstrip", false)},
                     {"normalized", option("normalized", !is_special)},
                     {"special", is_special}});
  }

  SortedJson take() { return std::move(list_); }

 private:
  /// Tokens that the vocabulary lacks count on from its size, as in Hugging Face tokenizers.
  std::int32_t checked_id(const JsonPlace& token, const std::string& content,
                          std::optional<std::int32_t> written) {
    const auto in_vocab = vocab_->find(content);
    const bool is_new = in_vocab == vocab_->end();
    // An id of vocab.json that is none is found when the model reads it.
    const std::int32_t id = is_new ? static_cast<std::int32_t>(vocab_->size()) + new_count_++
                                   : token_id_from(in_vocab->second).value_or(0);
    if (written && *written != id) {
      token.fail(fmt::format("the id {} does not fit: '{}' has the id {} {}", *written,
                             printable(content), id,
                             is_new ? "when counting on from vocab.json" : "in vocab.json"));
    }
    return id;
  }

  const SortedJson::object_t* vocab_;
  SortedJson list_ = SortedJson::array();
  std::set<std::string> known_;
  std::int32_t new_count_ = 0;
};

constexpr auto kNamedTokens = std::to_array<std::string_view>(
    {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"});
constexpr auto kTokenLists =
    std::to_array<std::string_view>({"additional_special_tokens", "extra_special_tokens"});

template <class Names>
bool is_one_of(std::string_view key, const Names& names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

/// The special tokens of tokenizer_config.json and special_tokens_map.json, `files` in the order in
/// which they count, the named ones first.
std::vector<JsonPlace> special_tokens(const std::vector<JsonPlace>& files) {
  static const SortedJson end_of_text = "<|endoftext|>";
  std::vector<JsonPlace> tokens;
  for (const std::string_view key : kNamedTokens) {
    const auto file = std::find_if(files.begin(), files.end(), [key](const JsonPlace& root) {
      return root.as_object().contains(std::string(key));
    });
    if (file != files.end()) {
      // null: there is no such token, not even that of the class.
      if (const auto token = file->find(key)) tokens.push_back(*token);
    } else if (key == "bos_token" || key == "eos_token" || key == "unk_token") {
      tokens.emplace_back("transformers' GPT2Tokenizer", end_of_text);
    }
  }
  for (const JsonPlace& root : files) {
    for (const auto& [key, value] : root.as_object()) {
      // A model's own ones, image_token for instance. add_bos_token is true or false.
      if (key.ends_with("_token") && !is_one_of(key, kNamedTokens) && value.is_string())
        tokens.push_back(root.at(key));
    }
    for (const std::string_view key : kTokenLists) {
      const auto list = root.find(key);
      if (!list) continue;
      if (list->value().is_object()) {
        for (const auto& [name, value] : list->as_object()) tokens.push_back(list->at(name));
      } else {
        const auto count = static_cast<Index>(list->as_array().size());
        for (Index i = 0; i < count; ++i) tokens.push_back(list->item(i));
      }
    }
  }
  return tokens;
}

/// `added_tokens_decoder`, {"ID": {"content": ...}}, by ascending id.
void add_decoder(const JsonPlace& decoder, TokenList& tokens) {
  std::map<std::int32_t, JsonPlace> by_id;
  for (const auto& [key, value] : decoder.as_object()) {
    const std::optional<std::int32_t> id = token_id_from(SortedJson::parse(key, nullptr, false));
    if (!id) decoder.at(key).fail(kTokenIdCause);
    by_id.emplace(*id, decoder.at(key));
  }
  for (const auto& [id, token] : by_id) tokens.add(token, false, id);
}

/// added_tokens.json, {"TOKEN": ID}, by ascending id; special are those that are `special`
/// elsewhere.
void add_legacy_tokens(const JsonPlace& root, const std::vector<JsonPlace>& special,
                       TokenList& tokens) {
  std::set<std::string> names;
  for (const JsonPlace& token : special) names.insert(content_of(token).as_string());
  std::map<std::int32_t, SortedJson> by_id;
  for (const auto& [token, id] : root.as_object())
    by_id.emplace(root.at(token).as_token_id(), token);
  for (const auto& [id, token] : by_id)
    tokens.add(JsonPlace(root.file(), token), names.contains(token.get<std::string>()), id);
}

/// `added_tokens` as a tokenizer.json has them.
SortedJson read_tokens(const std::filesystem::path& dir, const JsonPlace& config,
                       const SortedJson::object_t& vocab) {
  const OptionalFile map(dir, "special_tokens_map.json");
  const OptionalFile added(dir, "added_tokens.json");
  const std::optional<JsonPlace> decoder = config.find("added_tokens_decoder");
  std::vector<JsonPlace> files;
  if (map.exists() && !decoder) files.push_back(map.root());
  files.push_back(config);
  const std::vector<JsonPlace> special = special_tokens(files);
  TokenList tokens(vocab);
  if (decoder) {
    add_decoder(*decoder, tokens);
  } else if (added.exists()) {
    add_legacy_tokens(added.root(), special, tokens);
  }
  for (const JsonPlace& token : special) tokens.add(token, true);
  return tokens.take();
}

/// Refuses options that would cut a text otherwise than GPT-2's tokenizer does.
void refuse_unsupported(const JsonPlace& config) {
  if (const auto name = config.find("tokenizer_class")) {
    if (name->as_string() != "GPT2Tokenizer" && name->as_string() != "GPT2TokenizerFast") {
      name->fail(fmt::format(
          "'{}' is not supported with vocab.json and merges.txt, only GPT2Tokenizer; put the "
          "tokenizer.json of the same model beside them",
          printable(name->as_string())));
    }
  }
  if (config.bool_or("split_special_tokens", false))
    config.at("split_special_tokens").fail("only false is supported");
}

}  // namespace

SortedJson read_gpt2_files(const std::filesystem::path& dir) {
  const std::filesystem::path vocab_file = dir / "vocab.json";
  SortedJson vocab = read_sorted_json(vocab_file);
  const JsonPlace vocab_place(vocab_file.string(), vocab);
  const SortedJson::object_t& entries = vocab_place.as_object();
  const OptionalFile config(dir, "tokenizer_config.json");
  refuse_unsupported(config.root());
  SortedJson merges = read_merges(dir / "merges.txt", entries);
  SortedJson tokens = read_tokens(dir, config.root(), entries);
  const bool add_prefix_space = config.root().bool_or("add_prefix_space", false);
  return {{"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", add_prefix_space}}},
          {"added_tokens", std::move(tokens)},
          {"model", {{"type", "BPE"}, {"vocab", std::move(vocab)}, {"merges", std::move(merges)}}}};
}

}  // namespace nf
