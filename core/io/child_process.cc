#include "core/io/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "core/base/printable.h"
#include "core/io/posix_file.h"

namespace nf {
namespace {

/// One end of the child's output, of which we read the other.
class OutputPipe {
 public:
  OutputPipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw_errno("a pipe", "make");
  }
  OutputPipe(const OutputPipe&) = delete;
  OutputPipe& operator=(const OutputPipe&) = delete;
  ~OutputPipe() {
    close_end(0);
    close_end(1);
  }

  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close_writing() { close_end(1); }
  /// Appends what there is; closes at the end.
  void read_some(std::string& text) {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(ends_[0], buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) close_end(0);
  }

 private:
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

  std::array<int, 2> ends_{-1, -1};
};

/// The child's descriptors, and signals as a shell would leave them to it.
class SpawnPlan {
 public:
  SpawnPlan(const OutputPipe& out, const OutputPipe& err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out.writing(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err.writing(), STDERR_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT, SIGTERM}) sigaddset(&signals, signal);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  /// 0 where there is none of that name.
  pid_t start(std::vector<std::string> words) const {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    const int error =
        ::posix_spawnp(&child, arguments[0], &actions_, &attributes_, arguments.data(), environ);
    if (error == ENOENT || error == EACCES || error == ENOTDIR || error == ENOEXEC) return 0;
    errno = error;
    if (error != 0) throw_errno(printable(words[0]), "start");
    return child;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Reads both until their ends, or until the time is over: false then.
bool read_both(OutputPipe& out, OutputPipe& err, ChildOutput& output, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (out.reading() >= 0 || err.reading() >= 0) {
    const double left = std::chrono::duration<double>(end - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> ends{pollfd{out.reading(), POLLIN, 0}, pollfd{err.reading(), POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), static_cast<int>(std::min(left, 60.0) * 1000) + 1) <= 0)
      continue;
    if (ends[0].revents != 0) out.read_some(output.out);
    if (ends[1].revents != 0) err.read_some(output.err);
  }
  return true;
}

}  // namespace

std::optional<ChildOutput> run_child(const std::vector<std::string>& words, double seconds) {
  OutputPipe out, err;
  const pid_t child = SpawnPlan(out, err).start(words);
  if (child == 0) return std::nullopt;
  out.close_writing();
  err.close_writing();
  ChildOutput output;
  output.timed_out = !read_both(out, err, output, seconds);
  if (output.timed_out) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

std::string child_failure(const std::string& program, const ChildOutput& output) {
  if (output.timed_out) return program + " does not answer";
  std::string_view text = output.err.empty() ? output.out : output.err;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (text.empty()) return fmt::format("{} ended with exit code {}", program, output.exit_code);
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  line = printable(line);
  return line.starts_with(program) ? line : program + ": " + line;
}

bool has_program(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "/usr/bin:/bin" : path;
  while (true) {
    const std::size_t end = std::min(left.find(':'), left.size());
    const std::string dir(end == 0 ? "." : left.substr(0, end));
    if (::access((dir + "/" + name).c_str(), X_OK) == 0) return true;
    if (end == left.size()) return false;
    left.remove_prefix(end + 1);
  }
}

}  // namespace nf
