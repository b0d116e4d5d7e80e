#pragma once

namespace nf {

/// From now on SIGINT and SIGTERM are noted instead of ending the process; the second one ends it.
void catch_stop_signals();
bool stop_requested();

}  // namespace nf
