#include "core/text/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/base/printable.h"
#include "core/base/suggest.h"
#include "core/text/bpe.h"
#include "core/text/pieces.h"
#include "core/text/unigram.h"

namespace nf {
namespace {

std::unique_ptr<TokenModel> read_model(const JsonPlace& model) {
  // Files of before 2020 have no type; only BPE has merges, and only Unigram a list of scores.
  const std::optional<JsonPlace> type = model.find("type");
  if (type ? type->as_string() == "BPE" : model.find("merges").has_value())
    return std::make_unique<Bpe>(model);
  if (type ? type->as_string() == "Unigram" : model.at("vocab").value().is_array())
    return std::make_unique<Unigram>(model);
  const JsonPlace found = model.at("type");
  found.fail(fmt::format("the model '{}' is not supported{}", printable(found.as_string()),
                         suggestion(found.as_string(), {"BPE", "Unigram"})));
}

std::unique_ptr<Normalizer> read_optional_normalizer(const JsonPlace& root) {
  const std::optional<JsonPlace> json = root.find("normalizer");
  return json ? read_normalizer(*json) : nullptr;
}

std::optional<AddedTokens> read_added_tokens(const JsonPlace& root, const TokenModel& model,
                                             const Normalizer* normalizer) {
  const std::optional<JsonPlace> list = root.find("added_tokens");
  if (!list) return std::nullopt;
  return AddedTokens(*list, model, normalizer);
}

std::unique_ptr<PreTokenizer> read_optional_pre_tokenizer(const JsonPlace& root) {
  const std::optional<JsonPlace> json = root.find("pre_tokenizer");
  return json ? read_pre_tokenizer(*json) : nullptr;
}

/// `truncation` and `padding` are not looked at: transformers applies neither unless a call asks.
void refuse_unsupported(const JsonPlace& root) {
  if (const auto version = root.find("version")) {
    if (version->as_string() != "1.0")
      version->fail(
          fmt::format("'{}' is not supported; known: 1.0", printable(version->as_string())));
  }
}

}  // namespace

TokenizerJson::TokenizerJson(const JsonPlace& root) {
  refuse_unsupported(root);
  model_ = read_model(root.at("model"));
  normalizer_ = read_optional_normalizer(root);
  added_tokens_ = read_added_tokens(root, *model_, normalizer_.get());
  pre_tokenizer_ = read_optional_pre_tokenizer(root);
}

std::vector<Token> TokenizerJson::encode(std::string_view utf8) const {
  Pieces pieces{std::string(utf8), {}};
  if (!utf8.empty()) pieces.spans.push_back({0, static_cast<Index>(utf8.size()), Span::kNoId});
  if (added_tokens_) added_tokens_->cut(false, pieces);
  if (normalizer_) normalize_spans(*normalizer_, pieces);
  if (added_tokens_) added_tokens_->cut(true, pieces);
  if (pre_tokenizer_) pre_tokenizer_->apply(pieces);
  std::vector<Token> tokens;
  model_->encode(pieces, tokens);
  return tokens;
}

Index TokenizerJson::vocab_size() const {
  const std::int32_t largest_added = added_tokens_ ? added_tokens_->largest_id() : -1;
  return Index{std::max(model_->largest_id(), largest_added)} + 1;
}

}  // namespace nf
