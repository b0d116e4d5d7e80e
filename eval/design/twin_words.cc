#include "eval/design/twin_words.h"

#include <algorithm>
#include <array>

namespace nf {
namespace {

constexpr const char* kError = "the error";

constexpr std::array<TwinWords, 16> kTwinWords = {{
    {"gaussian", kError, "Gaussian noise of its size", "more than its size matters",
     "no more than a tenth of it tells the two apart", true},
    {"gaussian_channel", kError, "Gaussian noise of its size channel by channel",
     "more than its size by channel matters", "no more than a tenth of it tells the two apart",
     true},
    {"gaussian_group", kError, "Gaussian noise of its size group by group",
     "more than its size by group matters", "no more than a tenth of it tells the two apart", true},
    {"gaussian_output", kError, "Gaussian noise of its output error",
     "more than its output error matters", "no more than a tenth of it tells the two apart", true},
    {"step", kError, "Gaussian noise that follows the same grid", "its exact values matter",
     "its exact values do not matter by more than a tenth", true},
    {"resigned", "the error with its signs", "the same error with random signs", "signs matter",
     "signs do not matter by more than a tenth", true},
    {"permuted", "the error at its places", "the same error shuffled", "places matter",
     "places do not matter by more than a tenth", true},
    {"permuted_by_size", "the error at its places",
     "the same error shuffled among values of like size", "places matter beyond the size of values",
     "places do not matter by more than a tenth beyond the size of values", true},
    {"debiased", kError, "the same error without its bias", "its bias matters",
     "its bias does not matter by more than a tenth", false},
    {"output_debiased", kError, "the same error without its bias at the output",
     "its bias at the output matters",
     "its bias at the output does not matter by more than a tenth", false},
    {"off_gain", kError, "the same error without its gain", "its gain matters",
     "its gain does not matter by more than a tenth", false},
    {"small_part", kError, "its part on small values", "its part on large values matters",
     "its part on large values does not matter by more than a tenth", false},
    {"large_part", kError, "its part on large values", "its part on small values matters",
     "its part on small values does not matter by more than a tenth", false},
    {"rounding_part", kError, "its rounding alone", "clipping matters",
     "clipping does not matter by more than a tenth", false},
    {"clipping_part", kError, "its clipping alone", "rounding matters",
     "rounding does not matter by more than a tenth", false},
    {"off_top_directions", kError, "its part off the leading directions of the inputs",
     "its part along them matters", "its part along them does not matter by more than a tenth",
     false},
}};

}  // namespace

std::span<const TwinWords> all_twin_words() { return kTwinWords; }

const TwinWords* find_twin_words(const std::string& name) {
  const auto found = std::find_if(kTwinWords.begin(), kTwinWords.end(),
                                  [&name](const TwinWords& words) { return words.name == name; });
  return found == kTwinWords.end() ? nullptr : &*found;
}

}  // namespace nf
