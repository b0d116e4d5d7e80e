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
  /// Applies apply() to `text` and brings `source_bytes` [text.size()] along: the number of bytes
  /// that each byte of the new text stands for (carry_source_bytes()).
  virtual void rewrite(std::string& text, std::vector<std::int32_t>& source_bytes) const;
  /// Whether the first character of apply(text) stands for a later character of `text` than the
  /// first. Hugging Face tokenizers then no longer takes it for the beginning of the text, which is
  /// where Metaspace with "prepend_scheme": "first" puts its mark.
  virtual bool drops_start(std::string_view /*text*/) const { return false; }
};

/// The object `normalizer` of a tokenizer.json. Of the types of Hugging Face tokenizers 0.23 it
/// knows ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Precompiled, Prepend, Replace, Sequence, Strip
/// and StripAccents; every other one is an error that names it.
std::unique_ptr<Normalizer> read_normalizer(const JsonPlace& json);

/// Normalizes every span of `pieces` that is no added token, and takes out the spans of which
/// nothing is left.
void normalize_spans(const Normalizer& normalizer, Pieces& pieces);

}  // namespace nf
