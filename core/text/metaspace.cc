#include "core/text/metaspace.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/base/utf8.h"

namespace nf {

Metaspace::Metaspace(const JsonPlace& json)
    : scheme_(read_scheme(json)), split_(json.bool_or("split", true)) {
  const JsonPlace replacement = json.at("replacement");
  mark_ = replacement.as_string();
  if (mark_.empty() || static_cast<Index>(mark_.size()) != utf8_length(mark_.front()))
    replacement.fail("must be one character");
  if (!json.bool_or("add_prefix_space", true) && scheme_ != PrependScheme::never)
    json.at("add_prefix_space").fail("false contradicts prepend_scheme, which is not \"never\"");
}

Metaspace::PrependScheme Metaspace::read_scheme(const JsonPlace& json) {
  const auto scheme = json.find("prepend_scheme");
  if (!scheme || scheme->as_string() == "always") return PrependScheme::always;
  if (scheme->as_string() == "first") return PrependScheme::first;
  if (scheme->as_string() == "never") return PrependScheme::never;
  scheme->fail(fmt::format("unknown scheme '{}'{}", printable(scheme->as_string()),
                           suggestion(scheme->as_string(), {"always", "first", "never"})));
}

void Metaspace::apply(Pieces& pieces) const {
  rewrite_spans(pieces, [&](const Span& span, PiecesWriter& writer) {
    const std::string_view piece = pieces.view(span);
    const bool wanted =
        scheme_ == PrependScheme::always || (scheme_ == PrependScheme::first && span.begin == 0);
    if (wanted && !piece.starts_with(' ') && !piece.starts_with(mark_)) writer.insert(mark_);
    Index done = span.begin;
    for (Index i = span.begin; i < span.end; ++i) {
      if (pieces.text[static_cast<std::size_t>(i)] != ' ') continue;
      writer.copy(done, i);
      writer.replace(i, i + 1, mark_);
      done = i + 1;
    }
    writer.copy(done, span.end);
  });
  if (split_) split_at_marks(pieces);
}

void Metaspace::split_at_marks(Pieces& pieces) const {
  std::vector<Span> spans;
  for (const Span& span : pieces.spans) {
    if (span.is_token()) {
      spans.push_back(span);
      continue;
    }
    const std::string_view piece = pieces.view(span);
    std::size_t begin = 0;
    while (begin < piece.size()) {
      const std::size_t end = std::min(piece.find(mark_, begin + 1), piece.size());
      spans.push_back({span.begin + static_cast<Index>(begin), span.begin + static_cast<Index>(end),
                       Span::kNoId});
      begin = end;
    }
  }
  pieces.spans = std::move(spans);
}

}  // namespace nf
