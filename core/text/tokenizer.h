#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/text/tokenizer_kind.h"

namespace nf {

/// Token ids of a text and how many bytes of it each stands for: [tokens] both.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> bytes;
};

/// Text to token ids, as the library does it that the checkpoint's tokenizer was published for.
/// Immutable; may be used by several threads at once.
class Tokenizer {
 public:
  /// Reads the first of these that DIR has; DataError when there is none, and where a file is
  /// wrong:
  ///   tokenizer.json             as Hugging Face tokenizers 0.23 (tokenizer_json.h)
  ///   tokenizer.model            as SentencePiece (sentencepiece.h)
  ///   vocab.json and merges.txt  as transformers' GPT-2 tokenizer (gpt2_files.h)
  /// each with what lies beside it (side_files.h).
  static Tokenizer load(const std::filesystem::path& dir);

  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// The ids of `utf8`, no special tokens added around it; added tokens that stand in the text
  /// itself become their ids. DataError "byte N: invalid UTF-8" on malformed text.
  std::vector<std::int32_t> encode(std::string_view utf8) const;

  /// The same ids together with the bytes that each stands for. A space that the tokenizer itself
  /// puts before a text counts 0, a character of several tokens is divided among them, an unknown
  /// token counts what it stands for, an added token the space as well that it swallows. The sum is
  /// the text's size, unless the tokenizer rewrites or drops text: a stretch that its normalizer
  /// changes counts the bytes of the result.
  Encoding encode_with_bytes(std::string_view utf8) const;

  /// One more than the largest id of the file: every id is less. (A model's vocab_size may be
  /// larger.)
  Index vocab_size() const;

 private:
  explicit Tokenizer(std::unique_ptr<const TokenizerKind> kind);

  std::unique_ptr<const TokenizerKind> kind_;
};

}  // namespace nf
