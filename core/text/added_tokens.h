#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/json_place.h"
#include "core/text/normalizer.h"
#include "core/text/pcre.h"
#include "core/text/pieces.h"
#include "core/text/prefix_trie.h"
#include "core/text/token_model.h"

namespace nf {

/// The `added_tokens` of a tokenizer.json: words that are found in the text itself, before it is
/// cut by the pre-tokenizer, and stand for one id each. Special or not makes no difference to
/// encoding.
class AddedTokens {
 public:
  /// `list` is the array `added_tokens`. Hugging Face tokenizers goes by the content alone: a token
  /// that the model knows has the model's id, others count on from its vocabulary, whatever the
  /// file says. An `id` that differs from that is an error here. Tokens without content match
  /// nothing and are dropped. `normalizer`, null when there is none, rewrites the tokens that are
  /// looked for in the normalized text; it is not kept.
  AddedTokens(const JsonPlace& list, const TokenModel& model,
              const Normalizer* normalizer = nullptr);

  /// Cuts the spans of `pieces` at the tokens that are matched in the text before (`normalized`
  /// false) or after (true) the normalizer. The leftmost match counts, of several there the
  /// longest.
  void cut(bool normalized, Pieces& pieces) const;

  /// The largest id, -1 without tokens.
  std::int32_t largest_id() const { return largest_id_; }

 private:
  struct Token {
    std::string content;
    std::int32_t id = 0;
    bool single_word = false;  ///< only where no word character touches it
    bool lstrip = false;       ///< swallows the white space before it
    bool rstrip = false;       ///< swallows the white space after it
  };
  /// Tokens and how to find them: by a trie, so that many are found as fast as few.
  struct Table {
    std::vector<Token> tokens;
    PrefixTrie trie;                    ///< of their contents: the index in `tokens`
    std::array<bool, 256> begins = {};  ///< [byte]: whether a token begins with it

    void build();
    const Token* longest_at(std::string_view text, Index at) const;
  };

  /// The id of entry `i`, which must be the one that is written there.
  std::int32_t checked_id(const JsonPlace& list, Index i, const std::string& content,
                          std::int32_t written, const TokenModel& model) const;
  bool touches_word(std::string_view text, Index begin, Index end) const;
  void cut_span(const Table& table, const Pieces& pieces, const Span& span,
                std::vector<Span>& out) const;

  std::array<Table, 2> tables_;  ///< [normalized]
  std::int32_t largest_id_ = -1;
  Regex word_character_;
};

}  // namespace nf
