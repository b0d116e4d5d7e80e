#include "core/text/replace.h"

#include <vector>

#include "core/base/utf8.h"
#include "core/text/split.h"

namespace nf {

Replace::Replace(const JsonPlace& json) : content_(json.at("content").as_string()) {
  const JsonPlace pattern = json.at("pattern");
  if (const auto text = pattern.find("String")) literal_ = text->as_string();
  // An empty pattern matches between all characters; only a regular expression knows how.
  if (literal_.empty()) regex_ = read_pattern(pattern);
}

std::vector<Match> Replace::find_matches(std::string_view text) const {
  std::vector<Match> matches;
  if (text.empty()) return matches;
  if (regex_) {
    RegexSearch(*regex_, text).find_all(0, static_cast<Index>(text.size()), matches);
    return matches;
  }
  for (std::size_t at = text.find(literal_); at != std::string_view::npos;) {
    const std::size_t end = at + literal_.size();
    matches.push_back({static_cast<Index>(at), static_cast<Index>(end)});
    at = text.find(literal_, end);
  }
  return matches;
}

std::string Replace::apply(std::string_view text) const {
  std::string result;
  result.reserve(text.size());
  std::size_t done = 0;
  for (const Match& match : find_matches(text)) {
    result += text.substr(done, static_cast<std::size_t>(match.begin) - done);
    result += content_;
    done = static_cast<std::size_t>(match.end);
  }
  result += text.substr(done);
  return result;
}

bool Replace::drops_start(std::string_view text) const {
  const std::vector<Match> matches = find_matches(text);
  if (matches.empty() || matches.front().begin != 0) return false;
  // The new text stands for the last character of the match, not for the first one.
  const Index end = matches.front().end;
  return content_.empty() ? end > 0 : end > utf8_length(text.front());
}

}  // namespace nf
