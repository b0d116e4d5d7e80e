#include "eval/records/json_cursor.h"

#include <algorithm>

namespace nf {

std::string_view JsonCursor::plain_text() {
  expect('"');
  if (failed_) return {};
  const std::size_t end = text_.find('"', at_);
  if (end == std::string_view::npos) {
    fail();
    return {};
  }
  const std::string_view text = text_.substr(at_, end - at_);
  bool plain = true;  // of ASCII that stands for itself
  for (const char c : text) plain &= c >= ' ' && c != '\\';
  if (!plain) {
    fail();
    return {};
  }
  at_ = end + 1;
  return text;
}

bool JsonCursor::flag() {
  for (const std::string_view word : {"true", "false"}) {
    if (!text_.substr(at_).starts_with(word)) continue;
    at_ += word.size();
    return word == "true";
  }
  fail();
  return false;
}

bool JsonCursor::take_null() {
  if (!text_.substr(at_).starts_with("null")) return false;
  at_ += 4;
  return true;
}

std::string_view JsonCursor::skip() {
  const std::size_t begin = at_;
  std::size_t depth = 0;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      // To the quote that no odd number of backslashes stands before.
      do {
        at_ = std::min(text_.find('"', at_ + 1), text_.size());
        std::size_t slashes = 0;
        while (at_ < text_.size() && text_[at_ - 1 - slashes] == '\\') ++slashes;
        if (slashes % 2 == 0) break;
      } while (at_ < text_.size());
      if (at_ < text_.size()) ++at_;
      if (depth == 0) return text_.substr(begin, at_ - begin);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) break;  // behind a bare number or word
    ++at_;
    if (c == '{' || c == '[') ++depth;
    if (c != '}' && c != ']') continue;
    if (--depth == 0) return text_.substr(begin, at_ - begin);
  }
  if (depth > 0 || at_ == begin || at_ == text_.size()) fail();
  return text_.substr(begin, std::min(at_, text_.size()) - begin);
}

}  // namespace nf
