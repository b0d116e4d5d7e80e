#include "core/text/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

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

std::optional<AddedTokens> read_added_tokens(const JsonPlace& root, const SideFiles& side,
                                             const TokenModel& model,
                                             const Normalizer* normalizer) {
  const std::optional<JsonPlace> own = root.find("added_tokens");
  const SortedJson none = SortedJson::array();
  if (own) static_cast<void>(own->as_array());  // or it is refused
  const auto id = [&model](std::string_view token) { return model.token_id(token); };
  std::optional<SortedJson> all =
      side.added_tokens(own ? own->value() : none, {id, model.token_count()}, {});
  if (!all) return own ? std::optional(AddedTokens(*own, model, normalizer)) : std::nullopt;
  const SortedJson list = {{"added_tokens", std::move(*all)}};
  return AddedTokens(JsonPlace(root.file(), list).at("added_tokens"), model, normalizer);
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

/// Whether a step, or one of the steps in a sequence of them, puts a space, or the mark that stands
/// for one, before a text.
bool puts_space(const JsonPlace& step) {
  const auto type = step.find("type");
  const std::string name = type && type->value().is_string() ? type->as_string() : "";
  if (name == "Sequence") {
    const JsonPlace steps = step.at(step.find("normalizers") ? "normalizers" : "pretokenizers");
    const auto count = static_cast<Index>(steps.as_array().size());
    for (Index i = 0; i < count; ++i)
      if (puts_space(steps.item(i))) return true;
  }
  if (name == "Prepend") return !step.at("prepend").as_string().empty();
  if (name == "ByteLevel" && step.find("add_prefix_space"))
    return step.at("add_prefix_space").as_bool();
  if (name == "Metaspace") {
    const auto scheme = step.find("prepend_scheme");
    return !scheme || scheme->as_string() != "never";
  }
  return false;
}

/// The same of the normalizer and the pre-tokenizer together.
bool puts_space_before_text(const JsonPlace& root) {
  for (const char* part : {"normalizer", "pre_tokenizer"})
    if (const auto step = root.find(part); step && puts_space(*step)) return true;
  return false;
}

/// Refuses options of tokenizer_config.json that say otherwise than the file: some classes of
/// transformers go by the one, some by the other.
void refuse_contradictions(const JsonPlace& root, const JsonPlace& config) {
  if (const auto option = config.find("add_prefix_space")) {
    const bool puts = puts_space_before_text(root);
    if (option->as_bool() != puts)
      option->fail(
          fmt::format("{} contradicts tokenizer.json, which puts {} before a text; make "
                      "them agree",
                      option->as_bool(), puts ? "a space" : "no space"));
  }
  if (const auto files = config.find("fast_tokenizer_files")) {
    for (const SortedJson& name : files->as_array())
      if (name != "tokenizer.json")
        files->fail("other files than tokenizer.json are not read; take the entry out to go by it");
  }
}

}  // namespace

TokenizerJson::TokenizerJson(const JsonPlace& root, const SideFiles& side) {
  refuse_unsupported(root);
  model_ = read_model(root.at("model"));
  normalizer_ = read_optional_normalizer(root);
  added_tokens_ = read_added_tokens(root, side, *model_, normalizer_.get());
  pre_tokenizer_ = read_optional_pre_tokenizer(root);
  refuse_contradictions(root, side.config());
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
