#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/json_place.h"
#include "core/text/prefix_trie.h"
#include "core/text/token_ids.h"
#include "core/text/token_model.h"

namespace nf {

/// The unigram language model (Kudo, arXiv 1804.10959, section 3.2): a piece is cut into tokens of
/// the vocabulary in the way of the highest sum of scores, found by Viterbi's algorithm.
class Unigram final : public TokenModel {
 public:
  /// The object `model` of a tokenizer.json with "type": "Unigram": `vocab` ([token, score] by id;
  /// of a token that comes twice the later one counts), `unk_id`, `byte_fallback`.
  explicit Unigram(const JsonPlace& model);

  /// A character that is no token by itself may be unknown, at 10 less than the lowest score of
  /// all. Unknown ones in a row count as one stretch: that is the token of this text if there is
  /// one after all, else with `byte_fallback` the tokens of its bytes, else `unk_id`. Without
  /// `unk_id` such a character is a DataError.
  void encode(const Pieces& pieces, std::vector<Token>& tokens) const override;
  std::optional<std::int32_t> token_id(std::string_view token) const override;
  Index token_count() const override { return static_cast<Index>(scores_.size()); }
  std::int32_t largest_id() const override { return static_cast<std::int32_t>(scores_.size()) - 1; }

 private:
  /// The best way to cut the text up to a place: the token that ends there, and the sum of scores.
  struct Best {
    double score = 0.0;
    std::int32_t id = 0;
    std::int32_t begin = -1;  ///< the token's beginning; -1: none ends here
  };

  void read_vocabulary(const JsonPlace& vocab);
  void encode_piece(std::string_view piece, std::vector<Best>& best,
                    std::vector<Token>& tokens) const;
  void find_best(std::string_view piece, std::vector<Best>& best) const;
  void append_stretch(std::string_view stretch, std::vector<Token>& tokens) const;

  std::vector<double> scores_;  ///< by id
  TokenIds ids_;
  PrefixTrie trie_;
  double unknown_score_ = 0.0;
  std::optional<std::int32_t> unknown_id_;
  std::optional<ByteTokens> byte_tokens_;
};

}  // namespace nf
