#include "core/text/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/utf8.h"
#include "core/io/read_json.h"
#include "core/text/piece_cache.h"

namespace nf {
namespace {

// The distance of an unknown character's score below that of the worst token (sentencepiece,
// src/unigram_model.cc).
constexpr double kUnknownPenalty = 10.0;

}  // namespace

Unigram::Unigram(const JsonPlace& model) {
  read_vocabulary(model.at("vocab"));
  if (const auto unknown = model.find("unk_id")) {
    unknown_id_ = unknown->as_token_id();
    if (*unknown_id_ >= token_count())
      unknown->fail(
          fmt::format("{} is no id of a vocabulary of {} tokens", *unknown_id_, token_count()));
  }
  if (model.bool_or("byte_fallback", false)) byte_tokens_.emplace(ids_);
}

void Unigram::read_vocabulary(const JsonPlace& vocab) {
  const SortedJson::array_t& entries = vocab.as_array();
  if (entries.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    vocab.fail("has too many tokens");
  std::vector<std::pair<std::string_view, std::int32_t>> tokens;
  tokens.reserve(entries.size());
  ids_.reserve(entries.size());
  for (const SortedJson& entry : entries) {
    const auto id = static_cast<std::int32_t>(scores_.size());
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      vocab.item(id).fail("must be [\"TOKEN\", SCORE]");
    const auto& token = entry[0].get_ref<const std::string&>();
    ids_.insert_or_assign(token, id);
    tokens.emplace_back(token, id);
    scores_.push_back(entry[1].get<double>());
  }
  trie_ = PrefixTrie(std::move(tokens));
  if (!scores_.empty())
    unknown_score_ = *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty;
}

std::optional<std::int32_t> Unigram::token_id(std::string_view token) const {
  const auto entry = ids_.find(token);
  if (entry == ids_.end()) return std::nullopt;
  return entry->second;
}

void Unigram::encode(const Pieces& pieces, std::vector<Token>& tokens) const {
  std::vector<Best> best;
  encode_pieces(
      pieces,
      [&](std::string_view piece, std::vector<Token>& out) { encode_piece(piece, best, out); },
      tokens);
}

void Unigram::find_best(std::string_view piece, std::vector<Best>& best) const {
  best.assign(piece.size() + 1, Best());
  for (std::size_t begin = 0; begin < piece.size();) {
    const double score_here = best[begin].score;
    const Index character = utf8_length(piece[begin]);
    const auto offer = [&](Index length, double score, std::int32_t id) {
      Best& target = best[begin + static_cast<std::size_t>(length)];
      const double sum = score + score_here;
      if (target.begin >= 0 && sum <= target.score) return;
      target = {sum, id, static_cast<std::int32_t>(begin)};
    };
    bool is_known = false;
    trie_.for_each_prefix(piece.substr(begin), [&](Index length, std::int32_t id) {
      offer(length, scores_[static_cast<std::size_t>(id)], id);
      is_known = is_known || length == character;
    });
    if (!is_known) {
      if (!unknown_id_) {
        throw DataError(
            fmt::format("'{}' is not in the tokenizer's vocabulary, which has no unknown token",
                        printable(piece.substr(begin, static_cast<std::size_t>(character)))));
      }
      offer(character, unknown_score_, *unknown_id_);
    }
    begin += static_cast<std::size_t>(character);
  }
}

void Unigram::encode_piece(std::string_view piece, std::vector<Best>& best,
                           std::vector<Token>& tokens) const {
  if (piece.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw DataError("a text of more than 2 GiB without a place to cut it cannot be encoded");
  find_best(piece, best);
  // From the end to the beginning.
  std::vector<std::pair<std::size_t, std::size_t>> stretches;
  bool after_unknown = false;
  for (std::size_t end = piece.size(); end > 0;) {
    const auto begin = static_cast<std::size_t>(best[end].begin);
    const bool is_unknown = unknown_id_ == best[end].id;
    if (is_unknown && after_unknown) {
      stretches.back().first = begin;
    } else {
      stretches.emplace_back(begin, end);
    }
    after_unknown = is_unknown;
    end = begin;
  }
  std::reverse(stretches.begin(), stretches.end());
  for (const auto& [begin, end] : stretches)
    append_stretch(piece.substr(begin, end - begin), tokens);
}

void Unigram::append_stretch(std::string_view stretch, std::vector<Token>& tokens) const {
  const auto bytes = static_cast<std::int32_t>(stretch.size());
  if (const std::optional<std::int32_t> id = token_id(stretch)) {
    tokens.push_back({*id, bytes});
  } else if (byte_tokens_ && byte_tokens_->has_all(stretch)) {
    for (const char byte : stretch) tokens.push_back({byte_tokens_->id(byte), 1});
  } else {
    tokens.push_back({*unknown_id_, bytes});
  }
}

}  // namespace nf
