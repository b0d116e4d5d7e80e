#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/types.h"
#include "core/text/json_place.h"

namespace nf {

/// Text to token ids, as Hugging Face tokenizers 0.23 does it with the same `tokenizer.json`:
///   added tokens  ->  normalizer  ->  added tokens  ->  pre-tokenizer  ->  model
/// Every part of the file that changes ids and is not built is an error that names it; what cannot
/// change them is not read: `decoder`, and `post_processor`, which only adds special tokens around
/// the text (here none are added) and trims offsets. Immutable; encode() may be called by several
/// threads at once.
class Tokenizer {
 public:
  /// Reads DIR/tokenizer.json. DataError names the file and the place in it.
  static Tokenizer load(const std::filesystem::path& dir);

  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// The ids of `utf8`, no special tokens added around it; added tokens that stand in the text
  /// itself become their ids. DataError "byte N: invalid UTF-8" on malformed text.
  std::vector<std::int32_t> encode(std::string_view utf8) const;

  /// One more than the largest id of the file: every id is less. (A model's vocab_size may be
  /// larger.)
  Index vocab_size() const;

 private:
  explicit Tokenizer(const JsonPlace& root);

  struct Parts;
  std::unique_ptr<const Parts> parts_;
};

}  // namespace nf
