#include "eval/cli/stop_signal.h"

#include <csignal>

namespace nf {
namespace {

volatile std::sig_atomic_t requested = 0;

void note_signal(int signal) {
  requested = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_stop_signals() {
  std::signal(SIGINT, note_signal);
  std::signal(SIGTERM, note_signal);
}

bool stop_requested() { return requested != 0; }

}  // namespace nf
