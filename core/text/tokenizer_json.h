#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/text/added_tokens.h"
#include "core/text/json_place.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/side_files.h"
#include "core/text/token_model.h"
#include "core/text/tokenizer_kind.h"

namespace nf {

/// The tokenizer that a `tokenizer.json` describes, as Hugging Face tokenizers 0.23 runs it:
///   added tokens  ->  normalizer  ->  added tokens  ->  pre-tokenizer  ->  model
/// Every part of the file that changes ids and is not built is an error that names it. Parts that
/// cannot change them are not read: `decoder`, and `post_processor`, which only adds special tokens
/// around the text (here none are added) and trims offsets.
class TokenizerJson final : public TokenizerKind {
 public:
  /// `root` is the whole file, `side` what lies beside it: its added tokens are added, and an
  /// option of it that contradicts the file is refused. DataError names the file and the place.
  explicit TokenizerJson(const JsonPlace& root, const SideFiles& side = {});

  std::vector<Token> encode(std::string_view utf8) const override;
  Index vocab_size() const override;

 private:
  std::unique_ptr<TokenModel> model_;
  std::unique_ptr<Normalizer> normalizer_;
  std::optional<AddedTokens> added_tokens_;
  std::unique_ptr<PreTokenizer> pre_tokenizer_;
};

}  // namespace nf
