#include "eval/output/progress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace nf {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A stream that can be read back, and a clock that the test moves.
class Screen {
 public:
  Screen() : stream_(std::tmpfile()) {}
  ~Screen() { std::fclose(stream_); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::FILE* stream() const { return stream_; }
  Progress::Timing timing() {
    Progress::Timing timing;
    timing.now = [this] { return now_; };
    return timing;
  }
  void wait(milliseconds time) { now_ += time; }
  std::string text() const {
    std::rewind(stream_);
    std::string text;
    for (int c = std::fgetc(stream_); c != EOF; c = std::fgetc(stream_))
      text += static_cast<char>(c);
    return text;
  }

 private:
  std::FILE* stream_;
  Progress::TimePoint now_{};
};

const std::string kClear = "\r\x1b[K";

TEST(DurationText, ShowsHoursOnlyWhereThereAreAny) {
  EXPECT_EQ(duration_text(0.4), "0:00");
  EXPECT_EQ(duration_text(13.0), "0:13");
  EXPECT_EQ(duration_text(725.0), "12:05");
  EXPECT_EQ(duration_text(11260.0), "3:07:40");
  EXPECT_EQ(duration_text(6300.0 * 3600.0 + 1.0), "6300:00:01");
  EXPECT_EQ(duration_text(1e300), "999999:00:00");
}

TEST(ProgressBar, ShowsShareElapsedAndLeft) {
  Screen screen;
  {
    Progress progress(screen.stream(), Progress::Style::bar, screen.timing());
    progress.start("llama-nano", 200.0, 0.0);
    screen.wait(seconds(13));
    progress.advance(84.0);
  }
  EXPECT_EQ(screen.text(),
            kClear + "llama-nano  [........................]    0%  0:00 elapsed" +  //
                kClear + "llama-nano  [##########..............]   42%  0:13 elapsed, 0:18 left" +
                kClear);
}

TEST(ProgressBar, RedrawsTenTimesASecondAtMost) {
  Screen screen;
  Progress progress(screen.stream(), Progress::Style::bar, screen.timing());
  progress.start("m", 1000.0, 0.0);
  for (int i = 0; i < 1000; ++i) {
    screen.wait(milliseconds(1));
    progress.advance(1.0);
  }
  const std::string text = screen.text();
  std::size_t draws = 0;
  for (std::size_t at = text.find(kClear); at != std::string::npos; at = text.find(kClear, at + 1))
    ++draws;
  EXPECT_EQ(draws, 11u);  // the first and ten in the second that passed
}

TEST(ProgressBar, CountsEarlierWorkForTheShareButNotForTheRate) {
  Screen screen;
  Progress progress(screen.stream(), Progress::Style::bar, screen.timing());
  progress.start("m", 100.0, 50.0);
  screen.wait(seconds(10));
  progress.advance(10.0);  // 1 a second, 40 are left
  EXPECT_NE(screen.text().find(" 60%  0:10 elapsed, 0:40 left"), std::string::npos);
}

TEST(ProgressBar, MakesWayForMessages) {
  Screen screen;
  Progress progress(screen.stream(), Progress::Style::bar, screen.timing());
  progress.start("m", 2.0, 0.0);
  progress.message("warning: short text");
  progress.finish();
  progress.finish();
  const std::string bar = kClear + "m  [........................]    0%  0:00 elapsed";
  EXPECT_EQ(screen.text(), bar + kClear + "warning: short text\n" + bar + kClear);
}

TEST(ProgressBar, DropsTheLabelThatWouldWrap) {
  Screen screen;  // no terminal: 80 columns
  Progress progress(screen.stream(), Progress::Style::bar, screen.timing());
  progress.start(std::string(60, 'm'), 2.0, 0.0);
  EXPECT_EQ(screen.text(), kClear + "  0%  0:00 elapsed");
}

TEST(ProgressLines, SayOneLineAMinuteAndNothingAtTheEnd) {
  Screen screen;
  {
    Progress progress(screen.stream(), Progress::Style::lines, screen.timing());
    progress.start("opt-nano", 100.0, 0.0);
    for (int i = 0; i < 70; ++i) {
      screen.wait(seconds(1));
      progress.advance(0.5);
    }
    progress.finish();
    progress.start("llama-nano", 1000.0, 0.0);  // the minute goes on
    for (int i = 0; i < 60; ++i) {
      screen.wait(seconds(1));
      progress.advance(1.0);
    }
    progress.message("warning: text");
  }
  EXPECT_EQ(screen.text(),
            "opt-nano: 30%, 1:00 elapsed, 2:20 left\n"
            "llama-nano: 5%, 0:50 elapsed, 15:50 left\n"
            "warning: text\n");
}

TEST(ProgressLines, AreSilentInAShortRun) {
  Screen screen;
  Progress progress(screen.stream(), Progress::Style::lines, screen.timing());
  progress.start("m", 10.0, 0.0);
  screen.wait(milliseconds(59'999));
  progress.advance(10.0);
  progress.finish();
  EXPECT_EQ(screen.text(), "");
}

TEST(ProgressQuiet, SaysNothing) {
  Screen screen;
  {
    Progress progress(screen.stream(), Progress::Style::quiet, screen.timing());
    progress.start("m", 10.0, 0.0);
    screen.wait(seconds(600));
    progress.advance(5.0);
    progress.message("warning");
    progress.finish();
  }
  EXPECT_EQ(screen.text(), "");
}

TEST(Progress, TakesUnitsFromManyThreads) {
  Screen screen;
  Progress progress(screen.stream(), Progress::Style::bar, screen.timing());
  constexpr int kThreads = 4;
  constexpr int kUnits = 1000;
  progress.start("m", kThreads * kUnits + 1, 0.0);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&progress] {
      for (int i = 0; i < kUnits; ++i) progress.advance(1.0);
    });
  for (std::thread& thread : threads) thread.join();
  screen.wait(seconds(1));
  progress.advance(1.0);
  EXPECT_NE(screen.text().find("100%"), std::string::npos);
}

TEST(ProgressStyle, IsABarOnlyOnATerminal) {
  Screen screen;
  EXPECT_EQ(Progress::style_for(screen.stream(), false), Progress::Style::lines);
  EXPECT_EQ(Progress::style_for(screen.stream(), true), Progress::Style::quiet);
}

}  // namespace
}  // namespace nf
