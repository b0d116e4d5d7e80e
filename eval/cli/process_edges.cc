#include "eval/cli/process_edges.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/base/error.h"
#include "core/io/mapped_ranges.h"

namespace nf {
namespace {

void write_text(const char* text) {
  std::size_t left = std::strlen(text);
  while (left > 0) {
    const ssize_t count = ::write(STDERR_FILENO, text, left);
    if (count <= 0) return;
    text += count;
    left -= static_cast<std::size_t>(count);
  }
}

/// Only what is safe in a signal handler.
void tell_bus_error(int signal, siginfo_t* info, void*) {
  const char* const file = mapped_file_at(info->si_addr);
  if (file == nullptr) {  // none of ours: it ends the process where it comes again
    std::signal(signal, SIG_DFL);
    return;
  }
  write_text("\nerror: ");
  write_text(file);
  write_text(
      ": cannot be read any more: it became shorter while it was being read, or its disk fails\n");
  ::_exit(static_cast<int>(ExitCode::data));
}

}  // namespace

void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) {
      // The lowest free number, which is this one. Without /dev/null nothing can be done.
      (void)!::open("/dev/null", O_RDWR);
    }
}

void ignore_write_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void catch_bus_errors() {
  struct sigaction action {};
  action.sa_sigaction = tell_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace nf
