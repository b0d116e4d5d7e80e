#include "core/text/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/base/printable.h"
#include "core/base/utf8.h"
#include "core/text/pattern_syntax.h"
#include "core/text/white_space.h"

namespace nf {
namespace {

std::size_t first_byte(std::string_view text) { return static_cast<unsigned char>(text.front()); }

}  // namespace

// Rust's \w has the joiners, Oniguruma's lacks them.
AddedTokens::AddedTokens(const JsonPlace& list, const TokenModel& model,
                         const Normalizer* normalizer)
    : word_character_("[\\w\\x{200c}\\x{200d}]", list.file()) {
  std::unordered_map<std::string, Index> seen;
  // The normalizer may make two tokens equal: then a special one gives way to another, an earlier
  // one to a later one.
  struct Found {
    bool normalized = false;
    Token token;
  };
  std::vector<Found> first;
  std::vector<Found> last;
  const auto count = static_cast<Index>(list.as_array().size());
  for (Index i = 0; i < count; ++i) {
    const JsonPlace entry = list.item(i);
    Token token;
    token.content = entry.at("content").as_string();
    token.single_word = entry.at("single_word").as_bool();
    token.lstrip = entry.at("lstrip").as_bool();
    token.rstrip = entry.at("rstrip").as_bool();
    const bool normalized = entry.at("normalized").as_bool();
    const bool special = entry.at("special").as_bool();
    const std::int32_t written_id = entry.at("id").as_token_id();
    if (token.content.empty()) continue;

    const auto [earlier, is_new] = seen.emplace(token.content, i);
    if (!is_new) {
      entry.fail(fmt::format("'{}' is added_tokens[{}] already", printable(token.content),
                             earlier->second));
    }
    const auto vocabulary_size = static_cast<std::int32_t>(model.token_count());
    token.id = model.token_id(token.content)
                   .value_or(largest_id_ >= vocabulary_size ? largest_id_ + 1 : vocabulary_size);
    if (token.id != written_id) {
      entry.at("id").fail(fmt::format(
          "{} does not fit: '{}' has the id {} {}", written_id, printable(token.content), token.id,
          model.token_id(token.content) ? "in model.vocab" : "when counting on from model.vocab"));
    }
    largest_id_ = std::max(largest_id_, token.id);
    if (normalized && normalizer != nullptr) {
      token.content = normalizer->apply(token.content);
      // Hugging Face tokenizers would find it between all bytes of a text.
      if (token.content.empty()) entry.fail("the normalizer leaves nothing of the token");
    }
    (normalized && !special ? last : first).push_back({normalized, std::move(token)});
  }
  for (std::vector<Found>* tokens : {&first, &last}) {
    for (Found& found : *tokens)
      tables_[static_cast<std::size_t>(found.normalized)].tokens.push_back(std::move(found.token));
  }
  for (Table& table : tables_) table.build();
}

void AddedTokens::Table::build() {
  std::vector<std::pair<std::string_view, std::int32_t>> entries;
  entries.reserve(tokens.size());
  for (const Token& token : tokens) {
    begins[first_byte(token.content)] = true;
    entries.emplace_back(token.content, static_cast<std::int32_t>(entries.size()));
  }
  trie = PrefixTrie(std::move(entries));  // of equal contents the last counts
}

const AddedTokens::Token* AddedTokens::Table::longest_at(std::string_view text, Index at) const {
  const std::string_view rest = text.substr(static_cast<std::size_t>(at));
  if (!begins[first_byte(rest)]) return nullptr;
  const Token* longest = nullptr;
  trie.for_each_prefix(
      rest, [&](Index, std::int32_t index) { longest = &tokens[static_cast<std::size_t>(index)]; });
  return longest;
}

void AddedTokens::cut(bool normalized, Pieces& pieces) const {
  const Table& table = tables_[static_cast<std::size_t>(normalized)];
  if (table.tokens.empty()) return;
  std::vector<Span> out;
  for (const Span& span : pieces.spans) {
    if (span.is_token()) {
      out.push_back(span);
    } else {
      cut_span(table, pieces, span, out);
    }
  }
  pieces.spans = std::move(out);
}

bool AddedTokens::touches_word(std::string_view text, Index begin, Index end) const {
  const auto is_word_character = [&](Index at) {
    const Index length = utf8_length(text[static_cast<std::size_t>(at)]);
    RegexSearch search(word_character_,
                       text.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(length)));
    std::vector<Match> matches;
    search.find_all(0, length, matches);
    return !matches.empty();
  };
  return (begin > 0 && is_word_character(previous_character(text, begin))) ||
         (end < static_cast<Index>(text.size()) && is_word_character(end));
}

void AddedTokens::cut_span(const Table& table, const Pieces& pieces, const Span& span,
                           std::vector<Span>& out) const {
  const std::string_view text = pieces.view(span);
  const auto add = [&](Index begin, Index end, std::int32_t id) {
    out.push_back({span.begin + begin, span.begin + end, id});
  };
  Index done = 0;  // everything before is in `out`
  for (Index at = 0; at < static_cast<Index>(text.size());) {
    const Token* token = table.longest_at(text, at);
    if (token == nullptr) {
      ++at;
      continue;
    }
    Index begin = at;
    Index end = at + static_cast<Index>(token->content.size());
    at = end;
    if (token->single_word && touches_word(text, begin, end)) continue;
    if (token->lstrip) begin = std::max(skip_space_left(text, begin, done), done);
    if (token->rstrip) end = skip_space_right(text, end);
    // A token of white space may lie inside what rstrip of the one before it swallowed. With lstrip
    // of its own nothing is left of it. Without, it counts all the same, and what follows it is
    // text once more: so Hugging Face tokenizers does it.
    if (begin >= end) continue;
    if (done < begin) add(done, begin, Span::kNoId);
    add(begin, end, token->id);
    done = end;
  }
  if (done < static_cast<Index>(text.size())) {
    add(done, static_cast<Index>(text.size()), Span::kNoId);
  }
}

}  // namespace nf
