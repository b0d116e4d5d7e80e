#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/types.h"
#include "core/text/tokenizer.h"

namespace nf {

/// Where a beginning-of-text token goes.
enum class Bos { none, document, window };

/// How a text becomes windows. Convention `window`, version 1: tokenized once, non-overlapping
/// windows of `context` tokens, the first token of a window is context only, a tail shorter than
/// the context is dropped; a document shorter than one context is one window.
struct WindowOptions {
  Index context = 0;             ///< tokens
  std::optional<Index> limit{};  ///< at most that many windows, from the start
  Bos bos = Bos::none;
  std::int32_t bos_id = -1;  ///< where bos is not none
};

/// The evaluation text as one model reads it.
class TokenWindows {
 public:
  /// documents: each a text of its own (a plain text file is one). `name` is how errors and
  /// warnings call the source. Throws DataError for invalid UTF-8 and for a text without two
  /// tokens.
  static TokenWindows from_documents(const std::vector<std::string>& documents,
                                     const Tokenizer& tokenizer, const WindowOptions& options,
                                     const std::string& name);

  /// Windows cut from token ids that are there already, as one document; a short tail is dropped.
  static TokenWindows from_ids(std::vector<std::int32_t> ids, Index context);

  Index count() const { return static_cast<Index>(starts_.size()) - 1; }
  Index context() const { return context_; }
  /// Tokens of one window, at most context() of them: [T]
  std::span<const std::int32_t> window(Index w) const;
  /// Tokens that are scored in windows [first, last): all but each window's first.
  Index scored(Index first, Index last) const;
  Index scored() const { return scored(0, count()); }
  /// XXH3-128 over ids, window bounds and context: the same hash, the same numbers.
  std::string hash() const;
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Index context_ = 0;
  std::vector<std::int32_t> ids_;
  std::vector<Index> starts_ = {0};
  std::vector<std::string> warnings_;
};

/// The documents of a JSON-lines file: the string under `field` of each line, in order. Throws
/// DataError naming FILE:LINE.
std::vector<std::string> read_jsonl_documents(const std::filesystem::path& path,
                                              const std::string& field);

}  // namespace nf
