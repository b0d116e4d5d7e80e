#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/text/added_tokens.h"
#include "core/text/side_files.h"
#include "core/text/tokenizer_kind.h"

namespace nf {

/// A `tokenizer.model` of SentencePiece (Kudo and Richardson 2018, arXiv 1808.06226), run by
/// libsentencepiece. Alone it is one Encode call on the whole text, to which </s> is text. With one
/// of the side files beside it it is what transformers makes of it: control pieces like </s>, the
/// unknown piece and the files' tokens are cut out of a text whole (lstrip, rstrip and single_word
/// included), and each stretch between them is one Encode call. User-defined pieces that no side
/// file lists stay the library's.
class SentencePiece final : public TokenizerKind {
 public:
  /// Reads `add_prefix_space` of tokenizer_config.json (the space before a text; else the model's
  /// own `add_dummy_prefix` counts) and `legacy`: true, or missing, puts that space before each
  /// stretch, as the library does; false only before the beginning of the text, and not before a
  /// space. Refuses the `tokenizer_class` of other families and sampling (`sp_model_kwargs`).
  /// DataError "FILE: CAUSE" for a file that is no such model or damaged.
  explicit SentencePiece(const std::filesystem::path& file, const SideFiles& side = {});
  ~SentencePiece() override;

  /// Takes time as n·log(n) and, while it runs, some hundred bytes of memory for each token.
  /// DataError for a text of more than 600 MB.
  std::vector<Token> encode(std::string_view utf8) const override;
  Index vocab_size() const override;

 private:
  class Model;  // keeps the library's header in one file
  std::unique_ptr<const Model> model_;
  std::optional<AddedTokens> added_tokens_;
};

}  // namespace nf
