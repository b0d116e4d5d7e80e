#include "core/text/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/base/printable.h"
#include "core/base/utf8.h"
#include "core/text/pattern_syntax.h"
#include "core/text/white_space.h"

namespace nf {
namespace {

std::size_t first_byte(std::string_view text) { return static_cast<unsigned char>(text.front()); }

/// A member of an entry, where `is_right` tells its type. A place, which is text, is made for those
/// that are wrong only: there may be a hundred thousand entries.
template <class IsRight>
const SortedJson* find_member(const SortedJson& entry, const char* key, const IsRight& is_right) {
  const auto member = entry.is_object() ? entry.find(key) : entry.end();
  return entry.is_object() && member != entry.end() && is_right(*member) ? &*member : nullptr;
}

bool read_bool(const SortedJson& list, Index i, const JsonPlace& place, const char* key) {
  const SortedJson* value = find_member(list[static_cast<std::size_t>(i)], key,
                                        [](const SortedJson& v) { return v.is_boolean(); });
  return value != nullptr ? value->get<bool>() : place.item(i).at(key).as_bool();
}

const std::string& read_text(const SortedJson& list, Index i, const JsonPlace& place,
                             const char* key) {
  const SortedJson* value = find_member(list[static_cast<std::size_t>(i)], key,
                                        [](const SortedJson& v) { return v.is_string(); });
  return value != nullptr ? value->get_ref<const std::string&>()
                          : place.item(i).at(key).as_string();
}

std::int32_t read_id(const SortedJson& list, Index i, const JsonPlace& place) {
  const SortedJson* value =
      find_member(list[static_cast<std::size_t>(i)], "id",
                  [](const SortedJson& v) { return token_id_from(v).has_value(); });
  return value != nullptr ? *token_id_from(*value) : place.item(i).at("id").as_token_id();
}

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
  const SortedJson& entries = list.value();
  for (Index i = 0; i < count; ++i) {
    Token token;
    token.content = read_text(entries, i, list, "content");
    token.single_word = read_bool(entries, i, list, "single_word");
    token.lstrip = read_bool(entries, i, list, "lstrip");
    token.rstrip = read_bool(entries, i, list, "rstrip");
    const bool normalized = read_bool(entries, i, list, "normalized");
    const bool special = read_bool(entries, i, list, "special");
    const std::int32_t written_id = read_id(entries, i, list);
    if (token.content.empty()) continue;

    const auto [earlier, is_new] = seen.emplace(token.content, i);
    if (!is_new)
      list.item(i).fail(fmt::format("'{}' is added_tokens[{}] already", printable(token.content),
                                    earlier->second));
    token.id = checked_id(list, i, token.content, written_id, model);
    largest_id_ = std::max(largest_id_, token.id);
    if (normalized && normalizer != nullptr) {
      token.content = normalizer->apply(token.content);
      // Hugging Face tokenizers would find it between all bytes of a text.
      if (token.content.empty()) list.item(i).fail("the normalizer leaves nothing of the token");
    }
    (normalized && !special ? last : first).push_back({normalized, std::move(token)});
  }
  for (std::vector<Found>* tokens : {&first, &last}) {
    for (Found& found : *tokens)
      tables_[static_cast<std::size_t>(found.normalized)].tokens.push_back(std::move(found.token));
  }
  for (Table& table : tables_) table.build();
}

std::int32_t AddedTokens::checked_id(const JsonPlace& list, Index i, const std::string& content,
                                     std::int32_t written, const TokenModel& model) const {
  const std::optional<std::int32_t> in_model = model.token_id(content);
  const auto vocabulary_size = static_cast<std::int32_t>(model.token_count());
  const std::int32_t id =
      in_model.value_or(largest_id_ >= vocabulary_size ? largest_id_ + 1 : vocabulary_size);
  if (id != written)
    list.item(i).at("id").fail(
        fmt::format("{} does not fit: '{}' has the id {} {}", written, printable(content), id,
                    in_model ? "in model.vocab" : "when counting on from model.vocab"));
  return id;
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
