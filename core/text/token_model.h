#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/text/pieces.h"

namespace nf {

/// One token of a text.
struct Token {
  std::int32_t id = 0;
  /// Number of bytes of the text that it stands for: Pieces::source_length() of its stretch of the
  /// pieces' text.
  std::int32_t bytes = 0;

  friend bool operator==(const Token&, const Token&) = default;
};

/// The last step of a tokenizer: pieces of text in, tokens out. Immutable and thread-safe.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// Appends the tokens of all spans of `pieces`, in order, to `tokens`; an added token's span
  /// gives its id. The bytes of a span's tokens add up to those of the span: a character that the
  /// model drops counts for a token beside it.
  virtual void encode(const Pieces& pieces, std::vector<Token>& tokens) const = 0;
  /// The id of `token` in the vocabulary, nullopt when it is not there.
  virtual std::optional<std::int32_t> token_id(std::string_view token) const = 0;
  /// Number of tokens in the vocabulary.
  virtual Index token_count() const = 0;
  /// The largest id in the vocabulary, -1 when it is empty.
  virtual std::int32_t largest_id() const = 0;
};

}  // namespace nf
