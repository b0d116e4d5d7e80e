#include "eval/cli/stop_signal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "core/base/error.h"
#include "eval/output/progress.h"

namespace nf {
namespace {

volatile std::sig_atomic_t requested = 0;
// Read by the handler as they lie there: never destroyed, and changed while signals wait.
StopNotices& told = *new StopNotices;

void write_all(std::string_view text) { (void)!::write(STDERR_FILENO, text.data(), text.size()); }

/// The number of lines of a file; -1 where it cannot be read, or where reading would keep whoever
/// wants to end at once. By calls alone that a handler may make.
long count_lines(const char* file) {
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat about {};
  constexpr off_t kMostBytes = off_t{64} << 20;
  if (::fstat(fd, &about) != 0 || about.st_size > kMostBytes) {
    ::close(fd);
    return -1;
  }
  static std::array<char, 1 << 16> part;
  long lines = 0;
  ssize_t size = 0;
  while ((size = ::read(fd, part.data(), part.size())) > 0)
    lines += std::count(part.begin(), part.begin() + size, '\n');
  ::close(fd);
  return size < 0 ? -1 : lines;
}

/// Digits without memory from anywhere.
void write_number(long number) {
  std::array<char, 24> digits{};
  std::size_t begin = digits.size();
  do {
    digits[--begin] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  write_all({digits.data() + begin, digits.size() - begin});
}

void end_now(int) {
  if (requested != 0 && !told.first.empty()) {
    write_all("\nended at once: ");
    const long records = told.records.empty() ? -1 : count_lines(told.records.c_str());
    if (records >= 0) {
      write_number(records);
      write_all(records == 1 ? " record is kept" : " records are kept");
    } else {
      write_all("what was recorded is kept");
    }
    write_all(told.second);
  }
  ::_exit(static_cast<int>(ExitCode::interrupted));
}

void note_signal(int signal) {
  if (requested != 0) end_now(signal);
  requested = 1;
  const int error = errno;
  write_all(told.first);
  errno = error;
}

/// Of both kinds; while one is handled the other waits, so that the order of two is clear.
void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&action.sa_mask, signal);
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

/// "\nends at the next point where work is kept, after about a minute of work at most; ..."
std::string first_notice(const CommandLine& line) {
  const std::optional<double> every = save_every_option(line);
  const std::string when =
      !every         ? ", after about a minute of work at most"
      : *every > 0.0 ? fmt::format(", after about {} of work at most", duration_text(*every))
                     : "";
  return fmt::format("\nends at the next point where all work is kept{}; again to end at once\n",
                     when);
}

}  // namespace

void end_at_stop_signals() { handle(end_now); }

void catch_stop_signals(const StopNotices& notices) {
  sigset_t both, before;
  sigemptyset(&both);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&both, signal);
  ::sigprocmask(SIG_BLOCK, &both, &before);
  told = notices;
  handle(note_signal);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

bool stop_requested() { return requested != 0; }

StopNotices run_notices(const CommandLine& line, const std::string& records) {
  if (line.has("quiet")) return {};
  return {.first = first_notice(line),
          .second = fmt::format(" in {}; the same command goes on from there\n", records),
          .records = records};
}

StopNotices worker_notices(const CommandLine& line) {
  if (line.has("quiet")) return {};
  return {.first = first_notice(line), .second = "; another worker goes on from there\n"};
}

}  // namespace nf
