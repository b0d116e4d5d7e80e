#include "core/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/suggest.h"
#include "core/io/read_json.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe.h"
#include "core/text/pieces.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_model.h"
#include "core/text/utf8.h"

namespace nf {
namespace {

std::unique_ptr<TokenModel> read_model(const JsonPlace& model) {
  // Files of before 2020 have no type; only BPE has merges.
  const std::optional<JsonPlace> type = model.find("type");
  if (type ? type->as_string() == "BPE" : model.find("merges").has_value())
    return std::make_unique<Bpe>(model);
  const JsonPlace found = model.at("type");
  found.fail(fmt::format("the model '{}' is not supported{}", printable(found.as_string()),
                         suggestion(found.as_string(), {"BPE"})));
}

std::optional<AddedTokens> read_added_tokens(const JsonPlace& root, const TokenModel& model) {
  const std::optional<JsonPlace> list = root.find("added_tokens");
  if (!list) return std::nullopt;
  return AddedTokens(*list, model);
}

std::unique_ptr<PreTokenizer> read_optional_pre_tokenizer(const JsonPlace& root) {
  const std::optional<JsonPlace> json = root.find("pre_tokenizer");
  return json ? read_pre_tokenizer(*json) : nullptr;
}

/// The parts of the file that are fine only when they are null.
void refuse_unsupported(const JsonPlace& root) {
  if (const auto version = root.find("version")) {
    if (version->as_string() != "1.0")
      version->fail(
          fmt::format("'{}' is not supported; known: 1.0", printable(version->as_string())));
  }
  for (const std::string_view key : {"truncation", "padding"}) {
    if (const auto option = root.find(key)) option->fail("is not supported; set it to null");
  }
  if (const auto normalizer = root.find("normalizer")) {
    const JsonPlace type = normalizer->at("type");
    type.fail(fmt::format("the normalizer '{}' is not supported", printable(type.as_string())));
  }
}

}  // namespace

struct Tokenizer::Parts {
  std::unique_ptr<TokenModel> model;
  std::optional<AddedTokens> added_tokens;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
};

Tokenizer::Tokenizer(const JsonPlace& root) {
  refuse_unsupported(root);
  auto parts = std::make_unique<Parts>();
  parts->model = read_model(root.at("model"));
  parts->added_tokens = read_added_tokens(root, *parts->model);
  parts->pre_tokenizer = read_optional_pre_tokenizer(root);
  parts_ = std::move(parts);
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::load(const std::filesystem::path& dir) {
  const std::filesystem::path file = dir / "tokenizer.json";
  const SortedJson root = read_sorted_json(file);
  return Tokenizer(JsonPlace(file.string(), root));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view utf8) const {
  if (const std::optional<Index> offset = find_invalid_utf8(utf8))
    throw DataError(fmt::format("byte {}: invalid UTF-8", *offset));
  Pieces pieces{std::string(utf8), {}};
  if (!utf8.empty()) pieces.spans.push_back({0, static_cast<Index>(utf8.size()), Span::kNoId});
  if (parts_->added_tokens) {
    // The normalizer, which is always null so far, stands between the two.
    parts_->added_tokens->cut(false, pieces);
    parts_->added_tokens->cut(true, pieces);
  }
  if (parts_->pre_tokenizer) parts_->pre_tokenizer->apply(pieces);
  std::vector<std::int32_t> ids;
  parts_->model->encode(pieces, ids);
  return ids;
}

Index Tokenizer::vocab_size() const {
  const std::int32_t largest_added = parts_->added_tokens ? parts_->added_tokens->largest_id() : -1;
  return Index{std::max(parts_->model->largest_id(), largest_added)} + 1;
}

}  // namespace nf
