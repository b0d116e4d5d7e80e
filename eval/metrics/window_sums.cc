#include "eval/metrics/window_sums.h"

#include <algorithm>

namespace nf {

WindowSums add_up(const std::vector<WindowSums>& windows) {
  WindowSums sums{.bytes = 0};
  for (const WindowSums& window : windows) {
    ++sums.window;
    sums.tokens += window.tokens;
    sums.nll += window.nll;
    sums.kl += window.kl;
    sums.kl_reverse += window.kl_reverse;
    sums.top1 += window.top1;
    sums.bytes += window.bytes;
  }
  const bool all_known = std::all_of(windows.begin(), windows.end(),
                                     [](const WindowSums& window) { return window.bytes >= 0; });
  if (!all_known) sums.bytes = -1;
  return sums;
}

}  // namespace nf
