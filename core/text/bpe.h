#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/json_place.h"
#include "core/text/token_ids.h"
#include "core/text/token_model.h"

namespace nf {

/// Byte-pair encoding (Sennrich et al., arXiv 1508.07909, section 3.2): a piece starts as its
/// characters; of all neighbours with a merge the pair of the lowest rank (the leftmost of equal
/// ones) becomes one token, until there is none.
class Bpe final : public TokenModel {
 public:
  /// The object `model` of a tokenizer.json with "type": "BPE": `vocab`, `merges` ("a b" or ["a",
  /// "b"]), `unk_token`, `ignore_merges`, `byte_fallback`, `fuse_unk`. Refuses what would change
  /// the ids and is not built: `dropout`, `continuing_subword_prefix`, `end_of_word_suffix`.
  explicit Bpe(const JsonPlace& model);

  /// A character that the vocabulary lacks becomes, with `byte_fallback`, the tokens of its bytes
  /// if there are all of them; else `unk_token`, one for several in a row with `fuse_unk`. Without
  /// `unk_token` it is dropped, as in Hugging Face tokenizers (a byte-level vocabulary has all 256
  /// bytes and drops nothing); with one that is not in the vocabulary it is a DataError.
  void encode(const Pieces& pieces, std::vector<Token>& tokens) const override;
  std::optional<std::int32_t> token_id(std::string_view token) const override;
  Index token_count() const override { return static_cast<Index>(vocabulary_.size()); }
  std::int32_t largest_id() const override { return largest_id_; }

 private:
  struct Merge {
    std::int32_t rank = 0;
    std::int32_t id = 0;  ///< of the token that the pair becomes
  };
  /// One token of a piece that is being merged; neighbours are linked by position, -1 at the ends.
  struct Symbol {
    std::int32_t id = 0;
    std::int32_t bytes = 0;  ///< of the piece that it stands for
    std::int32_t previous = -1;
    std::int32_t next = -1;
    bool is_merged_away = false;
  };

  void read_vocabulary(const JsonPlace& vocab);
  void read_merges(const JsonPlace& merges);
  const Merge* find_merge(std::int32_t left, std::int32_t right) const;
  void encode_piece(std::string_view piece, std::vector<Symbol>& symbols,
                    std::vector<Token>& tokens) const;
  void list_symbols(std::string_view piece, std::vector<Symbol>& symbols) const;
  void merge_all(std::vector<Symbol>& symbols) const;

  TokenIds vocabulary_;
  std::unordered_map<std::uint64_t, Merge> merges_;  ///< by left id · 2^32 + right id
  std::optional<std::int32_t> unknown_id_;
  std::optional<std::string> missing_unknown_;  ///< an `unk_token` that the vocabulary lacks
  bool fuse_unknown_ = false;
  std::optional<ByteTokens> byte_tokens_;
  bool ignore_merges_ = false;  ///< a piece that is a token is that token, whatever the merges say
  std::int32_t largest_id_ = -1;
};

}  // namespace nf
