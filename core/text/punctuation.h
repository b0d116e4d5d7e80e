#pragma once

#include "core/text/json_place.h"
#include "core/text/pieces.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/split.h"

namespace nf {

/// Whether a character is punctuation to Hugging Face tokenizers 0.23.
bool is_punctuation(char32_t c);

/// The pre-tokenizer Punctuation: cuts at every character that is punctuation.
class Punctuation final : public PreTokenizer {
 public:
  /// {"type": "Punctuation", "behavior": B}, B defaults to Isolated.
  explicit Punctuation(const JsonPlace& json);
  explicit Punctuation(SplitBehavior behavior);

  void apply(Pieces& pieces) const override;

 private:
  SplitBehavior behavior_;
};

}  // namespace nf
