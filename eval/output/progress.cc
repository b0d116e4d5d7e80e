#include "eval/output/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

#include "eval/output/table.h"

namespace nf {
namespace {

constexpr int kBarCells = 24;
constexpr std::string_view kClearLine = "\r\x1b[K";

/// Columns of the terminal behind `stream`; 80 where it does not say.
Index terminal_width(std::FILE* stream) {
  constexpr Index kUsual = 80;
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

}  // namespace

std::string duration_text(double seconds) {
  constexpr double kLongest = 999'999.0 * 3600.0;  // a rate near zero must not overflow
  const auto whole = static_cast<Index>(std::llround(std::clamp(seconds, 0.0, kLongest)));
  const Index hours = whole / 3600;
  const Index minutes = whole / 60 % 60;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

struct Progress::State {
  std::FILE* stream = nullptr;
  Style style{};
  Timing timing{};
  std::mutex mutex;

  std::string label;
  double total = 0.0;
  double done_before = 0.0;  ///< by an earlier run
  double done_now = 0.0;
  TimePoint started{};
  TimePoint shown{};
  bool bar_stands = false;

  double fraction() const {
    return total > 0.0 ? std::clamp((done_before + done_now) / total, 0.0, 1.0) : 0.0;
  }

  /// "0:13 elapsed, 0:18 left"; no guess before the first unit.
  std::string times(TimePoint now) const {
    const double elapsed = std::chrono::duration<double>(now - started).count();
    std::string text = duration_text(elapsed) + " elapsed";
    if (done_now > 0.0) {
      const double left = std::max(0.0, total - done_before - done_now) / done_now * elapsed;
      text += ", " + duration_text(left) + " left";
    }
    return text;
  }

  /// Rounded down: 100 % is said when all is done.
  int percent() const { return static_cast<int>(std::floor(100.0 * fraction())); }

  std::string bar_line(TimePoint now) const {
    const int full = static_cast<int>(std::floor(kBarCells * fraction()));
    const std::string rest = fmt::format(
        "  [{}{}]  {:3}%  {}", std::string(static_cast<std::size_t>(full), '#'),
        std::string(static_cast<std::size_t>(kBarCells - full), '.'), percent(), times(now));
    // A line that wraps could not be redrawn: without room for all of it, the bar's label goes.
    const Index width = terminal_width(stream) - 1;
    if (display_width(label) + display_width(rest) <= width) return label + rest;
    return fmt::format("{:3}%  {}", percent(), times(now));
  }

  void draw_bar(TimePoint now) {
    write(std::string(kClearLine) + bar_line(now));
    bar_stands = true;
    shown = now;
  }

  void clear_bar() {
    if (bar_stands) write(kClearLine);
    bar_stands = false;
  }

  /// Nobody can be told that stderr fails.
  void write(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
  }
};

Progress::Style Progress::style_for(std::FILE* stream, bool quiet) {
  if (quiet) return Style::quiet;
  const char* terminal = std::getenv("TERM");
  const bool can_redraw = terminal == nullptr || std::string_view(terminal) != "dumb";
  return can_redraw && ::isatty(::fileno(stream)) == 1 ? Style::bar : Style::lines;
}

Progress::Progress(std::FILE* stream, Style style) : Progress(stream, style, Timing()) {}

Progress::Progress(std::FILE* stream, Style style, Timing timing)
    : state_(std::make_unique<State>()) {
  state_->stream = stream;
  state_->style = style;
  state_->timing = std::move(timing);
  state_->shown = state_->timing.now();
}

Progress::~Progress() { state_->clear_bar(); }

void Progress::start(const std::string& label, double total, double done) {
  State& state = *state_;
  const std::lock_guard lock(state.mutex);
  state.label = label;
  state.total = total;
  state.done_before = done;
  state.done_now = 0.0;
  state.started = state.timing.now();
  // Lines keep their minute over several short pieces of work.
  if (state.style == Style::bar) state.draw_bar(state.started);
}

void Progress::advance(double units) {
  State& state = *state_;
  if (state.style == Style::quiet) return;
  const std::lock_guard lock(state.mutex);
  state.done_now += units;
  const TimePoint now = state.timing.now();
  if (state.style == Style::bar) {
    if (now - state.shown >= state.timing.bar_interval) state.draw_bar(now);
  } else if (now - state.shown >= state.timing.line_interval) {
    state.write(fmt::format("{}: {}%, {}\n", state.label, state.percent(), state.times(now)));
    state.shown = now;
  }
}

void Progress::message(const std::string& text) {
  State& state = *state_;
  if (state.style == Style::quiet) return;
  const std::lock_guard lock(state.mutex);
  const bool redraw = state.bar_stands;
  state.clear_bar();
  state.write(text + '\n');
  if (redraw) state.draw_bar(state.timing.now());
}

void Progress::finish() {
  const std::lock_guard lock(state_->mutex);
  state_->clear_bar();
}

}  // namespace nf
