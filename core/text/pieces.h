#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
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

/// A text cut into pieces, as the steps of a tokenizer (added tokens, pre-tokenizers, model) hand
/// it on. Spans ascend and do not overlap; the bytes between them are no longer part of the text.
struct Pieces {
  std::string text;
  std::vector<Span> spans;
  /// Number of bytes of the tokenizer's input that each byte of `text` stands for (0 for a space
  /// that was put there); empty as long as each stands for itself. Code that writes the text anew
  /// brings it along, as rewrite_spans() does. [text.size()]
  std::vector<std::int32_t> source_bytes{};

  std::string_view view(const Span& span) const {
    return std::string_view(text).substr(static_cast<std::size_t>(span.begin),
                                         static_cast<std::size_t>(span.end - span.begin));
  }
  /// Number of bytes of the tokenizer's input that bytes [begin, end) of `text` stand for.
  Index source_length(Index begin, Index end) const {
    if (source_bytes.empty()) return end - begin;
    Index sum = 0;
    for (Index i = begin; i < end; ++i) sum += source_bytes[static_cast<std::size_t>(i)];
    return sum;
  }
};

/// Writes a text anew from left to right and notes what stands for what.
class PiecesWriter {
 public:
  explicit PiecesWriter(const Pieces& old) : old_(&old) {
    text_.reserve(2 * old.text.size());
    source_bytes_.reserve(2 * old.text.size());
  }

  /// `text` in the place of bytes [begin, end) of the old text.
  void replace(Index begin, Index end, std::string_view text) {
    if (text.empty()) return;
    text_ += text;
    // Characters are never cut, so it is enough that one of their bytes counts.
    source_bytes_.push_back(static_cast<std::int32_t>(old_->source_length(begin, end)));
    source_bytes_.resize(text_.size(), 0);
  }
  /// Bytes [begin, end) of the old text, as they are.
  void copy(Index begin, Index end) {
    text_.append(old_->text, static_cast<std::size_t>(begin),
                 static_cast<std::size_t>(end - begin));
    if (old_->source_bytes.empty()) {
      source_bytes_.resize(text_.size(), 1);
    } else {
      source_bytes_.insert(source_bytes_.end(), old_->source_bytes.begin() + begin,
                           old_->source_bytes.begin() + end);
    }
  }
  /// `text`, which stands for nothing of the old text.
  void insert(std::string_view text) { replace(0, 0, text); }

  Index size() const { return static_cast<Index>(text_.size()); }
  /// The text as written replaces that of `pieces`, whose spans the caller has brought up to date.
  void finish(Pieces& pieces) {
    pieces.text = std::move(text_);
    pieces.source_bytes = std::move(source_bytes_);
  }

 private:
  const Pieces* old_;
  std::string text_;
  std::vector<std::int32_t> source_bytes_;
};

/// Writes the text of pieces anew, span by span: `rewrite(span, writer)` writes what is to stand
/// for a span of the old text. Added tokens are copied.
template <class Rewrite>
void rewrite_spans(Pieces& pieces, const Rewrite& rewrite) {
  PiecesWriter writer(pieces);
  std::vector<Span> spans;
  spans.reserve(pieces.spans.size());
  for (const Span& span : pieces.spans) {
    const Index begin = writer.size();
    if (span.is_token()) {
      writer.copy(span.begin, span.end);
    } else {
      rewrite(span, writer);
    }
    spans.push_back({begin, writer.size(), span.id});
  }
  writer.finish(pieces);
  pieces.spans = std::move(spans);
}

}  // namespace nf
