#pragma once

namespace nf {

/// Makes SIGINT and SIGTERM end the process at once, with the exit code of an interrupt.
void end_at_stop_signals();
/// From now on they are noted; one of either kind that comes after another ends the process at
/// once. notice: a line for standard error when the first comes, or "".
void catch_stop_signals(const char* notice = "");
bool stop_requested();

}  // namespace nf
