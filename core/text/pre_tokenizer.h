#pragma once

#include <memory>
#include <optional>

#include "core/text/json_place.h"
#include "core/text/pieces.h"

namespace nf {

/// The step of a tokenizer that cuts a text into words, which the model then encodes one by one.
/// Works on every span of its argument that is no added token; leaves no empty span. Immutable and
/// thread-safe.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void apply(Pieces& pieces) const = 0;
};

/// The object `pre_tokenizer` of a tokenizer.json. Of the types of Hugging Face tokenizers 0.23 it
/// knows BertPreTokenizer, ByteLevel, Digits, Metaspace, Punctuation, Sequence, Split, Whitespace
/// and WhitespaceSplit; every other one is an error that names it.
std::unique_ptr<PreTokenizer> read_pre_tokenizer(const JsonPlace& json);

}  // namespace nf
