#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/pieces.h"
#include "core/text/token_model.h"

namespace nf {

/// TokenModel::encode() for a model that encodes every piece by itself: `encode_piece(piece,
/// tokens)` appends its tokens, their bytes counted in the piece's own text. Most pieces of a text
/// come again and again: each is encoded once.
template <class EncodePiece>
void encode_pieces(const Pieces& pieces, const EncodePiece& encode_piece,
                   std::vector<Token>& tokens) {
  struct Made {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::unordered_map<std::string_view, Made> made;
  std::vector<Token> made_tokens;
  for (const Span& span : pieces.spans) {
    if (span.is_token()) {
      tokens.push_back(
          {span.id, static_cast<std::int32_t>(pieces.source_length(span.begin, span.end))});
      continue;
    }
    const std::string_view piece = pieces.view(span);
    const auto [entry, is_new] = made.try_emplace(piece);
    if (is_new) {
      entry->second.begin = made_tokens.size();
      encode_piece(piece, made_tokens);
      entry->second.end = made_tokens.size();
    }
    // The bytes of the text that a piece stands for differ from one place to the other.
    Index at = span.begin;
    for (std::size_t i = entry->second.begin; i < entry->second.end; ++i) {
      const Token& token = made_tokens[i];
      tokens.push_back(
          {token.id, static_cast<std::int32_t>(pieces.source_length(at, at + token.bytes))});
      at += token.bytes;
    }
  }
}

}  // namespace nf
