#include "eval/metrics/window_sums.h"

namespace nf {

WindowSums add_up(const std::vector<WindowSums>& windows) {
  WindowSums sums;
  for (const WindowSums& window : windows) {
    ++sums.window;
    sums.tokens += window.tokens;
    sums.nll += window.nll;
    sums.kl += window.kl;
    sums.top1 += window.top1;
  }
  return sums;
}

}  // namespace nf
