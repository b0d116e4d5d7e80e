#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/json_place.h"

namespace nf {

/// The vocabulary of a tokenizer before tokens are added to it.
struct BaseVocabulary {
  std::function<std::optional<std::int32_t>(std::string_view)> id;
  Index size = 0;
};

/// The special tokens that a class of transformers has where no file names others.
struct DefaultTokens {
  std::string name;  ///< of the class, for messages
  std::optional<std::string> bos, eos, unk;
};

/// The files beside a tokenizer's own that transformers 5 reads, none of which need be there:
///   tokenizer_config.json    options, named special tokens, added tokens (`added_tokens_decoder`)
///   special_tokens_map.json  named special tokens } both only where tokenizer_config.json has no
///   added_tokens.json        added tokens         } `added_tokens_decoder`
class SideFiles {
 public:
  /// Side files of which none is there.
  SideFiles() = default;
  /// DataError names the file and the place in it. Refuses what changes ids on every route and is
  /// not built: `split_special_tokens`.
  explicit SideFiles(const std::filesystem::path& dir);

  /// Whether one of them is there.
  bool any() const { return config_.exists() || special_.exists() || added_.exists(); }
  /// tokenizer_config.json, an empty object where it is missing. Refers to this object.
  JsonPlace config() const { return config_.root(); }

  /// Refuses a `tokenizer_class` that is none of `known` (also as ...Fast) and a tokenizer that is
  /// code of the checkpoint's own (`auto_map`). `files` names what they would go with.
  void check_class(const std::vector<std::string_view>& known, std::string_view files) const;

  /// `added_tokens` as a tokenizer.json has them: those of `own`, such a list, and those that the
  /// files add to them; nullopt where they add and change nothing. A token that is there already
  /// keeps its id, but takes over the options that `added_tokens_decoder` gives it. Others have the
  /// id that `vocabulary` has for them or count on from it; an id of a file that differs from that
  /// is a DataError.
  std::optional<SortedJson> added_tokens(const SortedJson& own, const BaseVocabulary& vocabulary,
                                         const DefaultTokens& defaults) const;

 private:
  /// A JSON file that need not be there.
  class OptionalFile {
   public:
    OptionalFile() = default;
    OptionalFile(const std::filesystem::path& dir, std::string_view name);
    bool exists() const { return exists_; }
    JsonPlace root() const { return {path_, root_}; }

   private:
    std::string path_;
    bool exists_ = false;
    SortedJson root_ = SortedJson::object();
  };

  OptionalFile config_;
  OptionalFile special_;
  OptionalFile added_;
};

}  // namespace nf
