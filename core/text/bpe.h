#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/text/json_place.h"
#include "core/text/token_model.h"

namespace nf {

/// Byte-pair encoding (Sennrich et al., arXiv 1508.07909, section 3.2): a piece starts as its
/// characters; of all neighbours with a merge the pair of the lowest rank (the leftmost of equal
/// ones) becomes one token, until there is none.
class Bpe final : public TokenModel {
 public:
  /// The object `model` of a tokenizer.json with "type": "BPE": `vocab`, `merges` ("a b" or ["a",
  /// "b"]), `unk_token`, `ignore_merges`. Refuses what would change the ids and is not built:
  /// `dropout`, `continuing_subword_prefix`, `end_of_word_suffix`, `byte_fallback`, `fuse_unk`.
  explicit Bpe(const JsonPlace& model);

  /// A character that the vocabulary lacks becomes `unk_token`; without one it is dropped, as in
  /// Hugging Face tokenizers (a byte-level vocabulary has all 256 bytes and drops nothing).
  void encode(const Pieces& pieces, std::vector<std::int32_t>& ids) const override;
  std::optional<std::int32_t> token_id(std::string_view token) const override;
  Index token_count() const override { return static_cast<Index>(vocabulary_.size()); }
  std::int32_t largest_id() const override { return largest_id_; }

 private:
  struct StringHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Merge {
    std::int32_t rank = 0;
    std::int32_t id = 0;  ///< of the token that the pair becomes
  };
  /// One token of a piece that is being merged; neighbours are linked by position, -1 at the ends.
  struct Symbol {
    std::int32_t id = 0;
    std::int32_t previous = -1;
    std::int32_t next = -1;
    bool is_merged_away = false;
  };

  void read_vocabulary(const JsonPlace& vocab);
  void read_merges(const JsonPlace& merges);
  const Merge* find_merge(std::int32_t left, std::int32_t right) const;
  void encode_piece(std::string_view piece, std::vector<Symbol>& symbols,
                    std::vector<std::int32_t>& ids) const;
  void merge_all(std::vector<Symbol>& symbols) const;

  std::unordered_map<std::string, std::int32_t, StringHash, std::equal_to<>> vocabulary_;
  std::unordered_map<std::uint64_t, Merge> merges_;  ///< by left id · 2^32 + right id
  std::optional<std::int32_t> unknown_id_;
  bool ignore_merges_ = false;  ///< a piece that is a token is that token, whatever the merges say
  std::int32_t largest_id_ = -1;
};

}  // namespace nf
