#include "core/text/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/utf8.h"
#include "core/text/piece_cache.h"

namespace nf {
namespace {

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return (static_cast<std::uint64_t>(left) << 32) | static_cast<std::uint64_t>(right);
}

/// A pair that can be merged, in the order in which that happens.
struct Candidate {
  std::int32_t rank = 0;
  std::int32_t position = 0;  ///< of the left symbol
  std::int32_t id = 0;        ///< of the token it becomes

  friend bool operator>(const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
  }
};

/// The options of the model that change ids and are not built.
void refuse_unsupported(const JsonPlace& model) {
  if (const auto dropout = model.find("dropout")) {
    if (!dropout->value().is_number() || dropout->value().get<double>() != 0.0)
      dropout->fail("dropout is not supported: ids would be random");
  }
  for (const std::string_view key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const auto option = model.find(key);
    if (option && !option->as_string().empty()) option->fail("only \"\" or null is supported");
  }
}

}  // namespace

Bpe::Bpe(const JsonPlace& model) {
  refuse_unsupported(model);
  read_vocabulary(model.at("vocab"));
  read_merges(model.at("merges"));
  ignore_merges_ = model.bool_or("ignore_merges", false);
  fuse_unknown_ = model.bool_or("fuse_unk", false);
  if (model.bool_or("byte_fallback", false)) byte_tokens_.emplace(vocabulary_);
  if (const auto unknown = model.find("unk_token")) {
    unknown_id_ = token_id(unknown->as_string());
    // Files of byte-level models name one that they lack: it only matters when it is needed.
    if (!unknown_id_) missing_unknown_ = unknown->as_string();
  }
}

void Bpe::read_vocabulary(const JsonPlace& vocab) {
  const SortedJson::object_t& entries = vocab.as_object();
  vocabulary_.reserve(entries.size());
  std::unordered_map<std::int32_t, std::string_view> owners;
  owners.reserve(entries.size());
  for (const auto& [token, value] : entries) {
    // A place is a string: made for an entry only when there is something to complain about.
    const auto fail = [&vocab, &key = token](std::string_view cause) {
      vocab.fail(fmt::format("token '{}': {}", printable(key), cause));
    };
    const std::optional<std::int32_t> id = token_id_from(value);
    if (!id) fail(kTokenIdCause);
    const auto [owner, is_new] = owners.emplace(*id, token);
    if (!is_new) fail(fmt::format("its id {} is that of '{}'", *id, printable(owner->second)));
    vocabulary_.emplace(token, *id);
    largest_id_ = std::max(largest_id_, *id);
  }
}

void Bpe::read_merges(const JsonPlace& merges) {
  const SortedJson::array_t& entries = merges.as_array();
  merges_.reserve(entries.size());
  std::int32_t rank = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto fail = [&merges, i](std::string_view cause) {
      merges.item(static_cast<Index>(i)).fail(cause);
    };
    const SortedJson& entry = entries[i];
    if (entry.type() != entries.front().type())
      fail("merges must be all strings or all pairs, not some of each");
    std::string_view left;
    std::string_view right;
    if (entry.is_string()) {
      const std::string_view text = entry.get_ref<const std::string&>();
      if (text.starts_with("#version")) continue;  // first line of a merges.txt; takes no rank
      const std::size_t space = text.find(' ');
      if (space == std::string_view::npos || text.find(' ', space + 1) != std::string_view::npos)
        fail(fmt::format("'{}' must be two tokens with one space between them", printable(text)));
      left = text.substr(0, space);
      right = text.substr(space + 1);
    } else {
      if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_string())
        fail("must be \"LEFT RIGHT\" or [\"LEFT\", \"RIGHT\"]");
      left = entry[0].get_ref<const std::string&>();
      right = entry[1].get_ref<const std::string&>();
    }
    const auto id_of = [&](std::string_view token) {
      const std::optional<std::int32_t> id = token_id(token);
      if (!id) fail(fmt::format("'{}' is not in model.vocab", printable(token)));
      return *id;
    };
    const std::uint64_t key = pair_key(id_of(left), id_of(right));
    // A pair that comes twice has its later rank, as in Hugging Face tokenizers.
    merges_[key] = {rank, id_of(std::string(left).append(right))};
    ++rank;
  }
}

std::optional<std::int32_t> Bpe::token_id(std::string_view token) const {
  const auto entry = vocabulary_.find(token);
  if (entry == vocabulary_.end()) return std::nullopt;
  return entry->second;
}

const Bpe::Merge* Bpe::find_merge(std::int32_t left, std::int32_t right) const {
  const auto entry = merges_.find(pair_key(left, right));
  return entry == merges_.end() ? nullptr : &entry->second;
}

void Bpe::encode(const Pieces& pieces, std::vector<Token>& tokens) const {
  std::vector<Symbol> symbols;
  encode_pieces(
      pieces,
      [&](std::string_view piece, std::vector<Token>& out) { encode_piece(piece, symbols, out); },
      tokens);
}

void Bpe::encode_piece(std::string_view piece, std::vector<Symbol>& symbols,
                       std::vector<Token>& tokens) const {
  if (piece.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    throw DataError("a text of more than 2 GiB without a place to cut it cannot be encoded");
  if (ignore_merges_) {
    if (const std::optional<std::int32_t> id = token_id(piece)) {
      tokens.push_back({*id, static_cast<std::int32_t>(piece.size())});
      return;
    }
  }
  list_symbols(piece, symbols);
  merge_all(symbols);
  for (const Symbol& symbol : symbols) {
    if (!symbol.is_merged_away) tokens.push_back({symbol.id, symbol.bytes});
  }
}

void Bpe::list_symbols(std::string_view piece, std::vector<Symbol>& symbols) const {
  symbols.clear();
  std::int32_t dropped = 0;  // bytes before the first symbol
  const auto add = [&](std::int32_t id, std::int32_t bytes) {
    const auto position = static_cast<std::int32_t>(symbols.size());
    if (position > 0) symbols.back().next = position;
    symbols.push_back({id, bytes + std::exchange(dropped, 0), position - 1, -1, false});
  };
  std::int32_t unknown = 0;  // bytes of an unknown token that is still to be added
  const auto add_unknown = [&] {
    if (unknown > 0) add(*unknown_id_, std::exchange(unknown, 0));
  };
  for (std::size_t i = 0; i < piece.size();) {
    const std::string_view character =
        piece.substr(i, static_cast<std::size_t>(utf8_length(piece[i])));
    const auto bytes = static_cast<std::int32_t>(character.size());
    i += character.size();
    if (const std::optional<std::int32_t> id = token_id(character)) {
      add_unknown();
      add(*id, bytes);
    } else if (byte_tokens_ && byte_tokens_->has_all(character)) {
      // An unknown token before it comes after it: so Hugging Face tokenizers does it. It matters
      // only where the vocabulary has the tokens of some bytes and not of others.
      for (const char byte : character) add(byte_tokens_->id(byte), 1);
    } else if (unknown_id_) {
      if (!fuse_unknown_) add_unknown();
      unknown += bytes;
    } else if (missing_unknown_) {
      throw DataError(fmt::format(
          "'{}' is not in the tokenizer's vocabulary, and neither is its unknown token '{}'",
          printable(character), printable(*missing_unknown_)));
    } else {
      (symbols.empty() ? dropped : symbols.back().bytes) += bytes;
    }
  }
  add_unknown();
}

void Bpe::merge_all(std::vector<Symbol>& symbols) const {
  const auto symbol_at = [&symbols](std::int32_t position) -> Symbol& {
    return symbols[static_cast<std::size_t>(position)];
  };
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto offer = [&](std::int32_t left, std::int32_t right) {
    if (left < 0 || right < 0) return;
    if (const Merge* merge = find_merge(symbol_at(left).id, symbol_at(right).id))
      queue.push({merge->rank, left, merge->id});
  };
  for (std::int32_t i = 1; i < static_cast<std::int32_t>(symbols.size()); ++i) offer(i - 1, i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbol_at(best.position);
    if (left.is_merged_away || left.next < 0) continue;
    Symbol& right = symbol_at(left.next);
    // The pair may have become another one since it was offered.
    const Merge* merge = find_merge(left.id, right.id);
    if (merge == nullptr || merge->id != best.id) continue;
    left.id = best.id;
    left.bytes += right.bytes;
    left.next = right.next;
    right.is_merged_away = true;
    if (left.next >= 0) symbol_at(left.next).previous = best.position;
    offer(left.previous, best.position);
    offer(best.position, left.next);
  }
}

}  // namespace nf
