#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A stretch of a text, in bytes: [begin, end).
struct Span {
  static constexpr std::int32_t kNoId = -1;

  Index begin = 0;
  Index end = 0;
  /// Token id of an added token, which no later step touches, else kNoId.
  std::int32_t id = kNoId;

  bool is_token() const { return id != kNoId; }
};

/// A text cut into pieces: what the steps of a tokenizer (added tokens, pre-tokenizers, model) hand
/// on. Spans ascend and do not overlap; what lies between them is no longer part of the text.
struct Pieces {
  std::string text;
  std::vector<Span> spans;

  std::string_view view(const Span& span) const {
    return std::string_view(text).substr(static_cast<std::size_t>(span.begin),
                                         static_cast<std::size_t>(span.end - span.begin));
  }
};

}  // namespace nf
