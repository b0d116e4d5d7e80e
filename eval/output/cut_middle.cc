#include "eval/output/cut_middle.h"

#include "core/base/utf8.h"
#include "eval/output/table.h"

namespace nf {
namespace {

constexpr std::string_view kEllipsis = "…";

/// The longest beginning, in whole characters, of at most `width` columns.
std::string_view head(std::string_view text, Index width) {
  Index end = 0;
  while (end < std::ssize(text)) {
    const Index next = end + utf8_length(text[static_cast<std::size_t>(end)]);
    if (display_width(text.substr(0, static_cast<std::size_t>(next))) > width) break;
    end = next;
  }
  return text.substr(0, static_cast<std::size_t>(end));
}

std::string_view tail(std::string_view text, Index width) {
  Index begin = std::ssize(text);
  while (begin > 0) {
    const Index previous = previous_character(text, begin);
    if (display_width(text.substr(static_cast<std::size_t>(previous))) > width) break;
    begin = previous;
  }
  return text.substr(static_cast<std::size_t>(begin));
}

}  // namespace

std::string cut_middle(std::string_view text, Index width, Index quarters) {
  if (display_width(text) <= width) return std::string(text);
  if (find_invalid_utf8(text)) return std::string(text);  // nobody knows its characters
  const Index kept = width - 1;
  // The end has a little more: that is where a sweep's points differ.
  const Index in_front = kept * quarters / 4;
  std::string cut(head(text, in_front));
  cut += kEllipsis;
  cut += tail(text, kept - in_front);
  return cut;
}

}  // namespace nf
