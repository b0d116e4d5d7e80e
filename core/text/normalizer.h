#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/json_place.h"
#include "core/text/pieces.h"

namespace nf {

/// The step of a tokenizer that rewrites the text before it is cut into words. Text in and out is
/// well-formed UTF-8. Immutable and thread-safe.
class Normalizer {
 public:
  virtual ~Normalizer() = default;

  virtual std::string apply(std::string_view text) const = 0;
  /// apply() on `text`, with what its bytes stand for (carry_source_bytes()): [text.size()]
  virtual void rewrite(std::string& text, std::vector<std::int32_t>& source_bytes) const;
  /// Whether what apply(text) begins with stands for something after the first character of
  /// `text`: to Hugging Face tokenizers it is then no longer the beginning of the text, which is
  /// where Metaspace with "prepend_scheme": "first" puts its mark.
  virtual bool drops_start(std::string_view /*text*/) const { return false; }
};

/// The object `normalizer` of a tokenizer.json. Of the types of Hugging Face tokenizers 0.23 it
/// knows ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Prepend, Replace, Sequence, Strip
/// and StripAccents; every other one is an error that names it.
std::unique_ptr<Normalizer> read_normalizer(const JsonPlace& json);

/// Every span of `pieces` that is no added token replaced by what `normalizer` makes of it, spans
/// of which nothing is left taken out.
void normalize_spans(const Normalizer& normalizer, Pieces& pieces);

}  // namespace nf
