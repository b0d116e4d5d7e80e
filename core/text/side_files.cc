#include "core/text/side_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "core/base/printable.h"
#include "core/io/read_file.h"

namespace nf {
namespace {

/// A token is written as a string or as an object {"content": ...}.
JsonPlace content_of(const JsonPlace& token) {
  return token.value().is_object() ? token.at("content") : token;
}

/// The options of a token, which a file may leave out. A special one is not normalized.
SortedJson token_entry(const JsonPlace& token, const std::string& content, std::int32_t id,
                       bool special) {
  const bool is_object = token.value().is_object();
  const auto option = [&](std::string_view key, bool fallback) {
    return is_object ? token.bool_or(key, fallback) : fallback;
  };
  const bool is_special = option("special", special);
  return {{"id", id},
          {"content", content},
          {"single_word", option("single_word", false)},
          {"lstrip", option("lstrip", false)},
          {"rstrip", option("rstrip", false)},
          {"normalized", option("normalized", !is_special)},
          {"special", is_special}};
}

/// The tokens that are cut out of a text whole, in the order in which they get their ids: those of
/// a list, which is not touched, and what is added or changed.
class TokenList {
 public:
  /// `own` must be an array.
  TokenList(const SortedJson& own, const BaseVocabulary& vocabulary)
      : vocabulary_(&vocabulary), own_(&own) {
    // Entries that are none are left to AddedTokens, which knows their place.
    for (std::size_t i = 0; i < own.size(); ++i) {
      const SortedJson& entry = own[i];
      if (!entry.is_object() || !entry.contains("content") || !entry["content"].is_string())
        continue;
      known_.emplace(entry["content"].get_ref<const std::string&>(), i);
      largest_id_ = std::max(largest_id_, id_of(entry).value_or(-1));
    }
  }

  /// Adds a token that is not there yet, with the id that a file gives it if it does. `special`
  /// counts where the token does not say so itself.
  void add(const JsonPlace& token, bool special, std::optional<std::int32_t> id = std::nullopt) {
    add_or_find(token, special, id);
  }

  /// The same, but the options of a token that is there already become these.
  void update(const JsonPlace& token, bool special, std::int32_t id) {
    const std::optional<std::size_t> at = add_or_find(token, special, id);
    if (!at || *at >= own_->size() || !id_of((*own_)[*at])) return;
    SortedJson entry = token_entry(token, content_of(token).as_string(), id, special);
    if (entry != (*own_)[*at]) changed_.insert_or_assign(*at, std::move(entry));
  }

  /// The whole list, nullopt where it is the one that was given.
  std::optional<SortedJson> take() {
    if (changed_.empty() && added_.empty()) return std::nullopt;
    SortedJson list = *own_;
    for (auto& [at, entry] : changed_) list[at] = std::move(entry);
    for (SortedJson& entry : added_) list.push_back(std::move(entry));
    return list;
  }

 private:
  static std::optional<std::int32_t> id_of(const SortedJson& entry) {
    return entry.contains("id") ? token_id_from(entry["id"]) : std::nullopt;
  }

  /// The place of a token that was there before.
  std::optional<std::size_t> add_or_find(const JsonPlace& token, bool special,
                                         std::optional<std::int32_t> id) {
    const JsonPlace content_place = content_of(token);
    const std::string& content = content_place.as_string();
    if (content.empty()) return std::nullopt;
    const auto [known, is_new] = known_.emplace(content, own_->size() + added_.size());
    if (!is_new) {
      const std::size_t at = known->second;
      const auto known_id = id_of(at < own_->size() ? (*own_)[at] : added_[at - own_->size()]);
      if (id && known_id && *id != *known_id) fail_id(token, content, *id, *known_id, "already");
      return at;
    }
    const std::optional<std::int32_t> in_vocabulary = vocabulary_->id(content);
    const auto size = static_cast<std::int32_t>(vocabulary_->size);
    const std::int32_t real_id = in_vocabulary.value_or(std::max(largest_id_ + 1, size));
    if (id && *id != real_id)
      fail_id(token, content, *id, real_id,
              in_vocabulary ? "in the vocabulary" : "when counting on from the vocabulary");
    largest_id_ = std::max(largest_id_, real_id);
    added_.push_back(token_entry(token, content, real_id, special));
    return std::nullopt;
  }

  [[noreturn]] static void fail_id(const JsonPlace& token, const std::string& content,
                                   std::int32_t written, std::int32_t real,
                                   std::string_view where) {
    token.fail(fmt::format("the id {} does not fit: '{}' has the id {} {}", written,
                           printable(content), real, where));
  }

  const BaseVocabulary* vocabulary_;
  const SortedJson* own_;
  std::map<std::size_t, SortedJson> changed_;  ///< by place in the list that was given
  std::vector<SortedJson> added_;
  std::unordered_map<std::string, std::size_t> known_;
  std::int32_t largest_id_ = -1;
};

constexpr auto kNamedTokens = std::to_array<std::string_view>(
    {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"});
constexpr const char *kExtraTokens = "extra_special_tokens",
                     *kOlderExtraTokens = "additional_special_tokens",
                     *kModelTokens = "model_specific_special_tokens";

template <class Names>
bool is_one_of(std::string_view key, const Names& names) {
  return std::find(names.begin(), names.end(), key) != names.end();
}

/// The tokens of a class as a file would have them.
SortedJson as_file(const DefaultTokens& defaults) {
  SortedJson file = SortedJson::object();
  if (defaults.bos) file["bos_token"] = *defaults.bos;
  if (defaults.eos) file["eos_token"] = *defaults.eos;
  if (defaults.unk) file["unk_token"] = *defaults.unk;
  return file;
}

/// A model's own special tokens, image_token for instance, and those of an object. Such an object
/// in `extra_special_tokens`, or a name outside, takes the place of one in
/// `model_specific_special_tokens`.
void append_model_tokens(const JsonPlace& root, std::vector<JsonPlace>& tokens) {
  const std::size_t before = tokens.size();
  for (const auto& [key, value] : root.as_object()) {
    // add_bos_token is true or false.
    const bool is_token = value.is_string() || value.is_object();
    if (key.ends_with("_token") && !is_one_of(key, kNamedTokens) && is_token)
      tokens.push_back(root.at(key));
  }
  const auto append = [&](const JsonPlace& object) {
    for (const auto& [name, value] : object.as_object()) tokens.push_back(object.at(name));
  };
  if (const auto extra = root.find(kExtraTokens); extra && extra->value().is_object())
    append(*extra);
  if (const auto own = root.find(kModelTokens); own && tokens.size() == before) append(*own);
}

/// The list of nameless tokens in one file, its older name where the newer is missing.
std::optional<JsonPlace> extra_list(const JsonPlace& root) {
  const bool has_newer = root.as_object().contains(kExtraTokens);
  const auto list = root.find(has_newer ? kExtraTokens : kOlderExtraTokens);
  if (!list || list->value().is_object()) return std::nullopt;
  static_cast<void>(list->as_array());  // or it is refused
  return list;
}

/// The nameless tokens of special_tokens_map.json and tokenizer_config.json: the latter's list,
/// then what the former has more under the newer name. Under the older one the former's list counts
/// only where the latter has none.
void append_extra_tokens(const std::optional<JsonPlace>& map, const JsonPlace& config,
                         std::vector<JsonPlace>& tokens) {
  const auto append = [&tokens](const std::optional<JsonPlace>& list) {
    const auto count = list ? static_cast<Index>(list->as_array().size()) : 0;
    for (Index i = 0; i < count; ++i) tokens.push_back(list->item(i));
  };
  const std::optional<JsonPlace> own = extra_list(config);
  append(own);
  if (map && (!own || map->as_object().contains(kExtraTokens))) append(extra_list(*map));
}

/// The special tokens, the named ones first. map: special_tokens_map.json where it counts, which
/// goes before the configuration; defaults: those of the class.
std::vector<JsonPlace> special_tokens(const std::optional<JsonPlace>& map, const JsonPlace& config,
                                      const JsonPlace& defaults) {
  std::vector<JsonPlace> files;
  if (map) files.push_back(*map);
  files.insert(files.end(), {config, defaults});
  std::vector<JsonPlace> tokens;
  for (const std::string_view key : kNamedTokens) {
    const auto file = std::find_if(files.begin(), files.end(), [key](const JsonPlace& root) {
      return root.as_object().contains(std::string(key));
    });
    if (file == files.end()) continue;
    // null: there is no such token, not even that of the class.
    if (const auto token = file->find(key)) tokens.push_back(*token);
  }
  for (const JsonPlace& root : files) append_model_tokens(root, tokens);
  append_extra_tokens(map, config, tokens);
  return tokens;
}

/// `added_tokens_decoder`, {"ID": {"content": ...}}, by ascending id.
void add_decoder(const JsonPlace& decoder, TokenList& tokens) {
  std::map<std::int32_t, JsonPlace> by_id;
  for (const auto& [key, value] : decoder.as_object()) {
    const std::optional<std::int32_t> id = token_id_from(SortedJson::parse(key, nullptr, false));
    if (!id) decoder.at(key).fail(kTokenIdCause);
    if (!by_id.emplace(*id, decoder.at(key)).second)
      decoder.at(key).fail(fmt::format("the id {} appears twice", *id));
  }
  for (const auto& [id, token] : by_id) tokens.update(token, false, id);
}

/// added_tokens.json, {"TOKEN": ID}, by ascending id; special are those that are `special`
/// elsewhere.
void add_legacy_tokens(const JsonPlace& root, const std::vector<JsonPlace>& special,
                       TokenList& tokens) {
  std::set<std::string> names;
  for (const JsonPlace& token : special) names.insert(content_of(token).as_string());
  std::map<std::int32_t, SortedJson> by_id;
  for (const auto& [token, id] : root.as_object()) {
    const auto [entry, is_new] = by_id.emplace(root.at(token).as_token_id(), token);
    if (!is_new)
      root.at(token).fail(fmt::format("its id {} is that of '{}'", entry->first,
                                      printable(entry->second.get<std::string>())));
  }
  for (const auto& [id, token] : by_id)
    tokens.add(JsonPlace(root.file(), token), names.contains(token.get<std::string>()), id);
}

}  // namespace

SideFiles::OptionalFile::OptionalFile(const std::filesystem::path& dir, std::string_view name)
    : path_((dir / name).string()) {
  std::error_code ignored;
  exists_ = std::filesystem::exists(path_, ignored);
  if (exists_) root_ = parse_sorted_python_json(read_text_file(path_), path_);
}

SideFiles::SideFiles(const std::filesystem::path& dir)
    : config_(dir, "tokenizer_config.json"),
      special_(dir, "special_tokens_map.json"),
      added_(dir, "added_tokens.json") {
  if (config().bool_or("split_special_tokens", false))
    config().at("split_special_tokens").fail("only false is supported");
}

void SideFiles::check_class(const std::vector<std::string_view>& known,
                            std::string_view files) const {
  if (const auto name = config().find("tokenizer_class")) {
    std::string_view base = name->as_string();
    if (base.ends_with("Fast")) base.remove_suffix(4);
    if (!is_one_of(base, known))
      name->fail(
          fmt::format("'{}' is not supported with {}, only {}; put the tokenizer.json of "
                      "the same model beside it",
                      printable(name->as_string()), files, fmt::join(known, ", ")));
  }
  const auto code = config().find("auto_map");
  if (code && (!code->value().is_object() || code->find("AutoTokenizer")))
    code->fail(
        "a tokenizer that is code of its own is not run; put the tokenizer.json of the same model "
        "beside it");
}

std::optional<SortedJson> SideFiles::added_tokens(const SortedJson& own,
                                                  const BaseVocabulary& vocabulary,
                                                  const DefaultTokens& defaults) const {
  const std::optional<JsonPlace> decoder = config().find("added_tokens_decoder");
  const SortedJson class_tokens = as_file(defaults);
  const bool map_counts = special_.exists() && !decoder;
  const std::vector<JsonPlace> special =
      special_tokens(map_counts ? std::optional(special_.root()) : std::nullopt, config(),
                     JsonPlace(defaults.name, class_tokens));
  TokenList tokens(own, vocabulary);
  if (decoder) {
    add_decoder(*decoder, tokens);
  } else if (added_.exists()) {
    add_legacy_tokens(added_.root(), special, tokens);
  }
  for (const JsonPlace& token : special) tokens.add(token, true);
  return tokens.take();
}

}  // namespace nf
