#pragma once

#include <optional>

#include "core/text/json_place.h"
#include "core/text/pieces.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/split.h"

namespace nf {

/// The character that stands for a byte in the vocabulary of a byte-level model: itself where it is
/// printable in Latin-1, else one of U+0100 to U+0143 (GPT-2's table).
char32_t byte_character(unsigned char byte);

/// The pre-tokenizer ByteLevel of GPT-2: puts a space before each span that has none
/// (`add_prefix_space`), cuts into words (`use_regex`), then writes every byte as its
/// byte_character().
class ByteLevel final : public PreTokenizer {
 public:
  /// {"type": "ByteLevel", "add_prefix_space": A, "use_regex": U}, U defaults to true.
  /// `trim_offsets` has no effect on ids and is not read.
  explicit ByteLevel(const JsonPlace& json);

  void apply(Pieces& pieces) const override;

 private:
  bool add_prefix_space_;
  std::optional<Split> words_;
};

}  // namespace nf
