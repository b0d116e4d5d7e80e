#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/types.h"

namespace nf {

/// A compiled regular expression of a tokenizer.json; see pattern_syntax.h for what it means.
/// Immutable and thread-safe: what changes during a search belongs to RegexSearch.
class Regex {
 public:
  /// `place` begins the message of every error. Throws DataError when the pattern is refused.
  Regex(std::string_view pattern, const std::string& place);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

 private:
  friend class RegexSearch;
  struct Compiled;
  std::unique_ptr<const Compiled> compiled_;
};

/// The place of a match, in bytes.
struct Match {
  Index begin = 0;
  Index end = 0;
};

/// Searches in one text. `text` must be well-formed UTF-8 and, like the regex, outlive the search.
/// Not for use by several threads at once.
class RegexSearch {
 public:
  RegexSearch(const Regex& regex, std::string_view text);
  ~RegexSearch();
  RegexSearch(const RegexSearch&) = delete;
  RegexSearch& operator=(const RegexSearch&) = delete;

  /// All matches from left to right inside text[begin, end), which is searched as if there were
  /// nothing around it (anchors, look-behind). No match begins inside the one before; an empty one
  /// right at its end is passed over. Replaces what `matches` holds. Throws DataError when PCRE2
  /// gives up.
  void find_all(Index begin, Index end, std::vector<Match>& matches);

 private:
  std::optional<Match> find(std::string_view subject, Index from);

  struct State;
  const Regex& regex_;
  std::string storage_;
  std::string_view text_;
  std::unique_ptr<State> state_;
};

/// `text` with every character that means something in a pattern escaped.
std::string escape_pattern(std::string_view text);

}  // namespace nf
