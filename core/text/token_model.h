#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/text/pieces.h"

namespace nf {

/// The last step of a tokenizer: pieces of text in, token ids out. Immutable and thread-safe.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// Appends the ids of all spans of `pieces`, in order, to `ids`; an added token's span gives its
  /// id.
  virtual void encode(const Pieces& pieces, std::vector<std::int32_t>& ids) const = 0;
  /// The id of `token` in the vocabulary, nullopt when it is not there.
  virtual std::optional<std::int32_t> token_id(std::string_view token) const = 0;
  /// Number of tokens in the vocabulary.
  virtual Index token_count() const = 0;
  /// The largest id in the vocabulary, -1 when it is empty.
  virtual std::int32_t largest_id() const = 0;
};

}  // namespace nf
