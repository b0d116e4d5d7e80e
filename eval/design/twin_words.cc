#include "eval/design/twin_words.h"

#include <algorithm>
#include <array>

namespace nf {
namespace {

constexpr const char* kError = "the error";

constexpr std::array<TwinWords, 16> kTwinWords = {{
    {"gaussian", kError, "Gaussian noise of its size", "more than its size matters",
     "its size is all that matters", true},
    {"gaussian_channel", kError, "Gaussian noise of its size channel by channel",
     "more than its size by channel matters", "its size by channel is all that matters", true},
    {"gaussian_group", kError, "Gaussian noise of its size group by group",
     "more than its size by group matters", "its size by group is all that matters", true},
    {"gaussian_output", kError, "Gaussian noise of its output error",
     "more than its output error matters", "its output error is all that matters", true},
    {"step", kError, "Gaussian noise that follows the same grid", "its exact values matter",
     "its exact values do not matter", true},
    {"resigned", "the error with its signs", "the same error with random signs", "signs matter",
     "signs do not matter", true},
    {"permuted", "the error at its places", "the same error shuffled", "places matter",
     "places do not matter", true},
    {"permuted_by_size", "the error at its places",
     "the same error shuffled among values of like size", "places matter beyond the size of values",
     "places do not matter beyond the size of values", true},
    {"debiased", kError, "the same error without its bias", "its bias matters",
     "its bias does not matter", false},
    {"output_debiased", kError, "the same error without its bias at the output",
     "its bias at the output matters", "its bias at the output does not matter", false},
    {"off_gain", kError, "the same error without its gain", "its gain matters",
     "its gain does not matter", false},
    {"small_part", kError, "its part on small values", "its part on large values matters",
     "its part on large values does not matter", false},
    {"large_part", kError, "its part on large values", "its part on small values matters",
     "its part on small values does not matter", false},
    {"rounding_part", kError, "its rounding alone", "clipping matters", "clipping does not matter",
     false},
    {"clipping_part", kError, "its clipping alone", "rounding matters", "rounding does not matter",
     false},
    {"off_top_directions", kError, "its part off the leading directions of the inputs",
     "its part along them matters", "its part along them does not matter", false},
}};

}  // namespace

std::span<const TwinWords> all_twin_words() { return kTwinWords; }

const TwinWords* find_twin_words(const std::string& name) {
  const auto found = std::find_if(kTwinWords.begin(), kTwinWords.end(),
                                  [&name](const TwinWords& words) { return words.name == name; });
  return found == kTwinWords.end() ? nullptr : &*found;
}

}  // namespace nf
