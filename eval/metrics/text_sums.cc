#include "eval/metrics/text_sums.h"

#include <algorithm>

namespace nf {
namespace {

void add_tail(const PartSums& window, std::optional<KlTail>& tail) {
  if (window.tokens == 0) return;
  if (!tail || window.tail == nullptr || !tail->histogram.add_packed(window.tail->bins)) {
    tail.reset();
    return;
  }
  tail->max = std::max(tail->max, window.tail->max);
}

}  // namespace

TextSums add_up(const std::vector<WindowSums>& windows) {
  TextSums text{.bytes = 0, .tail = KlTail()};
  for (const WindowSums& window : windows) {
    ++text.windows;
    text.sums.add(window.sums);
    text.bytes += window.bytes;
    add_tail(window.sums, text.tail);
  }
  const bool all_known = std::all_of(windows.begin(), windows.end(),
                                     [](const WindowSums& window) { return window.bytes >= 0; });
  if (!all_known) text.bytes = -1;
  return text;
}

}  // namespace nf
