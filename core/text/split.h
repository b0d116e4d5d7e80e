#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/text/json_place.h"
#include "core/text/pcre.h"
#include "core/text/pieces.h"
#include "core/text/pre_tokenizer.h"

namespace nf {

/// The treatment of the stretches that a pattern matches ("delimiters"), by Hugging Face's names.
/// "a--b" cut at '-' gives:
enum class SplitBehavior {
  removed,               ///< a b
  isolated,              ///< a - - b
  merged_with_previous,  ///< a- - b
  merged_with_next,      ///< a - -b
  contiguous,            ///< a -- b
};

/// The pre-tokenizer Split: cuts at every match of a pattern.
class Split final : public PreTokenizer {
 public:
  /// {"type": "Split", "pattern": {"Regex": R} or {"String": S}, "behavior": B, "invert": I}.
  explicit Split(const JsonPlace& json);
  /// `invert`: the stretches between the matches are the delimiters, and the matches are not.
  Split(Regex regex, SplitBehavior behavior, bool invert);

  void apply(Pieces& pieces) const override;

 private:
  Regex regex_;
  SplitBehavior behavior_;
  bool invert_;
};

/// "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext" or "Contiguous".
SplitBehavior read_behavior(const JsonPlace& json);

/// {"Regex": R} or {"String": S}, which stands for itself.
Regex read_pattern(const JsonPlace& pattern);

/// The pre-tokenizer Digits: numbers apart from the rest, each digit alone with
/// `individual_digits`.
Split digits_split(const JsonPlace& json);

/// A stretch of a text and whether it is a delimiter.
struct Stretch {
  Index begin = 0;
  Index end = 0;
  bool is_delimiter = false;
};

/// The spans that `behavior` makes of stretches which follow one another without a gap, appended to
/// `spans`; empty ones are left out.
void join_stretches(const std::vector<Stretch>& stretches, SplitBehavior behavior,
                    std::vector<Span>& spans);

}  // namespace nf
