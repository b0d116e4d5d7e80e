#include "core/text/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/printable.h"
#include "core/base/suggest.h"

namespace nf {
namespace {

constexpr auto kBehaviors = std::to_array<std::pair<std::string_view, SplitBehavior>>({
    {"Removed", SplitBehavior::removed},
    {"Isolated", SplitBehavior::isolated},
    {"MergedWithPrevious", SplitBehavior::merged_with_previous},
    {"MergedWithNext", SplitBehavior::merged_with_next},
    {"Contiguous", SplitBehavior::contiguous},
});

/// Lists matches and the stretches between them, alternating as they come.
void list_stretches(const Span& span, const std::vector<Match>& matches, bool invert,
                    std::vector<Stretch>& stretches) {
  stretches.clear();
  Index done = span.begin;
  for (const Match& match : matches) {
    if (done != match.begin) stretches.push_back({done, match.begin, invert});
    stretches.push_back({match.begin, match.end, !invert});
    done = match.end;
  }
  if (done != span.end) stretches.push_back({done, span.end, invert});
}

/// Joins a delimiter to the stretch before it in the order of iteration, unless that is a delimiter
/// too.
template <class Iterator>
std::vector<Stretch> merge_delimiters(Iterator begin, Iterator end) {
  std::vector<Stretch> merged;
  bool after_delimiter = false;
  for (Iterator it = begin; it != end; ++it) {
    if (it->is_delimiter && !after_delimiter && !merged.empty()) {
      merged.back().begin = std::min(merged.back().begin, it->begin);
      merged.back().end = std::max(merged.back().end, it->end);
    } else {
      merged.push_back(*it);
    }
    after_delimiter = it->is_delimiter;
  }
  return merged;
}

std::vector<Stretch> merge_equal(const std::vector<Stretch>& stretches) {
  std::vector<Stretch> merged;
  for (const Stretch& stretch : stretches) {
    if (!merged.empty() && merged.back().is_delimiter == stretch.is_delimiter) {
      merged.back().end = stretch.end;
    } else {
      merged.push_back(stretch);
    }
  }
  return merged;
}

void append_spans(const std::vector<Stretch>& stretches, bool with_delimiters,
                  std::vector<Span>& spans) {
  for (const Stretch& stretch : stretches) {
    const bool wanted = with_delimiters || !stretch.is_delimiter;
    if (wanted && stretch.begin < stretch.end)
      spans.push_back({stretch.begin, stretch.end, Span::kNoId});
  }
}

}  // namespace

SplitBehavior read_behavior(const JsonPlace& json) {
  std::vector<std::string> known;
  for (const auto& [name, behavior] : kBehaviors) {
    if (name == json.as_string()) return behavior;
    known.emplace_back(name);
  }
  json.fail(fmt::format("unknown behavior '{}'{}", printable(json.as_string()),
                        suggestion(json.as_string(), known)));
}

void join_stretches(const std::vector<Stretch>& stretches, SplitBehavior behavior,
                    std::vector<Span>& spans) {
  switch (behavior) {
    case SplitBehavior::removed:
      return append_spans(stretches, false, spans);
    case SplitBehavior::isolated:
      return append_spans(stretches, true, spans);
    case SplitBehavior::merged_with_previous:
      return append_spans(merge_delimiters(stretches.begin(), stretches.end()), true, spans);
    case SplitBehavior::merged_with_next: {
      std::vector<Stretch> merged = merge_delimiters(stretches.rbegin(), stretches.rend());
      std::reverse(merged.begin(), merged.end());
      return append_spans(merged, true, spans);
    }
    case SplitBehavior::contiguous:
      return append_spans(merge_equal(stretches), true, spans);
  }
}

Regex read_pattern(const JsonPlace& pattern) {
  if (const auto regex = pattern.find("Regex")) return Regex(regex->as_string(), regex->place());
  if (const auto text = pattern.find("String"))
    return Regex(escape_pattern(text->as_string()), text->place());
  pattern.fail("needs the key 'Regex' or 'String'");
}

Split::Split(const JsonPlace& json)
    : Split(read_pattern(json.at("pattern")), read_behavior(json.at("behavior")),
            json.at("invert").as_bool()) {}

Split::Split(Regex regex, SplitBehavior behavior, bool invert)
    : regex_(std::move(regex)), behavior_(behavior), invert_(invert) {}

void Split::apply(Pieces& pieces) const {
  RegexSearch search(regex_, pieces.text);
  std::vector<Span> out;
  std::vector<Match> matches;
  std::vector<Stretch> stretches;
  for (const Span& span : pieces.spans) {
    if (span.is_token()) {
      out.push_back(span);
      continue;
    }
    search.find_all(span.begin, span.end, matches);
    list_stretches(span, matches, invert_, stretches);
    join_stretches(stretches, behavior_, out);
  }
  pieces.spans = std::move(out);
}

Split digits_split(const JsonPlace& json) {
  // Rust's char::is_numeric. Its tables are of Unicode 17 in tokenizers 0.23, one version ahead of
  // those of the patterns (recent_characters.h): the two ranges are what came new.
  Regex numeric("[\\p{N}\\x{11de0}-\\x{11de9}\\x{16ff4}-\\x{16ff6}]", json.place());
  const bool individual = json.at("individual_digits").as_bool();
  return {std::move(numeric), individual ? SplitBehavior::isolated : SplitBehavior::contiguous,
          false};
}

}  // namespace nf
