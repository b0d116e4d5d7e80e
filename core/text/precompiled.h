#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/json_place.h"
#include "core/text/normalizer.h"

namespace nf {

/// The normalizer Precompiled: the table of replacements that SentencePiece writes into its models
/// (Kudo and Richardson, arXiv 1808.06226, section 3.2), as Hugging Face tokenizers applies it:
/// grapheme by grapheme where that has less than six bytes, else character by character; of the
/// entries that a stretch begins with, the shortest replaces all of it.
class Precompiled final : public Normalizer {
 public:
  /// {"type": "Precompiled", "precompiled_charsmap": BASE64}. The bytes are the size of a
  /// double-array trie (32 bits, little endian), its units (32 bits each), then the replacements,
  /// each ended by a zero.
  explicit Precompiled(const JsonPlace& json);

  /// DataError when the table turns out to be damaged.
  std::string apply(std::string_view text) const override;

 private:
  std::optional<std::string_view> replacement(std::string_view stretch) const;
  void append(std::string_view grapheme, std::string& result) const;
  [[noreturn]] void fail_damaged() const;

  std::string place_;
  std::vector<std::uint32_t> units_;
  std::string replacements_;
};

}  // namespace nf
