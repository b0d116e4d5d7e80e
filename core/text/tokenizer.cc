#include "core/text/tokenizer.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/read_json.h"
#include "core/text/gpt2_files.h"
#include "core/text/sentencepiece.h"
#include "core/text/side_files.h"
#include "core/text/tokenizer_json.h"

namespace nf {
namespace {

std::vector<Token> checked_encode(const TokenizerKind& kind, std::string_view utf8) {
  if (const std::optional<Index> offset = find_invalid_utf8(utf8))
    throw DataError(fmt::format("byte {}: invalid UTF-8", *offset));
  return kind.encode(utf8);
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const TokenizerKind> kind) : kind_(std::move(kind)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::load(const std::filesystem::path& dir) {
  const auto has = [&dir](std::string_view name) {
    std::error_code ignored;
    return std::filesystem::exists(dir / name, ignored);
  };
  if (has("tokenizer.json")) {
    const std::filesystem::path file = dir / "tokenizer.json";
    const SideFiles side(dir);
    const SortedJson root = read_sorted_json(file);
    return Tokenizer(std::make_unique<TokenizerJson>(JsonPlace(file.string(), root), side));
  }
  if (has("tokenizer.model"))
    return Tokenizer(std::make_unique<SentencePiece>(dir / "tokenizer.model", SideFiles(dir)));
  if (has("vocab.json") && has("merges.txt")) {
    const SortedJson root = read_gpt2_files(dir, SideFiles(dir));
    return Tokenizer(
        std::make_unique<TokenizerJson>(JsonPlace((dir / "vocab.json").string(), root)));
  }
  throw DataError(
      fmt::format("{}: no tokenizer here; it can be tokenizer.json, tokenizer.model, or vocab.json "
                  "together with merges.txt",
                  dir.string()));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view utf8) const {
  std::vector<std::int32_t> ids;
  const std::vector<Token> tokens = checked_encode(*kind_, utf8);
  ids.reserve(tokens.size());
  for (const Token& token : tokens) ids.push_back(token.id);
  return ids;
}

Encoding Tokenizer::encode_with_bytes(std::string_view utf8) const {
  const std::vector<Token> tokens = checked_encode(*kind_, utf8);
  Encoding encoding;
  encoding.ids.reserve(tokens.size());
  encoding.bytes.reserve(tokens.size());
  for (const Token& token : tokens) {
    encoding.ids.push_back(token.id);
    encoding.bytes.push_back(token.bytes);
  }
  return encoding;
}

Index Tokenizer::vocab_size() const { return kind_->vocab_size(); }

}  // namespace nf
