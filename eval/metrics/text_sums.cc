#include "eval/metrics/text_sums.h"

#include <algorithm>

namespace nf {

TextSums add_up(const std::vector<WindowSums>& windows) {
  TextSums text{.bytes = 0};
  for (const WindowSums& window : windows) {
    ++text.windows;
    text.sums.add(window.sums);
    text.bytes += window.bytes;
  }
  const bool all_known = std::all_of(windows.begin(), windows.end(),
                                     [](const WindowSums& window) { return window.bytes >= 0; });
  if (!all_known) text.bytes = -1;
  return text;
}

}  // namespace nf
