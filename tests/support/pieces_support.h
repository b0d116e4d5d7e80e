#pragma once

#include <string>
#include <vector>

#include "core/io/read_json.h"
#include "core/text/pieces.h"
#include "core/text/pre_tokenizer.h"

namespace nf {

using Words = std::vector<std::string>;

/// The pieces into which the pre-tokenizer that `json` describes cuts `text`.
inline Words pre_tokenize(const SortedJson& json, const std::string& text) {
  Pieces pieces{text, {{0, static_cast<Index>(text.size()), Span::kNoId}}};
  read_pre_tokenizer(JsonPlace("F", json))->apply(pieces);
  Words words;
  for (const Span& span : pieces.spans) words.emplace_back(pieces.view(span));
  return words;
}

}  // namespace nf
