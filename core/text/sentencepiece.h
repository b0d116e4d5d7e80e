#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer_kind.h"

namespace nf {

/// A `tokenizer.model` of SentencePiece (Kudo and Richardson 2018, arXiv 1808.06226), run by
/// libsentencepiece: the ids of one Encode call on the whole text. Words like </s> in a text are
/// text; other files beside it are not read.
class SentencePiece final : public TokenizerKind {
 public:
  /// DataError "FILE: CAUSE" for a file that is no such model or damaged.
  explicit SentencePiece(const std::filesystem::path& file);
  ~SentencePiece() override;

  /// Takes time as n·log(n) and, while it runs, some hundred bytes of memory for each token.
  /// DataError for a text of more than 600 MB.
  std::vector<Token> encode(std::string_view utf8) const override;
  Index vocab_size() const override;

 private:
  struct Library;  // keeps the library's header in one file
  std::string file_;
  std::unique_ptr<const Library> library_;
};

}  // namespace nf
