#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "core/base/types.h"

namespace nf {

/// "0:13", "12:05", "3:07:40": minutes and seconds, hours where there are any.
std::string duration_text(double seconds);

/// Shows on stderr how the work advances: a bar with ETA on a terminal, one line a minute
/// otherwise, nothing when quiet. Work is counted in units the planner chose (floating-point
/// operations), not in items, so the ETA is the remaining work at the measured rate. Thread-safe.
class Progress {
 public:
  enum class Style { bar, lines, quiet };
  using TimePoint = std::chrono::steady_clock::time_point;

  /// The intervals at which something is shown; tests bring a clock of their own.
  struct Timing {
    std::chrono::milliseconds bar_interval{100};
    std::chrono::milliseconds line_interval{60'000};
    std::function<TimePoint()> now = std::chrono::steady_clock::now;
  };

  /// bar on a terminal, lines elsewhere; quiet when asked.
  static Style style_for(std::FILE* stream, bool quiet);

  Progress(std::FILE* stream, Style style);
  Progress(std::FILE* stream, Style style, Timing timing);
  ~Progress();  ///< clears the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// New piece of work: `total` units, of which `done` were done by an earlier run. They count for
  /// the percentage but not for the rate.
  void start(const std::string& label, double total, double done);
  /// `units` more are done. Draws when it is time to.
  void advance(double units);
  /// A message between two states of the bar, on a line of its own (also without a terminal; not
  /// when quiet).
  void message(const std::string& text);
  /// The piece of work is over: clears the bar. Lines: nothing.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nf
