#pragma once

#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/text/token_model.h"

namespace nf {

/// The implementation behind a Tokenizer: one class for each form in which a tokenizer is
/// published. Immutable and thread-safe.
class TokenizerKind {
 public:
  virtual ~TokenizerKind() = default;

  /// The tokens of `utf8`, which is well formed, in order.
  virtual std::vector<Token> encode(std::string_view utf8) const = 0;
  /// One more than the largest id.
  virtual Index vocab_size() const = 0;
};

}  // namespace nf
