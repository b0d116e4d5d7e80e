#include "eval/cli/stop_signal.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/base/error.h"

namespace nf {
namespace {

volatile std::sig_atomic_t requested = 0;
const char* first_notice = "";  // set before the handler is

void end_now(int) { ::_exit(static_cast<int>(ExitCode::interrupted)); }

void note_signal(int signal) {
  if (requested != 0) end_now(signal);
  requested = 1;
  const int error = errno;
  (void)!::write(STDERR_FILENO, first_notice, std::strlen(first_notice));
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

}  // namespace

void end_at_stop_signals() { handle(end_now); }

void catch_stop_signals(const char* notice) {
  first_notice = notice;
  handle(note_signal);
}

bool stop_requested() { return requested != 0; }

}  // namespace nf
